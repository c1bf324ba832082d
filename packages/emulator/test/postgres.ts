import type { Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { PgClient } from "@effect/sql-pg"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync } from "node:fs"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

/** Where the programs of PostgreSQL are. Debian does not put them on the path. */
const programs = (): string | undefined => {
  const root = "/usr/lib/postgresql"
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : []
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => `${root}/${version}/bin`)
  ]
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")))
}

const folder = programs()

/** Why PostgreSQL can't be started here. Undefined where it can. */
export const missing: string | undefined = folder === undefined
  ? "PostgreSQL is not installed; Debian's package postgresql has it"
  : undefined

/** A part of a title that says why its tests are skipped. */
export const reason = missing === undefined ? "" : `, skipped: ${missing}`

/** PostgreSQL refuses to run as root, so it runs as a user without permissions there. */
const unprivileged = { uid: 65_534, gid: 65_534 }
const identity = process.getuid?.() === 0 ? unprivileged : undefined

/** A file system in memory, where the machine has one: nothing of a test must survive it. */
const temporary = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

/**
 * Ends the server and removes its files when the standard input ends: also when the process of the tests is killed.
 */
const watched = `"$@" & server=$!; cat > /dev/null; kill -9 $server; wait $server 2> /dev/null; rm -rf "$directory"`

export interface Server {
  readonly directory: string
  readonly port: number
  readonly end: () => void
}

/** Starts a server on a socket in a temporary directory. `fsync` says whether it survives a crash of the machine. */
const startServer = async (settings: ReadonlyArray<string> = ["fsync=off", "full_page_writes=off"]) => {
  const directory = mkdtempSync(join(temporary, "pg-"))
  if (identity !== undefined) chownSync(directory, identity.uid, identity.gid)
  const data = join(directory, "data")
  const options = { ...identity, cwd: directory, env: { ...process.env, LC_ALL: "C", TZ: "UTC", directory } }
  const made = spawnSync(
    join(folder!, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"],
    { ...options, encoding: "utf8" }
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = 5432
  const all = [
    "listen_addresses=",
    `unix_socket_directories=${directory}`,
    `port=${port}`,
    "max_connections=200",
    ...settings
  ]
  const server = spawn(
    "sh",
    ["-c", watched, "sh", join(folder!, "postgres"), "-D", data, ...all.flatMap((setting) => ["-c", setting])],
    { ...options, stdio: ["pipe", "ignore", "pipe"] }
  )
  const log = await new Promise<string>((resolve) => {
    let text = ""
    server.stderr.on("data", (chunk) => {
      text += chunk
      if (/ready to accept connections/.test(text)) resolve("")
    })
    server.on("exit", () => resolve(text))
  })
  if (log !== "") throw new Error(`PostgreSQL ended: ${log}`)
  // The tests do not wait for it.
  server.unref()
  for (const stream of [server.stdin, server.stderr]) (stream as Socket).unref()
  return { directory, port, end: () => server.stdin.end() } satisfies Server
}

let shared: Promise<Server> | undefined

/** The server of this process, which is started with the first test that needs it. */
export const server = (): Promise<Server> => shared ??= startServer()

/** The URL of a database of a server, with a schema that comes first in the search path. */
export const urlOf = ({ directory, port }: Server, schema?: string, database = "postgres") =>
  `postgres://postgres@localhost:${port}/${database}?host=${encodeURIComponent(directory)}` +
  (schema === undefined ? "" : `&options=${encodeURIComponent(`-c search_path=${schema}`)}`)

let schemas = 0

/** Runs SQL on a server, and returns its rows. */
export const query = (url: string, sql: string): Effect.Effect<ReadonlyArray<any>> =>
  Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
    const connection = yield* Context.get(context, PgClient.PgClient).reserve
    return yield* connection.execute(sql, [], undefined)
  })).pipe(Effect.withClock(Clock.make()), Effect.orDie)

/** A new schema on the server of this process. */
export const schema = Effect.gen(function*() {
  const name = `test_${process.pid}_${schemas++}`
  const running = yield* Effect.promise(server)
  yield* query(urlOf(running), `CREATE SCHEMA ${name}`)
  return { name, server: running, url: Redacted.make(urlOf(running, name)) }
})

/** A store in its own schema. Its times are those of the test. */
export const layerPostgres: Layer.Layer<Store.Store> = Layer.unwrapScoped(
  Effect.map(schema, ({ url }) => PgStore.layer({ url, clock: "process" }))
).pipe(Layer.orDie)
