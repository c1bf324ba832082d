import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Why Redis can't be started here. Undefined where it can. */
export const missing: string | undefined = spawnSync("redis-server", ["--version"]).error === undefined
  ? undefined
  : "redis-server is not installed; Debian's package redis-server has it"

/** Starts Redis on a socket in a temporary directory, and returns the path of the socket and the process. */
export const start = Effect.gen(function*() {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "redis-"))),
    (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
  )
  const path = join(directory, "redis.sock")
  const server = yield* Effect.acquireRelease(
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
        if (server.exitCode !== null || server.signalCode !== null) return resume(Effect.void)
        server.on("exit", () => resume(Effect.void))
        // A stopped process ends by this signal only.
        server.kill("SIGKILL")
      })
  )
  return { path, server }
})

/** Starts Redis, and returns the path of its socket. */
export const make = Effect.map(start, ({ path }) => path)

/** Forwards a socket to Redis with a delay in each direction, and returns its path. */
export const behind = (path: string, delay: number) =>
  Effect.gen(function*() {
    const distant = `${path}.distant`
    yield* Effect.acquireRelease(
      Effect.async<Server>((resume) => {
        const server = createServer((near) => {
          const far = connect(path)
          const forward = (from: Socket, to: Socket) => {
            from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), delay))
            from.on("close", () => to.destroy())
            from.on("error", () => {})
          }
          forward(near, far)
          forward(far, near)
        })
        server.listen(distant, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )
    return distant
  })
