import { Data, Effect, Schedule } from "effect"
import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chown, mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const bin = "/usr/lib/postgresql/15/bin"

/** Whether a server can be started here. */
export const isInstalled = existsSync(join(bin, "initdb"))

class PostgresError extends Data.TaggedError("PostgresError")<{ readonly message: string }> {}

/** PostgreSQL does not run as root: then as `nobody`. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { readonly port: number }
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts a server with an empty database, and returns its URL. */
export const start = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "workflow-pg-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const { gid, uid } = { uid: undefined, gid: undefined, ...nobody }
  if (uid !== undefined) yield* Effect.promise(() => chown(folder, uid, gid))
  yield* Effect.tryPromise({
    try: () => promisify(execFile)(join(bin, "initdb"), ["-D", folder, "-U", "postgres", "-A", "trust"], nobody),
    catch: (cause) => new PostgresError({ message: String(cause) })
  })
  const port = yield* freePort
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(join(bin, "postgres"), ["-D", folder, "-p", `${port}`, "-h", "127.0.0.1", "-k", folder], {
        ...nobody,
        stdio: "ignore"
      })
    ),
    (child) =>
      Effect.async<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGINT")
      })
  )
  const isReady = Effect.tryPromise({
    try: () => promisify(execFile)(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", `${port}`]),
    catch: (cause) => new PostgresError({ message: String(cause) })
  })
  yield* Effect.retry(isReady, Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(100)))
  return `postgres://postgres@127.0.0.1:${port}/postgres`
})
