/**
 * `npm run load`: what a request costs the emulator, compared with bare `node:http` and with Effect's own `HttpApi` that send
 * the same responses, and what a call costs in process, compared with raw undici. All in one run, in rounds.
 */
import { build } from "esbuild"
import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { message } from "../processes.js"
import { interleaved } from "../statistics.js"
import {
  groups,
  type Kind,
  type Measured,
  type Order,
  type PartName,
  parts,
  polledRuns,
  type Results,
  type Start
} from "./parts.js"
import { connect, load, type Loaded, poll, sample } from "./requests.js"
import { nodes, perSecond, row, show, stores, table, throughput } from "./tables.js"

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "32" },
    postgres: { type: "string", default: "" }
  }
})
const [rounds, connections] = [Number(options.rounds), Number(options.connections)]

if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(connections) || connections < 1) {
  console.error("npm run load -- --rounds <number> --connections <number> --postgres <url of an empty database>")
  process.exit(1)
}

// -----------------------------------------------------------------------------
// processes
// -----------------------------------------------------------------------------

const servers = {
  "node:http": "bare `node:http`",
  HttpApi: "Effect's `HttpApi`",
  memory: "emulator, in memory",
  SQLite: "emulator, SQLite",
  ...(options.postgres === "" ? {} : { PostgreSQL: "emulator, PostgreSQL" })
} as const

const callers = { undici: "raw undici", "in process": "emulator in process, our client" } as const

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// In the package, whose dependencies the bundle imports.
const bundle = source("../../node_modules/.cache/load/server.mjs")

const ask = (child: ChildProcess, order: Order): Promise<unknown> => {
  const reply = message(child)
  child.send(order)
  return reply
}

const children: Array<ChildProcess> = []
const folder = mkdtempSync(join(tmpdir(), "load-"))

const start = async (kind: Kind, origin = ""): Promise<readonly [ChildProcess, unknown]> => {
  const database = join(folder, `${kind.replace(/\W/g, "")}.db`)
  const child = fork(bundle, [kind, database, origin, String(connections)], {
    env: { ...process.env, LOAD_POSTGRES: options.postgres }
  })
  children.push(child)
  return [child, await message(child)]
}

// -----------------------------------------------------------------------------
// measuring
// -----------------------------------------------------------------------------

/** Runs a part once. The CPU time is that of the contestant's processes, for one request. */
type Contestant = (part: PartName) => Promise<Measured>

const contestant = (
  children: ReadonlyArray<ChildProcess>,
  run: (part: PartName) => Promise<unknown>
): Contestant =>
async (part) => {
  const cpu = async () => {
    let sum = 0
    for (const child of children) sum += await ask(child, "cpu") as number
    return sum
  }
  const before = await cpu()
  const begin = performance.now()
  await run(part)
  const perSecond = parts[part].amount / (performance.now() - begin) * 1000
  return { perSecond, cpuMicros: (await cpu() - before) / parts[part].amount }
}

const server = (children: ReadonlyArray<ChildProcess>, loaded: Loaded): Contestant =>
  contestant(children, (part) => load(loaded, part, connections))

const caller = (child: ChildProcess): Contestant => contestant([child], (part) => ask(child, { part }))

interface Measurements {
  /** The first run of each part. */
  readonly cold: Results
  readonly warm: Results
}

const warmUps = 4

/**
 * Runs the parts in rounds, with the contestants in turns. The first rounds warm up. The rounds of a part follow each other,
 * and no garbage is collected between them: V8 discards code that was not used for some collections.
 */
const measure = async (
  contestants: ReadonlyArray<readonly [Kind, Contestant]>,
  groups: ReadonlyArray<ReadonlyArray<PartName>>
): Promise<Measurements> => {
  const [cold, warm]: [Results, Results] = [new Map(), new Map()]
  for (const names of groups) {
    for (let round = -warmUps; round < rounds; round++) {
      for (const part of names) {
        for (const [kind, run] of interleaved(contestants, round + warmUps)) {
          const measured = await run(part)
          const key = `${kind} ${part}`
          const results = round >= 0 ? warm : cold
          if (round >= 0 || round === -warmUps) results.set(key, [...results.get(key) ?? [], measured])
        }
      }
    }
  }
  return { cold, warm }
}

