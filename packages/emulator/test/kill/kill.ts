/**
 * A server that is killed under load at random moments, started again, and checked against all of its responses. Before it
 * is killed it can also be stopped for a while, its wall clock be set, or its disk be full. Instead of being killed it can
 * also lose its power.
 */
import { Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Clock, Deferred, Effect, Fiber, Random } from "effect"
import { check, makeSeen, type Seen } from "./check.js"
import { inspect } from "./inspect.js"
import { type Ledger, makeLedger } from "./ledger.js"
import { awaitCount, call, type Counts, isGone, isRefused, makeLoad } from "./load.js"
import { clientOf, type Server, startServer } from "./start.js"
import { makeVolume, type Volume } from "./volume.js"

/** What happens to a server before it is killed; `unsynced` is what happens to its disk when it is killed. */
type Disturbance = "stop" | "clock" | "full" | "unsynced"

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
  /** How often it was stopped, its clock set, its disk filled, or its power lost. */
  readonly disturbances: number
  /** Kills before the server was ready, while it brought its store in order. */
  readonly killsAtStart: number
  readonly longestStartMillis: number
  readonly problems: ReadonlyArray<string>
}

type Created = Store.Document & { readonly created_at: number }

/** Checks what no caller asked for: the store has nothing twice, nothing in progress, and no file without an owner. */
const inspectFile = (filename: string) =>
  Effect.gen(function*() {
    const store = yield* SqliteStore.make({ filename })
    const fs = yield* FileSystem.FileSystem
    const files = yield* store.find(Store.collection<Created>({ name: "file" }), {})
    const onDisk = yield* fs.readDirectory(`${filename}-files`)
    const owners = files.map(({ id }) => id)
    return [
      ...(yield* inspect(store)),
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
    const volume = before === "full" || before === "unsynced" ? yield* makeVolume(folder) : undefined
    const filename = `${volume?.path ?? folder}/data.db`
    const problems: Array<string> = []
    const report = (problem: string) => {
      problems.push(problem)
    }
    const load = makeLoad(volume === undefined ? 800 : 200)
    const seen = makeSeen()
    const ledgers = Array.from({ length: callers }, (_, index) => makeLedger(`caller ${index}`))
    let killsAtStart = 0
    let kills = 0
    let disturbances = 0
    let longestStartMillis = 0

    // A server whose disk is full logs each request.
    const start = (round: number) =>
      startServer({ store: filename, model: round % 2 === 0 ? "slow" : "immediate", isLogged: before !== "full" })

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

    /** Callers that may be refused: all while the disk is full, and then those with a request in flight. */
    const mayBeRefused = new Set<Ledger>()
    let isFull = false

    const fill = ({ fill }: Volume) =>
      Effect.suspend(() => {
        isFull = true
        return fill
      })

    const makeRoom = ({ makeRoom }: Volume) =>
      Effect.tap(makeRoom, () => {
        if (isFull) { for (const ledger of ledgers) mayBeRefused.add(ledger) }
        isFull = false
      })

    const mayContinue = (ledger: Ledger, error: { readonly _tag: string }) =>
      isRefused(error) && (isFull || mayBeRefused.delete(ledger))

    const disturb = (server: Server) =>
      Effect.gen(function*() {
        if (before === "stop") yield* server.stopFor(yield* Random.nextIntBetween(0, 2 * timeout))
        if (before === "clock") {
          yield* server.setClock(yield* Random.nextIntBetween(-maxShift, maxShift))
          yield* awaitCount(load, "responses", callers * 10)
        }
        if (before === "full") {
          yield* fill(volume!)
          yield* awaitCount(load, "refused", callers * 10)
          // Now and then it is killed while its disk is full.
          if (yield* Random.nextBoolean) {
            yield* makeRoom(volume!)
            yield* awaitCount(load, "responses", callers * 10)
          }
        }
      })

    const kill = (server: Server) =>
      Effect.gen(function*() {
        yield* server.kill
        if (before !== undefined) disturbances++
        if (before === "unsynced") yield* volume!.losePower
        if (before === "full") yield* makeRoom(volume!)
        mayBeRefused.clear()
      })

    const loadUntilGone = (server: Server) =>
      Effect.gen(function*() {
        const isAwaited = yield* Deferred.make<void>()
        const all = yield* Effect.fork(Effect.forEach(ledgers, (ledger) =>
          call(ledger, load).pipe(
            Effect.retry({ while: (error) => mayContinue(ledger, error) }),
            Effect.catchAll((error) =>
              Effect.flatMap(Deferred.isDone(isAwaited), (isAwaited) =>
                Effect.sync(() => {
                  const mayBe = error._tag === "TimeoutError" ? before === "stop" : isGone(error) && isAwaited
                  if (!mayBe) report(`${ledger.name} failed: ${error.message}`)
                }))
            )
          ), { concurrency: "unbounded", discard: true }))
        yield* awaitCount(load, "responses", callers * 20).pipe(
          Effect.zipRight(disturb(server)),
          Effect.zipRight(Effect.flatMap(Random.nextIntBetween(0, 30), (moment) => Effect.sleep(moment))),
          Effect.raceFirst(Fiber.await(all))
        )
        yield* Deferred.succeed(isAwaited, undefined)
        yield* kill(server)
        yield* Fiber.join(all)
      })

    const mayKillAtStart = before === undefined || before === "unsynced"

    for (let round = 0; kills < times; round++) {
      if (mayKillAtStart && kills > 0 && kills < times - 1 && (yield* Random.nextIntBetween(0, 6)) === 0) {
        const moment = yield* Random.nextIntBetween(0, Math.max(longestStartMillis, 1))
        yield* Effect.scoped(Effect.gen(function*() {
          const server = yield* start(round)
          yield* Effect.sleep(moment)
          yield* kill(server)
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
    problems.push(...(yield* inspectFile(filename)))
    const { refused, responses, withoutResponse } = load
    const result: Report = {
      responses,
      withoutResponse,
      refused,
      ...seen,
      kills,
      disturbances,
      killsAtStart,
      longestStartMillis,
      problems
    }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped, Effect.provide(NodeContext.layer))
