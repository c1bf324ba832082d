/** Starts the server and the contestants as separate processes. */
import { build } from "esbuild"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Measured, Order } from "./contestant.js"
import type { Name } from "./scenarios.js"

/** In the order of the table. The first is the lower limit. */
export const contestants = {
  undici: "raw undici",
  fetch: "raw fetch",
  "openai-4": "openai 4.33",
  "openai-6": "openai 6",
  "openai-7": "openai 7",
  "effect-ai-openai": "@effect/ai-openai, undici",
  "effect-openai-stock-fetch": "ours, stock Fetch",
  "effect-openai-stock": "ours, stock undici",
  "effect-openai-fetch": "ours, FetchHttpClient",
  "effect-openai-undici": "ours, UndiciHttpClient",
  "effect-openai-ai": "@effect-openai/ai, UndiciHttpClient",
  "effect-openai-one": "ours, one resource imported",
  "effect-openai-all": "ours, all operations imported"
} as const

export type Contestant = keyof typeof contestants

export const contestantNames = Object.keys(contestants) as ReadonlyArray<Contestant>

/** Contestants that are measured on request only: an older major, and the transports of others below our client. */
const onRequest: ReadonlyArray<Contestant> = [
  "fetch",
  "openai-6",
  "effect-openai-stock-fetch",
  "effect-openai-stock"
]

/** The contestants that are measured by default. */
export const defaultContestants = contestantNames.filter((name) => !onRequest.includes(name))

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// In the package, whose dependencies the bundles import.
const bundles = source("../node_modules/.cache/bench")

/** Compiles the server and the contestants. Bundles only modules of this repository; other packages stay as installed. */
export const compile = async (): Promise<void> => {
  await build({
    entryPoints: ["server.ts", ...contestantNames.map((name) => `contestants/${name}.ts`)].map(source),
    outdir: bundles,
    outbase: source("."),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    external: ["effect", "@effect/*", "openai-*", "undici"],
    logLevel: "warning"
  })
}

const start = (module: string, execArgv: ReadonlyArray<string> = [], execPath: string = process.execPath) =>
  fork(`${bundles}/${module}.mjs`, {
    execArgv: [...execArgv],
    execPath,
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })

/** Returns the next message of a process. Fails if the process ends. */
export const message = async (child: ChildProcess): Promise<unknown> => {
  const ended = new AbortController()
  try {
    return await Promise.race([
      once(child, "message", { signal: ended.signal }).then(([value]) => value),
      once(child, "exit", { signal: ended.signal }).then(([code]) => {
        throw new Error(`${child.spawnfile} ended with ${code}`)
      })
    ])
  } finally {
    ended.abort()
  }
}

const stop = (child: ChildProcess): void => {
  child.kill("SIGKILL")
}

export interface Server {
  readonly origin: string
  readonly stop: () => void
}

export const startServer = async (): Promise<Server> => {
  const child = start("server")
  return { origin: `http://127.0.0.1:${await message(child)}`, stop: () => stop(child) }
}

export interface Competitor {
  readonly scenarios: ReadonlyArray<Name>
  readonly measure: (order: Order) => Promise<Measured>
  readonly stop: () => void
}

/** Starts a contestant, by default in this version of Node. */
export const startContestant = async (name: Contestant, node?: string): Promise<Competitor> => {
  const child = start(`contestants/${name}`, ["--expose-gc"], node)
  return {
    scenarios: await message(child) as ReadonlyArray<Name>,
    measure: async (order) => {
      child.send(order)
      return await message(child) as Measured
    },
    stop: () => stop(child)
  }
}
