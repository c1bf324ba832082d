/**
 * A server that is killed under load at random moments, started again, and checked against all of its responses. Before it
 * is killed it can also be stopped for a while, or its wall clock be set.
 */
import { OpenAiClient, Retry } from "@effect-openai/client"
import { Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Clock, Data, Deferred, Effect, Exit, Fiber, Layer, Random, Redacted } from "effect"
import { fork } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { messages, runs } from "../../src/internal/documents.js"
import { check, makeSeen, type Seen } from "./check.js"
import { makeLedger } from "./ledger.js"
import { call, type Counts, isGone, type Load } from "./load.js"

/** What happens to a server before it is killed. */
type Disturbance = "stop" | "clock"

export interface Options {
  readonly before?: Disturbance | undefined
  readonly times: number
  readonly seed: number
  readonly callers?: number
  /** Called after each kill. */
  readonly onRound?: (round: number, problems: number) => void
}

export interface Report extends Counts, Seen {
  readonly kills: number
  /** How often it was stopped, or its clock set. */
  readonly disturbances: number
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
      /** Sets its wall clock: so many milliseconds after the right time. */
      setClock: (millis: number) => Effect.sync(() => child.send(millis)),
      /** Stops it for a while, by SIGSTOP. */
      stopFor: (millis: number) =>
        Effect.acquireUseRelease(
          Effect.sync(() => child.kill("SIGSTOP")),
          () => Effect.sleep(millis),
          () => Effect.sync(() => child.kill("SIGCONT"))
        ),
      kill: Effect.suspend(() => {
        child.kill("SIGKILL")
        return Deferred.await(exited)
      })
    }
  })

type Server = Effect.Effect.Success<ReturnType<typeof startServer>>

export const clientOf = (baseUrl: string, timeouts?: { readonly timeout: number; readonly idleTimeout: number }) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl, ...timeouts }).pipe(
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

/** The timeout of calls to a server that is stopped for at most twice as long. */
const timeout = 1000

/** The maximum difference to the right time, in milliseconds: below that after which a run expires. */
const maxShift = 240_000

/** Kills it so many times, on the same store. */
export const killTest = ({ before, callers = 8, onRound, seed, times }: Options) =>
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
    let disturbances = 0
    let longestStartMillis = 0

    const start = (round: number) => startServer(filename, round % 2 === 0 ? "slow" : "immediate")

    const begin = (round: number) =>
      Effect.gen(function*() {
        const startedAt = yield* Clock.currentTimeMillis
        const server = yield* start(round)
        const baseUrl = yield* server.baseUrl
        const client = clientOf(baseUrl)
        const hasty = before === "stop" ? clientOf(baseUrl, { timeout, idleTimeout: timeout }) : client
        longestStartMillis = Math.max(longestStartMillis, (yield* Clock.currentTimeMillis) - startedAt)
        return { client, hasty, server }
      })

    const checkAll = (everything: boolean) =>
      Effect.forEach(
        ledgers,
        (ledger) => check(ledger, seen, report, { everything }),
        { concurrency: "unbounded", discard: true }
      )

    /** Waits for so many responses at most. The moment is a number of them, because time means little on a busy machine. */
    const awaitResponses = (max: number) =>
      Effect.flatMap(Random.nextIntBetween(1, max), (count) =>
        Effect.async<void>((resume) => {
          const last = load.responses + count
          load.onResponse = () => {
            if (load.responses >= last) resume(Effect.void)
          }
        }))

    const disturb = (server: Server) => {
      disturbances++
      return before === "stop"
        ? Effect.flatMap(Random.nextIntBetween(0, 2 * timeout), server.stopFor)
        : Random.nextIntBetween(-maxShift, maxShift).pipe(
          Effect.flatMap(server.setClock),
          Effect.zipRight(awaitResponses(callers * 10))
        )
    }

    const loadUntilGone = (server: Server) =>
      Effect.gen(function*() {
        const isAwaited = yield* Deferred.make<void>()
        const all = yield* Effect.fork(Effect.forEach(ledgers, (ledger) =>
          call(ledger, load).pipe(
            Effect.catchAll((error) =>
              Effect.flatMap(Deferred.isDone(isAwaited), (isAwaited) =>
                Effect.sync(() => {
                  const mayBe = error._tag === "TimeoutError" ? before === "stop" : isGone(error) && isAwaited
                  if (!mayBe) report(`${ledger.name} failed: ${error.message}`)
                }))
            )
          ), { concurrency: "unbounded", discard: true }))
        yield* awaitResponses(callers * 20).pipe(
          Effect.zipRight(before === undefined ? Effect.void : disturb(server)),
          Effect.zipRight(Effect.flatMap(Random.nextIntBetween(0, 30), (moment) => Effect.sleep(moment))),
          Effect.raceFirst(Fiber.await(all))
        )
        yield* Deferred.succeed(isAwaited, undefined)
        yield* server.kill
        yield* Fiber.join(all)
      })

    for (let round = 0; kills < times; round++) {
      if (before === undefined && kills > 0 && kills < times - 1 && (yield* Random.nextIntBetween(0, 6)) === 0) {
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
        const { client, hasty, server } = yield* begin(round)
        yield* Effect.provide(checkAll(false), client)
        yield* Effect.provide(loadUntilGone(server), hasty)
      }))
      kills++
      onRound?.(kills, problems.length)
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const { client, server } = yield* begin(times)
      yield* Effect.provide(checkAll(true), client)
      yield* server.kill
    }))
    problems.push(...(yield* inspect(filename)))
    const { responses, withoutResponse } = load
    const result: Report = {
      responses,
      withoutResponse,
      ...seen,
      kills,
      disturbances,
      killsAtStart,
      longestStartMillis,
      problems
    }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped, Effect.provide(NodeContext.layer))
