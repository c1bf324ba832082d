/**
 * `npm run load:upload`: uploads a file in parts to the emulator, both in their own processes, and reports the time and the
 * maximum memory of each.
 */
import { build } from "esbuild"
import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { message } from "../processes.js"

const { values: options } = parseArgs({
  options: { megabytes: { type: "string", default: "1024" }, postgres: { type: "string", default: "" } }
})

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// In the package, whose dependencies the bundles import.
const folder = source("../../node_modules/.cache/upload")

await build({
  entryPoints: [source("./server.ts"), source("./client.ts")],
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["effect", "@effect/*"],
  logLevel: "warning"
})

interface Result {
  readonly millis: number
  readonly startMegabytes: number
  readonly isSame: boolean
}

/** The maximum memory that a process has had, in MB. */
const peakOf = ({ pid }: ChildProcess): number =>
  Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024)

// Without the loader that runs this program, which takes memory in each process.
const start = (name: string, ...args: ReadonlyArray<string>): ChildProcess =>
  fork(join(folder, name), args, { execArgv: [], env: { ...process.env, LOAD_POSTGRES: options.postgres } })

const database = mkdtempSync(join(tmpdir(), "upload-"))
const server = start("server.mjs", join(database, "data.db"))
try {
  const baseUrl = await message(server)
  const serverStart = peakOf(server)
  const client = start("client.mjs", String(baseUrl), options.megabytes)
  const { isSame, millis, startMegabytes } = await message(client) as Result
  console.log(
    [
      ["size", `${options.megabytes} MB`],
      ["time of the upload", `${(millis / 1000).toFixed(1)} s`],
      ["maximum memory of the client", `${peakOf(client)} MB, ${startMegabytes} MB at its start`],
      ["maximum memory of the emulator", `${peakOf(server)} MB, ${serverStart} MB at its start`],
      ["the same bytes are downloaded", isSame ? "yes" : "no"]
    ].map(([name, value]) => `| ${name} | ${value} |`).join("\n")
  )
  client.disconnect()
  process.exitCode = isSame ? 0 : 1
} finally {
  server.kill()
  rmSync(database, { recursive: true, force: true })
}
