/** Nodes that kill themselves inside of activities, started again until each tool loop has ended. */
import { Assistants, Messages, OpenAiClient, Runs, Threads } from "@effect-openai/client"
import { Emulator, Script } from "@effect-openai/emulator"
import { FetchHttpClient } from "@effect/platform"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Executed } from "../sum.js"
import { twoActions } from "../utils.js"
import type { Storage } from "./engine.js"
import type { FromWorker, ToWorker } from "./messages.js"
import * as Postgres from "./postgres.js"

export interface Options {
  readonly storage: Storage
  readonly nodes: number
  /** How many kills. */
  readonly times: number
  readonly seed: number
  /** Loops at a time. */
  readonly concurrency: number
  readonly onKill: (kills: number, loops: number) => void
}

type Entry = (Executed & { readonly _tag: "Executed" }) | {
  readonly _tag: "Killed"
  readonly activity: string
  readonly what: string
}

const tsx = createRequire(import.meta.url).resolve("tsx")

/** The same numbers for the same seed. */
const random = (seed: number) => {
  let state = seed
  return (max: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return 1 + Math.floor(state / 2_147_483_648 * max)
  }
}

/** The nodes, and the loops that they execute. */
class Nodes {
  readonly ended = new Map<number, string>()
  readonly problems: Array<string> = []
  kills = 0
  longestMillis = 0
  private readonly loops: Array<ToWorker & { readonly startedAt: number }> = []
  private readonly children: Array<ChildProcess | undefined> = []
  private readonly next: (max: number) => number
  private resolve: (() => void) | undefined

  constructor(
    private readonly options: Options,
    private readonly newLoop: () => Promise<Omit<ToWorker, "index">>,
    private readonly argumentsOf: (node: number, diesAt: number) => ReadonlyArray<string>
  ) {
    this.next = random(options.seed)
  }

  get count(): number {
    return this.loops.length
  }

  private send(node: number, { assistant_id, index, thread_id }: ToWorker): void {
    this.children[node]?.send({ index, thread_id, assistant_id }, () => {})
  }

  /** Adds a loop while nodes are still to be killed, or ends. */
  private async add(): Promise<void> {
    if (this.kills >= this.options.times) {
      if (this.ended.size === this.loops.length) this.resolve?.()
      return
    }
    const ids = await this.newLoop()
    const loop = { ...ids, index: this.loops.length, startedAt: Date.now() }
    this.loops.push(loop)
    this.send(loop.index % this.options.nodes, loop)
  }

  private start(node: number): void {
    const diesAt = this.kills + node < this.options.times ? this.next(160) : 0
    const child = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), this.argumentsOf(node, diesAt), {
      execArgv: ["--import", tsx]
    })
    this.children[node] = child
    child.on("message", (message: FromWorker) => {
      if (message._tag === "Ready") {
        for (const loop of this.loops) {
          if (!this.ended.has(loop.index) && loop.index % this.options.nodes === node) this.send(node, loop)
        }
        return
      }
      if (this.ended.has(message.index)) return
      if (message._tag === "Failed") this.problems.push(`Loop ${message.index} failed: ${message.message}`)
      else if (message.status !== "completed") this.problems.push(`Loop ${message.index} is ${message.status}`)
      this.ended.set(message.index, message._tag === "Ended" ? message.run_id : "")
      this.longestMillis = Math.max(this.longestMillis, Date.now() - this.loops[message.index]!.startedAt)
      void this.add()
    })
    child.on("exit", (code, signal) => {
      if (this.resolve === undefined) return
      if (signal === "SIGKILL") {
        this.kills++
        this.options.onKill(this.kills, this.ended.size)
      } else this.problems.push(`A node ended by ${signal ?? code}`)
      this.start(node)
    })
  }

  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.resolve = resolve
    })
    for (let node = 0; node < this.options.nodes; node++) this.start(node)
    for (let n = 0; n < this.options.concurrency; n++) await this.add()
    await ended
    this.resolve = undefined
    await Promise.all(this.children.map((child) =>
      new Promise<void>((resolve) => {
        child!.once("exit", () => resolve())
        child!.kill("SIGKILL")
      })
    ))
  }

  get threads(): ReadonlyArray<string> {
    return this.loops.map(({ thread_id }) => thread_id)
  }
}

/** Checks what the loops left behind. */
const check = (nodes: Nodes, entries: ReadonlyArray<Entry>) =>
  Effect.gen(function*() {
    const calls = new Map<string, string>()
    const executed = entries.filter((entry) => entry._tag === "Executed")
    for (const { id, key } of executed) {
      if ((calls.get(id) ?? key) !== key) nodes.problems.push(`The call ${id} has two keys`)
      calls.set(id, key)
    }
    if (new Set(calls.values()).size !== calls.size) nodes.problems.push("Two calls have one key")
    let runs = 0
    for (const [index, thread_id] of nodes.threads.entries()) {
      const all = (yield* Runs.list({ thread_id })).data
      runs += all.length
      if (all.length !== 1 || all[0]!.id !== nodes.ended.get(index)) {
        nodes.problems.push(`The thread of loop ${index} has ${all.length} runs`)
      }
      const messages = (yield* Messages.list({ thread_id })).data
      if (messages.length !== 1) nodes.problems.push(`The thread of loop ${index} has ${messages.length} messages`)
    }
    if (calls.size !== 3 * nodes.count) nodes.problems.push(`${calls.size} calls for ${nodes.count} loops`)
    return { runs, calls: calls.size, executions: executed.length }
  })

/** Runs loops until nodes were killed so many times, and all loops have ended. */
export const killTest = (options: Options) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "workflow-kill-"))),
      (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
    )
    const ledger = join(folder, "ledger.jsonl")
    const database = options.storage === "sqlite" ? join(folder, "workflow.db") : yield* Postgres.start
    const baseUrl = yield* Emulator.baseUrl
    const client = yield* Layer.build(
      OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl }).pipe(Layer.provide(FetchHttpClient.layer))
    )
    const { id: assistant_id } = yield* Effect.provide(Assistants.create({ model: "gpt-4-turbo" }), client)
    const newLoop = () =>
      Effect.runPromise(
        Effect.map(Effect.provide(Threads.create({}), client), ({ id }) => ({ thread_id: id, assistant_id }))
      )
    const nodes = new Nodes(options, newLoop, (node, diesAt) => [
      options.storage,
      database,
      baseUrl,
      ledger,
      `${34_500 + node}`,
      `${diesAt}`
    ])
    yield* Effect.promise(() => nodes.run())
    const entries = existsSync(ledger)
      ? readFileSync(ledger, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Entry)
      : []
    const counts = yield* Effect.provide(check(nodes, entries), client)
    const kills = new Map<string, number>()
    for (const entry of entries) {
      if (entry._tag !== "Killed") continue
      const place = entry.activity === "" ? "outside" : entry.activity
      kills.set(place, (kills.get(place) ?? 0) + 1)
    }
    return {
      ...counts,
      loops: nodes.count,
      kills: nodes.kills,
      places: kills,
      longestMillis: nodes.longestMillis,
      problems: nodes.problems
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Emulator.layerHttp({ model: Script.layer({ turns: [{ replies: twoActions }] }) }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
        Layer.provide(NodeContext.layer)
      )
    )
  )
