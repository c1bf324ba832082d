import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { withTimes } from "../clocks.js"

// Work that continues without a caller. It consists of steps: the next one is taken when its time comes, or earlier where a
// request reads what the work changes. It knows nothing of runs.

/** How long a status lasts in milliseconds where no request reads it. */
export const pace = 750

/** When the next step is due. */
export interface Next {
  /** Milliseconds after this step. `Infinity` for never. */
  readonly after: number
  /** Whether a request that reads the work takes the step immediately. */
  readonly onLook: boolean
}

/** One piece of work. */
interface Task<R> {
  /** There is one task at a time for a key. */
  readonly key: string
  /** Which of the objects under the key the task is about. */
  readonly id: string
  readonly first: Next
  /** Takes one step, until `stop` completes. Returns undefined where the work has ended. */
  readonly step: (stop: Effect.Effect<void>) => Effect.Effect<Next | undefined, never, R>
  /** Whether a step takes no time. Requests then wait for it, and a late step is dated back to when it was due. */
  readonly isQuick: boolean
  /** Default: false. Whether the next look sees the work as it is before the first step. */
  readonly isUnseen?: boolean
}

interface Entry {
  readonly id: string
  readonly isQuick: boolean
  readonly stop: Deferred.Deferred<void>
  readonly rested: Deferred.Deferred<void>
  readonly ended: Deferred.Deferred<void>
  /** Takes the steps that are due; with `isLook`, one step in any case. */
  readonly advance: (isLook: boolean) => Effect.Effect<void>
  /** The step that is being taken, if there is one, is the last. */
  readonly close: () => void
  isBusy: boolean
}

export interface Service {
  /**
   * Begins a task. It takes the place of the one with the same key: a step that is being taken there ends first, and is
   * stopped where the new task takes over.
   */
  readonly begin: <R>(task: Task<R>, options?: { readonly takesOver?: boolean }) => Effect.Effect<void, never, R>
  /** Takes the steps that are due, and then one more, unless there was one since the last look. */
  readonly look: (key: string, id?: string) => Effect.Effect<void>
  /** Takes the steps that are due. */
  readonly catchUp: (key: string) => Effect.Effect<void>
  /** Stops the step that is being taken. */
  readonly stop: (key: string) => Effect.Effect<void>
  readonly has: (key: string, id: string) => boolean
  /** Whether a step is being taken. */
  readonly isBusy: (key: string, id: string) => boolean
  /** Waits until the first step of a task that is not quick has ended. */
  readonly rested: (key: string, id: string) => Effect.Effect<void>
}

export class Engine extends Context.Tag("@effect-openai/emulator/internal/Engine")<Engine, Service>() {}

/** The clock with its time set back to when a step was due. */
const at = (clock: Clock.Clock, millis: number): Clock.Clock =>
  withTimes(clock, () => millis, () => BigInt(millis) * 1_000_000n)

