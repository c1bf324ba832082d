import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Why Redis can't be started here. Undefined where it can. */
export const missing: string | undefined = spawnSync("redis-server", ["--version"]).error === undefined
  ? undefined
  : "redis-server is not installed; Debian's package redis-server has it"

/** Starts Redis on a socket in a temporary directory, and returns the path of the socket. */
export const make = Effect.gen(function*() {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "redis-"))),
    (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
  )
  const path = join(directory, "redis.sock")
  yield* Effect.acquireRelease(
    Effect.async<ReturnType<typeof spawn>>((resume) => {
      const options = ["--port", "0", "--unixsocket", path, "--dir", directory, "--save", "", "--appendonly", "no"]
      const server = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] })
      let said = ""
      server.stdout.on("data", (text) => {
        said += text
        if (/ready to accept connections/i.test(said)) resume(Effect.succeed(server))
      })
      server.on("exit", () => resume(Effect.die(new Error(`redis-server ended: ${said}`))))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.removeAllListeners("exit")
        server.on("exit", () => resume(Effect.void))
        server.kill()
      })
  )
  return path
})
