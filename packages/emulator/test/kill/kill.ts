/** A server that is killed under load at random moments, started again, and checked against all of its responses. */
import { OpenAiClient, Retry } from "@effect-openai/client"
import { Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Clock, Data, Deferred, Effect, Exit, Layer, Random, Redacted } from "effect"
import { fork } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { messages, runs } from "../../src/internal/documents.js"
import { check, makeSeen, type Seen } from "./check.js"
import { makeLedger } from "./ledger.js"
import { call, type Counts, isGone, type Load } from "./load.js"

export interface Options {
  readonly times: number
  readonly seed: number
  readonly callers?: number
  /** Called after each kill. */
  readonly onRound?: (round: number, problems: number) => void
}

export interface Report extends Counts, Seen {
  readonly kills: number
  /** Kills before the server was ready, while it brought its store in order. */
  readonly killsAtStart: number
  readonly longestStartMillis: number
  readonly problems: ReadonlyArray<string>
}

class ServerError extends Data.TaggedError("ServerError")<{ readonly message: string }> {}

const tsx = createRequire(import.meta.url).resolve("tsx")

/** A server in its own process. `kill` is `kill -9`; closing the scope does the same. */
export const startServer = (filename: string, speed: "immediate" | "slow") =>
  Effect.gen(function*() {
    const baseUrl = yield* Deferred.make<string, ServerError>()
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [filename, speed], {
          execArgv: ["--import", tsx]
        })
      ),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGKILL")
          return Deferred.await(exited)
        })
    )
    child.on("message", (url) => Deferred.unsafeDone(baseUrl, Exit.succeed(String(url))))
    child.on("exit", (code, signal) => {
      Deferred.unsafeDone(baseUrl, Exit.fail(new ServerError({ message: `The server ended by ${signal ?? code}.` })))
      Deferred.unsafeDone(exited, Exit.void)
    })
    return {
      baseUrl: Deferred.await(baseUrl),
      pid: child.pid!,
      kill: Effect.suspend(() => {
        child.kill("SIGKILL")
        return Deferred.await(exited)
      })
    }
  })

export const clientOf = (baseUrl: string) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl }).pipe(
    Layer.provide([FetchHttpClient.layer, Retry.layer({ times: 0 })])
  )

const notTwice = (name: string, all: ReadonlyArray<string>) => {
  const seen = new Set<string>()
  return all.flatMap((one) => {
    if (!seen.has(one)) {
      seen.add(one)
      return []
    }
    return [`There are two ${name}: ${one}`]
  })
}

type Created = Store.Document & { readonly created_at: number }

/** Checks what no caller asked for: the store has nothing twice, nothing in progress, and no file without an owner. */
const inspect = (filename: string) =>
  Effect.gen(function*() {
    const store = yield* SqliteStore.make({ filename })
    const fs = yield* FileSystem.FileSystem
    const files = yield* store.find(Store.collection<Created>({ name: "file" }), {})
    const said = (yield* store.find(messages, { role: "user" })).map(({ content }) => JSON.stringify(content))
    const assistants = yield* store.find(
      Store.collection<Created & { readonly name: string }>({ name: "assistant" }),
      {}
    )
    const onDisk = yield* fs.readDirectory(`${filename}-files`)
    const owners = files.map(({ id }) => id)
    return [
      ...notTwice("messages", said),
      ...notTwice("assistants", assistants.map(({ name }) => name)),
      ...(yield* store.find(runs, {})).flatMap(({ id, status }) =>
        ["queued", "in_progress", "requires_action", "cancelling"].includes(status) ? [`Run ${id} is ${status}.`] : []
      ),
      ...onDisk.flatMap((name) => owners.includes(name) ? [] : [`${name} is left over.`])
    ]
  }).pipe(Effect.scoped)

/** Kills it so many times, on the same store. */
export const killTest = ({ callers = 8, onRound, seed, times }: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const filename = `${folder}/data.db`
    const problems: Array<string> = []
    const report = (problem: string) => {
      problems.push(problem)
    }
    const load: Load = { responses: 0, withoutResponse: 0, onResponse: () => {} }
    const seen = makeSeen()
    const ledgers = Array.from({ length: callers }, (_, index) => makeLedger(`caller ${index}`))
    let killsAtStart = 0
    let kills = 0
    let longestStartMillis = 0

    const start = (round: number) => startServer(filename, round % 2 === 0 ? "slow" : "immediate")

    const begin = (round: number) =>
      Effect.gen(function*() {
        const before = yield* Clock.currentTimeMillis
        const { baseUrl, kill } = yield* start(round)
        const client = clientOf(yield* baseUrl)
        longestStartMillis = Math.max(longestStartMillis, (yield* Clock.currentTimeMillis) - before)
        return { client, kill }
      })

    const checkAll = (everything: boolean) =>
      Effect.forEach(ledgers, (ledger) => check(ledger, seen, report, everything), {
        concurrency: "unbounded",
        discard: true
      })

    const loadUntilGone = (kill: Effect.Effect<void>) =>
      Effect.gen(function*() {
        const isAwaited = yield* Deferred.make<void>()
        const all = Effect.forEach(ledgers, (ledger) =>
          call(ledger, load).pipe(
            Effect.catchAll((error) =>
              Effect.flatMap(Deferred.isDone(isAwaited), (isAwaited) =>
                Effect.sync(() => {
                  if (!isGone(error) || !isAwaited) report(`${ledger.name} failed: ${error.message}`)
                }))
            )
          ), { concurrency: "unbounded", discard: true })
        // The moment is a number of responses, because time means little on a busy machine, and some milliseconds after them.
        const last = load.responses + (yield* Random.nextIntBetween(1, callers * 20))
        const moment = yield* Random.nextIntBetween(0, 30)
        const reached = yield* Deferred.make<void>()
        load.onResponse = () => {
          if (load.responses >= last) Deferred.unsafeDone(reached, Exit.void)
        }
        const killing = Deferred.await(reached).pipe(
          Effect.zipRight(Effect.sleep(moment)),
          Effect.zipRight(Deferred.succeed(isAwaited, undefined)),
          Effect.zipRight(kill)
        )
        yield* Effect.zip(all, killing, { concurrent: true })
      })

    for (let round = 0; kills < times; round++) {
      if (kills > 0 && kills < times - 1 && (yield* Random.nextIntBetween(0, 6)) === 0) {
        const moment = yield* Random.nextIntBetween(0, Math.max(longestStartMillis, 1))
        yield* Effect.scoped(Effect.gen(function*() {
          const { kill } = yield* start(round)
          yield* Effect.sleep(moment)
          yield* kill
        }))
        kills++
        killsAtStart++
      }
      yield* Effect.scoped(Effect.gen(function*() {
        const { client, kill } = yield* begin(round)
        yield* Effect.zipRight(checkAll(false), loadUntilGone(kill)).pipe(Effect.provide(client))
      }))
      kills++
      onRound?.(kills, problems.length)
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const { client, kill } = yield* begin(times)
      yield* Effect.provide(checkAll(true), client)
      yield* kill
    }))
    problems.push(...(yield* inspect(filename)))
    const { responses, withoutResponse } = load
    const result: Report = { responses, withoutResponse, ...seen, kills, killsAtStart, longestStartMillis, problems }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped, Effect.provide(NodeContext.layer))