const make = (entries: Map<string, Entry>, scope: Scope.Scope): Service => {
  /** Continues after the caller is interrupted. */
  const detached = <A, R>(effect: Effect.Effect<A, never, R>) =>
    Effect.flatMap(Effect.forkIn(Effect.interruptible(effect), scope), Fiber.join)

  const begin = <R>(
    { first, id, isQuick, isUnseen = false, key, step }: Task<R>,
    { takesOver = false }: { readonly takesOver?: boolean } = {}
  ) =>
    Effect.gen(function*() {
      const context = yield* Effect.context<R>()
      const clock = yield* Effect.clock
      // Another caller can take a step, by reading the work.
      const caller = yield* FiberRef.get(Caller.current)
      const lock = Effect.unsafeMakeSemaphore(1)
      const stop = Deferred.unsafeMake<void>(FiberId.none)
      const rested = Deferred.unsafeMake<void>(FiberId.none)
      const ended = Deferred.unsafeMake<void>(FiberId.none)

      const before = entries.get(key)
      const ready = yield* Effect.cached(Effect.suspend(() => {
        if (before === undefined) return Effect.void
        if (before.isBusy && takesOver) Deferred.unsafeDone(before.stop, Effect.void)
        before.close()
        return Deferred.await(before.ended)
      }))

      let next: Next | undefined = first
      let due = clock.unsafeCurrentTimeMillis() + first.after
      let hasMoved = isUnseen
      let isLast = false

      const end = () => {
        next = undefined
        if (entries.get(key) === entry) entries.delete(key)
        Deferred.unsafeDone(ended, Effect.void)
      }

      const take = (millis: number) =>
        Effect.suspend(() => {
          entry.isBusy = true
          // Time passes while a store is asked, and not in a step that takes none.
          return Effect.withClock(step(Deferred.await(stop)), isQuick ? at(clock, millis) : clock)
        }).pipe(
          Effect.provide(context),
          Caller.as(caller),
          Effect.ensuring(Effect.sync(() => {
            entry.isBusy = false
            Deferred.unsafeDone(rested, Effect.void)
          })),
          Effect.map((following) => {
            if (following === undefined || isLast) return end()
            next = following
            due = (isQuick ? millis : clock.unsafeCurrentTimeMillis()) + following.after
          })
        )

      const takeDue: Effect.Effect<void> = Effect.suspend(() => {
        if (next === undefined || clock.unsafeCurrentTimeMillis() < due) return Effect.void
        hasMoved = true
        return Effect.zipRight(take(due), takeDue)
      })

      const takeOne = Effect.suspend(() => {
        if (next === undefined || !next.onLook) return Effect.void
        const time = clock.unsafeCurrentTimeMillis()
        const taken = hasMoved ? Effect.void : take(time)
        return Effect.map(taken, () => {
          hasMoved = false
          if (next?.onLook === true) due = time + next.after
        })
      })

      const entry: Entry = {
        id,
        isQuick,
        stop,
        rested,
        ended,
        advance: (isLook) =>
          lock.withPermits(1)(Effect.zipRight(ready, isLook ? Effect.zipRight(takeDue, takeOne) : takeDue)),
        close: () => {
          isLast = true
          if (!entry.isBusy) end()
        },
        isBusy: !isQuick && first.after === 0
      }

      const wait: Effect.Effect<void> = Effect.suspend(() => {
        if (next === undefined) return Effect.void
        const now = clock.unsafeCurrentTimeMillis()
        const left = due - now
        if (left === Infinity) return Effect.never
        // Under a clock whose time never changes, only looks take a step.
        const slept = left <= 0 ? Effect.void : Effect.zipRight(
          clock.sleep(Duration.millis(left)),
          Effect.suspend(() => clock.unsafeCurrentTimeMillis() === now ? Effect.never : Effect.void)
        )
        return slept.pipe(Effect.zipRight(entry.advance(false)), Effect.zipRight(wait))
      })

      entries.set(key, entry)
      const fiber = yield* Effect.forkIn(Effect.interruptible(Effect.raceFirst(wait, Deferred.await(ended))), scope)
      // A fiber that is interrupted before it begins runs no finalizer.
      fiber.addObserver(end)
    }).pipe(Effect.uninterruptible)

  const entryOf = (key: string, id = entries.get(key)?.id) => {
    const entry = entries.get(key)
    return entry?.id === id ? entry : undefined
  }

  const advance = (key: string, id: string | undefined, isLook: boolean) =>
    Effect.suspend(() => {
      const entry = entryOf(key, id)
      return entry === undefined || !entry.isQuick ? Effect.void : detached(entry.advance(isLook))
    })

  return {
    begin,
    look: (key, id) => advance(key, id, true),
    catchUp: (key) => advance(key, undefined, false),
    stop: (key) =>
      Effect.sync(() => {
        const entry = entries.get(key)
        if (entry !== undefined) Deferred.unsafeDone(entry.stop, Effect.void)
      }),
    has: (key, id) => entryOf(key, id) !== undefined,
    isBusy: (key, id) => entryOf(key, id)?.isBusy === true,
    rested: (key, id) =>
      Effect.suspend(() => {
        const entry = entryOf(key, id)
        return entry === undefined ? Effect.void : Deferred.await(entry.rested)
      })
  }
}

const entriesOf = new WeakMap<Store.Service, Map<string, Entry>>()

/** Emulators that share a store share the work on it. It continues as long as the emulator that began it. */
export const layer: Layer.Layer<Engine, never, Store.Store> = Layer.scoped(
  Engine,
  Effect.gen(function*() {
    const store = yield* Store.Store
    const entries = entriesOf.get(store) ?? new Map<string, Entry>()
    entriesOf.set(store, entries)
    return make(entries, yield* Effect.scope)
  })
)