const millisOf = async (run: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

/** Returns the milliseconds of each round. */
const timed = async (run: () => Promise<unknown>): Promise<ReadonlyArray<number>> => {
  for (let round = 0; round < warmUps; round++) await run()
  const all: Array<number> = []
  for (let round = 0; round < rounds; round++) all.push(await millisOf(run))
  return all
}

// -----------------------------------------------------------------------------
// run
// -----------------------------------------------------------------------------

await build({
  entryPoints: [source("server.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["effect", "@effect/*", "undici"],
  logLevel: "warning"
})

const pools: Array<Loaded> = []

try {
  const [memory, origin] = await start("memory")
  const ofMemory = await connect([origin as string], connections)
  pools.push(ofMemory)
  const responses = await sample(ofMemory)

  const contestants: Array<readonly [Kind, Contestant]> = [["memory", server([memory], ofMemory)]]
  const listen = async (kind: Extract<Kind, "node:http" | "HttpApi" | "SQLite" | "PostgreSQL">) => {
    const [child, origin] = await start(kind)
    if (kind === "node:http" || kind === "HttpApi") await ask(child, { responses })
    const loaded = await connect([origin as string], connections)
    pools.push(loaded)
    const listening: readonly [Kind, Contestant] = [kind, server([child], loaded)]
    contestants.push(listening)
    return { child, listening, loaded, origin: origin as string }
  }
  const { origin: bare } = await listen("node:http")
  await listen("HttpApi")
  const { loaded: ofSqlite } = await listen("SQLite")
  const oneNode = options.postgres === "" ? undefined : await listen("PostgreSQL")
  const [undici] = await start("undici", bare)
  const [inProcess] = await start("in process")
  contestants.push(["undici", caller(undici)], ["in process", caller(inProcess)])
  const { cold, warm } = await measure(contestants, groups)
  let ofNodes: Results | undefined
  if (oneNode !== undefined) {
    const [child, origin] = await start("PostgreSQL")
    const loaded = await connect([oneNode.origin, origin as string], connections)
    pools.push(loaded)
    const twoNodes = ["two nodes", server([oneNode.child, child], loaded)] as const
    ofNodes = (await measure([oneNode.listening, twoNodes], groups)).warm
  }
  const [store] = await start("store")
  const { warm: ofStore } = await measure(
    [["store", caller(store)], ...contestants.filter(([kind]) => kind === "SQLite" || kind === "memory")],
    [["create"]]
  )
  const creates = perSecond(ofStore, "SQLite create")
  const transactions = perSecond(ofStore, "store create")
  const inMemory = perSecond(ofStore, "memory create")
  const polled = {
    "in process": await timed(() => ask(inProcess, "poll")),
    "over HTTP, in memory": await timed(() => poll(ofMemory)),
    "over HTTP, SQLite": await timed(() => poll(ofSqlite))
  }
  const starts: Array<Start> = []
  for (let round = 0; round < rounds; round++) {
    const [child, taken] = await start("in process")
    starts.push(taken as Start)
    child.kill("SIGKILL")
  }

  console.log([
    ...table(warm, servers, "CPU, µs"),
    "",
    ...table(warm, callers, "CPU, µs"),
    "",
    ...table(cold, servers, "CPU of the first run in a process, µs"),
    "",
    ...table(cold, callers, "CPU of the first run in a process, µs"),
    "",
    ...(ofNodes === undefined ? [] : [...throughput(warm, stores), "", ...throughput(ofNodes, nodes), ""]),
    row([
      "SQLite, per second",
      "the store's transactions",
      "creates in memory",
      "creates",
      "creates / transactions",
      "creates / in memory"
    ]),
    row(["---", "--:", "--:", "--:", "--:", "--:"]),
    row([
      `${connections} at a time`,
      show(transactions, 0),
      show(inMemory, 0),
      show(creates, 0),
      show(creates.map((rate, round) => rate / transactions[round]!), 2),
      show(creates.map((rate, round) => rate / inMemory[round]!), 2)
    ]),
    "",
    row([`${polledRuns} polled runs in sequence, ms`, ...Object.keys(polled)]),
    row(["---", ...Object.keys(polled).map(() => "--:")]),
    row(["created, and polled as the emulator asks", ...Object.values(polled).map((all) => show(all, 0))]),
    "",
    row(["start in process, CPU, ms", "its layer", "its first call"]),
    row(["---", "--:", "--:"]),
    row(["modules are loaded", show(starts.map(({ layer }) => layer), 0), show(starts.map(({ call }) => call), 0)]),
    "",
    `CPU time of the process for one request at ${connections} connections, or for one call in sequence, and as a multiple of ` +
    `the first column in the same round: the median of ${rounds} rounds, the least and the most, after ${warmUps} rounds ` +
    `that are not counted. †: the first column varies by more than a fifth, so that the multiples say little. Node ` +
    `${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}.`
  ].join("\n"))
} finally {
  await Promise.all(pools.map(({ pool }) => pool.destroy()))
  for (const child of children) child.kill("SIGKILL")
  rmSync(folder, { recursive: true })
}
