import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { LogEntry } from "../SharedState.js"
import * as Store from "../Store.js"

// The last entries of a log, for people: those of this process, or of all processes that use a store.

/** An entry, its number, and the process that it was in, where there may be several. */
export interface Kept<A> {
  readonly number: number
  readonly node: string | undefined
  readonly entry: A
}

export interface Recent<A> {
  readonly add: (entry: A) => Effect.Effect<void>
  /** The last entries, the latest first. */
  readonly latest: Effect.Effect<ReadonlyArray<Kept<A>>, Store.StoreError>
  /** Every entry from now on. A slow reader misses some. */
  readonly changes: Effect.Effect<Stream.Stream<Kept<A>>, never, Scope.Scope>
}

// -----------------------------------------------------------------------------
// in this process
// -----------------------------------------------------------------------------

const inProcess = <A>(kept: number): Effect.Effect<Recent<A>> =>
  Effect.map(PubSub.sliding<Kept<A>>(kept), (pubsub) => {
    const entries: Array<Kept<A>> = []
    let count = 0
    return {
      add: (entry) =>
        Effect.suspend(() => {
          const one = { number: ++count, node: undefined, entry }
          entries.push(one)
          if (entries.length > 2 * kept) entries.splice(0, kept)
          return PubSub.publish(pubsub, one)
        }),
      latest: Effect.sync(() => entries.slice(-kept).reverse()),
      changes: Stream.fromPubSub(pubsub, { scoped: true })
    }
  })

// -----------------------------------------------------------------------------
// in the store
// -----------------------------------------------------------------------------

/** How many entries may wait until they are written. Further ones are dropped: no response waits for them. */
const maxPending = 1000

/** The time between two batches: a batch takes the database as long as an entry alone. */
const pause = "100 millis"

const keptOf = <A>({ node, sequence, text }: LogEntry): Effect.Effect<Kept<A>, Store.StoreError> =>
  Effect.try({
    try: () => ({ node, number: sequence, entry: JSON.parse(text) }),
    catch: (cause) => new Store.StoreError({ message: "An entry of a log is not JSON.", cause })
  })

/** Writes entries in the background, in batches. Undefined where each process has its own log. */
const inStore = <A>(
  { nodes, shared }: Store.Service,
  log: string,
  kept: number
): Effect.Effect<Recent<A>, never, Scope.Scope> | undefined => {
  if (nodes === undefined || shared === undefined) return undefined
  let pending: Array<A> = []
  let dropped = 0
  /** Since this process last removed the oldest entries. What earlier processes left behind is removed with the first. */
  let written = kept
  const lock = Effect.unsafeMakeSemaphore(1)
  const latch = Effect.unsafeMakeLatch(false)

  const trim = Effect.suspend(() => {
    if (written < kept) return Effect.void
    written = 0
    return shared.trim(log, kept)
  })

  const append = (batch: ReadonlyArray<A>) =>
    Effect.gen(function*() {
      const { first, last } = yield* shared.append(log, batch.map((entry) => JSON.stringify(entry)))
      yield* nodes.notify(log, `${nodes.id} ${first} ${last}`)
      written += batch.length
      yield* trim
    })

  /** Writes what waits. */
  const write = lock.withPermits(1)(Effect.suspend(() => {
    const [batch, lost] = [pending, dropped]
    pending = []
    dropped = 0
    const report = lost === 0
      ? Effect.void
      : Effect.logWarning(`${lost} entries of the log ${log} are missing, because the database is slow`)
    return batch.length === 0 ? report : Effect.zipRight(report, append(batch))
  }))

  const inBackground = Effect.catchAll(
    write,
    (error) => Effect.logWarning(`Entries of the log ${log} are missing, because the database failed`, error)
  )

  const read = (query: Parameters<typeof shared.entries>[1]) =>
    Effect.flatMap(shared.entries(log, query), Effect.forEach((entry) => keptOf<A>(entry)))

  const recent: Recent<A> = {
    add: (entry) =>
      Effect.sync(() => {
        if (pending.length < maxPending) pending.push(entry)
        else dropped++
        latch.unsafeOpen()
      }),
    // Has what this process added before.
    latest: Effect.map(Effect.zipRight(write, read({ latest: kept })), (all) => all.reverse()),
    changes: Effect.gen(function*() {
      const announced = yield* nodes.notifications(log)
      const entries = yield* Queue.sliding<Kept<A>>(kept)
      let last = 0
      const readAnnounced = (text: string | undefined) => {
        if (text === undefined) {
          return Effect.map(read({ latest: kept }), (all) => all.filter(({ number }) => number > last))
        }
        const [node = "", from, to] = text.split(" ")
        return read({ node, first: Number(from), last: Number(to) })
      }
      yield* Queue.take(announced).pipe(
        Effect.flatMap(readAnnounced),
        Effect.tap((all) => {
          for (const { number } of all) last = Math.max(last, number)
          return Queue.offerAll(entries, all)
        }),
        Effect.catchAll((error) => Effect.logWarning(`The log ${log} can't be read`, error)),
        Effect.forever,
        // A request is not.
        Effect.interruptible,
        Effect.forkScoped
      )
      return Stream.fromQueue(entries)
    })
  }

  return Effect.gen(function*() {
    yield* Effect.addFinalizer(() => inBackground)
    yield* latch.await.pipe(
      Effect.zipRight(Effect.sync(() => latch.unsafeClose())),
      Effect.zipRight(inBackground),
      Effect.zipRight(Effect.sleep(pause)),
      Effect.forever,
      // In real time, whatever the clock of the emulator.
      Effect.withClock(Clock.make()),
      Effect.forkScoped
    )
    return recent
  })
}

const none: Recent<any> = {
  add: () => Effect.void,
  latest: Effect.succeed([]),
  changes: Effect.succeed(Stream.empty)
}

/**
 * A log of which the last `kept` entries are shown: of all processes where they share a store, otherwise of this one. One
 * that is not shown keeps none.
 */
export const make = <A>(
  log: string,
  kept: number,
  isShown: boolean
): Effect.Effect<Recent<A>, never, Store.Store | Scope.Scope> =>
  Effect.flatMap(
    Store.Store,
    (store) => isShown ? inStore<A>(store, log, kept) ?? inProcess<A>(kept) : Effect.succeed(none)
  )
