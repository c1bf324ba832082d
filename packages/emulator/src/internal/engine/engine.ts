import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { withTimes } from "../clocks.js"
import * as Drivers from "./drivers.js"

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

/**
 * One piece of work: in a project there is one task at a time for a key, and `id` is which of the objects under it the task is
 * about.
 */
interface Task<R> extends Drivers.Work {
  readonly first: Next
  /** Takes one step, until `stop` completes. Returns undefined where the work has ended. */
  readonly step: (stop: Effect.Effect<void>) => Effect.Effect<Next | undefined, never, R>
  /** Whether a step takes no time. Requests then wait for it, and a late step is dated back to when it was due. */
  readonly isQuick: boolean
  /** Default: false. Whether the next look sees the work as it is before the first step. */
  readonly isUnseen?: boolean
  /** Is called when no further step is taken here. */
  readonly onEnd?: () => void
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
  /** Interrupts the step that is being taken, and leaves the work to other processes. */
  readonly leave: () => void
  isBusy: boolean
}

/** Keys are those of the caller's project. */
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
  /** Stops the step that is being taken, here or in another process. */
  readonly stop: (key: string) => Effect.Effect<void, Store.StoreError>
  /** Whether work is done here: on any of the objects under a key, unless one is given. */
  readonly has: (key: string, id?: string) => Effect.Effect<boolean>
  /** Whether a step is being taken. */
  readonly isBusy: (key: string, id: string) => Effect.Effect<boolean>
  /** Waits until the first step of a task that is not quick has ended. */
  readonly rested: (key: string, id: string) => Effect.Effect<void>
  /** Takes work from the process that does it. For the transaction that begins or changes the work, as its last statement. */
  readonly claim: (work: Drivers.Work) => Effect.Effect<void, Store.StoreError>
  /**
   * For a request that has read unfinished work. Where another process does it, that one takes a step. Where none does it,
   * this one may begin it: then the result is true.
   */
  readonly mayBegin: (work: Drivers.Work) => Effect.Effect<boolean, Store.StoreError>
  /** The work that no process does, of work that an earlier process may have left. It can begin here. */
  readonly unclaimed: <W extends Drivers.Work>(
    work: ReadonlyArray<W>
  ) => Effect.Effect<ReadonlyArray<W>, Store.StoreError>
  /** Forgets the work of a lease that was taken, and turned out to be done. */
  readonly drop: (lease: Store.Lease) => void
  /** Resumes what other processes leave, and does what they ask for, in the background. */
  readonly share: <R>(resume: Drivers.Handlers<R>["resume"]) => Effect.Effect<void, never, R>
  /** Resumes nothing more, and leaves the work to other processes, where there are some. */
  readonly leave: Effect.Effect<void>
}

export class Engine extends Context.Tag("@effect-openai/emulator/internal/Engine")<Engine, Service>() {}

/**
 * Logs why a step fails, and ends the work, which is left as it is. Where processes share the store, a failure of the store
 * interrupts the work, so that it is resumed later: it has not ended, and another process may reach the store.
 */
export const orLeft = (what: string) => <A, E, R>(step: Effect.Effect<A, E, R>) =>
  Effect.catchAllCause(step, (cause) =>
    Effect.gen(function*() {
      // Another process has the work.
      if (Cause.isInterruptedOnly(cause)) return yield* Effect.failCause(cause as Cause.Cause<never>)
      yield* Effect.logError(`${what} is left as it is`, cause)
      const { nodes } = yield* Store.Store
      const isOfStore = Option.exists(Cause.failureOption(cause), (error) => error instanceof Store.StoreError)
      return nodes !== undefined && isOfStore ? yield* Effect.interrupt : undefined
    }))

/** The clock with its time set back to when a step was due. */
const at = (clock: Clock.Clock, millis: number): Clock.Clock =>
  withTimes(clock, () => millis, () => BigInt(millis) * 1_000_000n)

const make = ({ drivers, entries }: Shared, scope: Scope.Scope, sharing: Scope.CloseableScope): Service => {
  /** The entries whose work continues as long as this emulator. */
  const own = new Set<Entry>()

  /** Continues after the caller is interrupted. Where the work is interrupted, the caller is not. */
  const detached = <R>(effect: Effect.Effect<void, never, R>) =>
    Effect.flatMap(
      Effect.forkIn(Effect.interruptible(effect), scope),
      (fiber) => Effect.flatMap(Fiber.await(fiber), (exit) => Exit.isInterrupted(exit) ? Effect.void : exit)
    )

  const begin = <R>(
    { first, id, isQuick, isUnseen = false, key: keyOfTask, kind, onEnd, parent, step }: Task<R>,
    { takesOver = false }: { readonly takesOver?: boolean } = {}
  ) =>
    Effect.gen(function*() {
      const key = yield* Caller.keyInProject(keyOfTask)
      const hold = yield* drivers.hold({ key, kind, id, parent }, () => {
        if (!entry.isBusy) end("left")
      })
      if (hold === undefined) return onEnd?.()
      const context = yield* Effect.context<R>()
      const clock = yield* Effect.clock
      // Another caller can take a step, by reading the work.
      const caller = yield* FiberRef.get(Caller.current)
      const lock = Effect.unsafeMakeSemaphore(1)
      const stop = Deferred.unsafeMake<void>(FiberId.none)
      const rested = Deferred.unsafeMake<void>(FiberId.none)
      const ended = Deferred.unsafeMake<void>(FiberId.none)

      const before = entries.get(key)
      const ready = before === undefined ? Effect.void : yield* Effect.cached(Effect.suspend(() => {
        if (before.isBusy && takesOver) Deferred.unsafeDone(before.stop, Effect.void)
        before.close()
        return Deferred.await(before.ended)
      }))

      let next: Next | undefined = first
      let due = clock.unsafeCurrentTimeMillis() + first.after
      let hasMoved = isUnseen
      let isLast = false

      let isEnded = false
      let stopWaiting = constVoid

      const end = (outcome: "ended" | "left") => {
        if (isEnded) return
        isEnded = true
        next = undefined
        const isCurrent = entries.get(key) === entry
        if (isCurrent) entries.delete(key)
        own.delete(entry)
        hold.end(isCurrent ? outcome : "replaced")
        Deferred.unsafeDone(ended, Effect.void)
        stopWaiting()
        onEnd?.()
      }

      const take = (millis: number) =>
        Effect.suspend(() => {
          entry.isBusy = true
          // Time passes while a store is asked, and not in a step that takes none.
          return Effect.withClock(hold.guard(step(Deferred.await(stop))), isQuick ? at(clock, millis) : clock)
        }).pipe(
          Effect.provide(context),
          Caller.as(caller),
          Effect.onExit((exit) =>
            Effect.sync(() => {
              entry.isBusy = false
              Deferred.unsafeDone(rested, Effect.void)
              if (Exit.isFailure(exit)) end("left")
            })
          ),
          Effect.map((following) => {
            if (following === undefined || isLast) return end("ended")
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
          if (!entry.isBusy) end("ended")
        },
        leave: hold.leave,
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
      own.add(entry)
      const fiber = yield* Effect.forkIn(Effect.interruptible(wait), scope)
      stopWaiting = () => fiber.unsafeInterruptAsFork(FiberId.none)
      // A fiber that is interrupted before it begins runs no finalizer.
      fiber.addObserver(() => end("left"))
    }).pipe(Effect.uninterruptible)

  const entryOf = (key: string, id = entries.get(key)?.id) => {
    const entry = entries.get(key)
    return entry?.id === id ? entry : undefined
  }

  const entryInProject = (key: string, id?: string) => Effect.map(Caller.keyInProject(key), (key) => entryOf(key, id))

  const inProject = <W extends Drivers.Work>(work: W) =>
    Effect.map(Caller.keyInProject(work.key), (key): W => ({ ...work, key }))

  const advance = (key: string, id: string | undefined, isLook: boolean) =>
    Effect.suspend(() => {
      const entry = entryOf(key, id)
      return entry === undefined || !entry.isQuick ? Effect.void : detached(entry.advance(isLook))
    })

  const stop = (key: string) =>
    Effect.sync(() => {
      const entry = entries.get(key)
      if (entry !== undefined) Deferred.unsafeDone(entry.stop, Effect.void)
      return entry !== undefined
    })

  return {
    begin,
    look: (key, id) => Effect.flatMap(Caller.keyInProject(key), (key) => advance(key, id, true)),
    catchUp: (key) => Effect.flatMap(Caller.keyInProject(key), (key) => advance(key, undefined, false)),
    stop: (key) =>
      Effect.flatMap(
        Caller.keyInProject(key),
        (key) => Effect.flatMap(stop(key), (isHere) => isHere ? Effect.void : Effect.asVoid(drivers.ask("stop", key)))
      ),
    has: (key, id) => Effect.map(entryInProject(key, id), (entry) => entry !== undefined),
    isBusy: (key, id) => Effect.map(entryInProject(key, id), (entry) => entry?.isBusy === true),
    rested: (key, id) =>
      Effect.flatMap(
        entryInProject(key, id),
        (entry) => entry === undefined ? Effect.void : Deferred.await(entry.rested)
      ),
    claim: (work) => Effect.flatMap(inProject(work), drivers.claim),
    mayBegin: (local) =>
      Effect.flatMap(
        inProject(local),
        (work) =>
          entryOf(work.key, work.id) !== undefined ? Effect.succeed(false) : Effect.flatMap(
            drivers.ask("look", work.key),
            (isElsewhere) =>
              isElsewhere ? Effect.succeed(false) : Effect.map(drivers.take([work]), ({ length }) => length > 0)
          )
      ),
    unclaimed: (work) =>
      Effect.flatMap(
        Effect.forEach(work, inProject),
        (all) => drivers.take(all.filter(({ id, key }) => entryOf(key, id) === undefined))
      ),
    drop: ({ key }) => drivers.drop(key),
    share: (resume) =>
      drivers.share({
        look: (key) => advance(key, undefined, true),
        stop: (key) => Effect.asVoid(stop(key)),
        resume
      }).pipe(Scope.extend(sharing), Effect.forkIn(sharing), Effect.asVoid),
    leave: Effect.flatMap(Effect.zipRight(Scope.close(sharing, Exit.void), drivers.hasOthers), (hasOthers) => {
      if (!hasOthers) return Effect.void
      const all = [...own]
      for (const entry of all) entry.leave()
      return Effect.forEach(all, ({ ended }) => Deferred.await(ended), { discard: true }).pipe(
        Effect.timeoutOption(leaving),
        Effect.zipRight(drivers.settle),
        // In real time, whatever the clock of the emulator.
        Effect.withClock(Clock.make())
      )
    })
  }
}

/** How long work may take to be interrupted, when it is left to other processes. */
const leaving = Duration.millis(500)

interface Shared {
  readonly entries: Map<string, Entry>
  readonly drivers: Drivers.Drivers
}

const known = new WeakMap<Store.Service, Shared>()

const sharedOf = (store: Store.Service): Shared => {
  const found = known.get(store)
  if (found !== undefined) return found
  const drivers = store.nodes === undefined ? Drivers.inThisProcess : Drivers.byLeases(store.nodes)
  const made = { entries: new Map<string, Entry>(), drivers }
  known.set(store, made)
  return made
}

/** Emulators that share a store share the work on it. It continues as long as the emulator that began it. */
export const layer: Layer.Layer<Engine, never, Store.Store> = Layer.scoped(
  Engine,
  Effect.gen(function*() {
    const shared = sharedOf(yield* Store.Store)
    // The work has been interrupted by then.
    yield* Effect.addFinalizer(() => shared.drivers.settle)
    const scope = yield* Effect.scope
    return make(shared, scope, yield* Scope.fork(scope, ExecutionStrategy.sequential))
  })
)
