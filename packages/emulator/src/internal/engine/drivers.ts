import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Store from "../../Store.js"
import * as Caller from "../caller.js"

// Who works on what. A store that belongs to one process needs nothing of it. Where processes share the store, a piece of
// work belongs to the process that has its lease: the one that a request has reached last, or one that took the work over.

/** A piece of work, whose project is that of the caller. Its key is one in all projects. */
export type Work = Omit<Store.Work, "project">

/** Continues the work of a lease that another process has left, or drops it. */
export type ResumeLease<R> = (lease: Store.Lease) => Effect.Effect<void, Store.StoreError, R>

/** What becomes of work that is no longer done here: it has ended, other work has taken its place, or others continue it. */
type Outcome = "ended" | "replaced" | "left"

/** The right to do a piece of work. */
interface Hold {
  /** Interrupts an effect, and lets it write nothing, where another process has taken the work. */
  readonly guard: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly end: (outcome: Outcome) => void
  /** Leaves the work to other processes: it is interrupted. */
  readonly leave: () => void
}

/** What the processes ask each other for. */
type Question = "look" | "stop"

/** What the others can ask this process for, and what it can take over. */
export interface Handlers<R> {
  readonly look: (key: string) => Effect.Effect<void>
  readonly stop: (key: string) => Effect.Effect<void>
  /** Continues work that another process has left, or drops it. */
  readonly resume: (leases: ReadonlyArray<Store.Lease>) => Effect.Effect<void, never, R>
}

export interface Drivers {
  /** Takes work from the process that does it. For the transaction that begins or changes the work, as its last statement. */
  readonly claim: (work: Work) => Effect.Effect<void, Store.StoreError>
  /** Takes the work that no other process does, and returns it. */
  readonly take: <W extends Work>(work: ReadonlyArray<W>) => Effect.Effect<ReadonlyArray<W>, Store.StoreError>
  /** The right to do work that was taken. Undefined where the store fails. `onLost` is called where others do it from now on. */
  readonly hold: (work: Work, onLost: () => void) => Effect.Effect<Hold | undefined>
  /** Forgets work that was taken, and turned out to be done. */
  readonly drop: (key: string) => void
  /** Asks the process that does some work to take a step, or to stop. Returns whether there is one. */
  readonly ask: (question: Question, key: string) => Effect.Effect<boolean, Store.StoreError>
  /** Continues what other processes leave, and does what they ask for, without an end. */
  readonly share: <R>(handlers: Handlers<R>) => Effect.Effect<void, never, R | Scope.Scope>
  /** Whether other processes would continue the work of this one. */
  readonly hasOthers: Effect.Effect<boolean>
  /** Removes the leases of work that has ended, and leaves others to other processes. */
  readonly settle: Effect.Effect<void>
}

// -----------------------------------------------------------------------------
// in this process
// -----------------------------------------------------------------------------

const here: Hold = { guard: (effect) => effect, end: () => {}, leave: () => {} }

export const inThisProcess: Drivers = {
  claim: () => Effect.void,
  take: Effect.succeed,
  hold: () => Effect.succeed(here),
  drop: () => {},
  ask: () => Effect.succeed(false),
  share: () => Effect.void,
  hasOthers: Effect.succeed(false),
  settle: Effect.void
}

// -----------------------------------------------------------------------------
// by leases
// -----------------------------------------------------------------------------

/** How often to look for work that others have left. */
const interval = "1 second"

/** Maximum number of leases that one statement takes over. */
const maxTaken = 100

/** How long work that was taken may take to begin. */
const patience = "10 seconds"

/** Fails where the store takes long, also where it does not respond at all. */
const promptly = <A, E>(effect: Effect.Effect<A, E>) => Effect.timeout(Effect.disconnect(effect), interval)

const logged = (message: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllCause(effect, (cause) => Effect.logWarning(message, cause))

export const byLeases = (nodes: Store.Nodes): Drivers => {
  /** The leases of work that has begun here, or begins when a transaction ends. */
  const taken = new Map<string, Store.Lease>()
  const holds = new Map<Store.Lease, Set<() => void>>()
  let ended: Array<Store.Lease> = []
  let left: Array<Store.Lease> = []

  const inProject = <W extends Work>(work: ReadonlyArray<W>) =>
    Effect.map(
      FiberRef.get(Caller.current),
      (caller) =>
        work.map(({ id, key, kind, parent }) => ({ id, key, kind, parent, project: caller?.project_id ?? "" }))
    )

  const acquire = (work: ReadonlyArray<Work>, force: boolean) =>
    Effect.flatMap(inProject(work), (work) =>
      Effect.map(nodes.acquire(work, { force }), (leases) => {
        for (const lease of leases) taken.set(lease.key, lease)
        return new Set(leases.map(({ key }) => key))
      }))

  /** Stops the work of leases that another process has. */
  const lose = (isLost: (lease: Store.Lease) => boolean) =>
    Effect.sync(() => {
      for (const [lease, all] of [...holds]) {
        if (!isLost(lease)) continue
        if (taken.get(lease.key) === lease) taken.delete(lease.key)
        for (const onLost of all) onLost()
      }
    })

  /** Compares what is done here with the leases of the store. */
  const compare = (keys?: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const before = new Set(holds.keys())
      const held = yield* nodes.held(keys)
      const tokens = new Set(held.map(({ token }) => token))
      yield* lose((lease) => before.has(lease) && (keys?.includes(lease.key) ?? true) && !tokens.has(lease.token))
      // What a request has taken that was interrupted before the work began.
      left.push(...held.filter(({ key }) => !taken.has(key)))
    })

  const settle = Effect.suspend(() => {
    const [done, others] = [ended, left]
    ended = []
    left = []
    return Effect.zipRight(nodes.release(done), nodes.leave(others)).pipe(
      Effect.onError(() =>
        Effect.sync(() => {
          ended.push(...done)
          left.push(...others)
        })
      )
    )
  }).pipe(logged("Leases could not be released"))

  const forget = (key: string, list: Array<Store.Lease>): void => {
    const lease = taken.get(key)
    if (lease === undefined) return
    taken.delete(key)
    list.push(lease)
  }

  /** What was taken, and has not begun when it was last looked for. */
  let idle = new Set<Store.Lease>()

  /** Leaves what a request has taken that was interrupted before the work began. */
  const leaveIdle = Effect.sync(() => {
    const begun = new Set(Array.from(holds.keys(), ({ key }) => key))
    const found = [...taken.values()].filter(({ key }) => !begun.has(key))
    for (const lease of found) if (idle.has(lease)) forget(lease.key, left)
    idle = new Set(found)
  })

  const turn = Effect.unsafeMakeSemaphore(1)

  const share = <R>(handlers: Handlers<R>) =>
    Effect.gen(function*() {
      // Emulators that share a store in one process are one process for the others.
      yield* Effect.acquireReleaseInterruptible(turn.take(1), () => turn.release(1))
      const clock = yield* Effect.clock
      yield* Effect.withClock(listenAndLook(handlers, clock), Clock.make())
    })

  /** In real time, whatever the clock of the emulator, which is that of the work. */
  const listenAndLook = <R>({ look, stop, resume }: Handlers<R>, clock: Clock.Clock) =>
    Effect.gen(function*() {
      const takeOver: Effect.Effect<void, Store.StoreError, R> = Effect.flatMap(nodes.takeOver(maxTaken), (leases) => {
        if (leases.length === 0) return Effect.void
        for (const lease of leases) taken.set(lease.key, lease)
        return Effect.zipRight(
          Effect.withClock(resume(leases), clock),
          leases.length === maxTaken ? takeOver : Effect.void
        )
      })

      /** A process that can't be seen loses its leases, so it must not continue. */
      const checkSeen = Effect.gen(function*() {
        if ((yield* nodes.sinceSeen) <= nodes.leaseTime) return
        const isSeen = yield* Effect.isSuccess(promptly(Effect.zipRight(nodes.renew, compare())))
        if (!isSeen) yield* lose(() => true)
      })

      const listen = (topic: string, handle: (text: string | undefined) => Effect.Effect<unknown, unknown, R>) =>
        Effect.flatMap(nodes.notifications(topic), (texts) =>
          Queue.take(texts).pipe(
            Effect.flatMap(handle),
            logged("A notification could not be handled"),
            Effect.forever,
            Effect.forkScoped
          ))

      const every = (interval: Duration.DurationInput, effect: Effect.Effect<unknown, unknown, R>) =>
        effect.pipe(
          logged("The work that processes share can't be seen"),
          Effect.repeat(Schedule.spaced(interval)),
          Effect.forkScoped
        )

      yield* listen("lease", (text) => {
        if (text === undefined) return compare()
        const key = text.slice(text.indexOf(" ") + 1)
        return [...holds.keys()].some((lease) => lease.key === key && !text.startsWith(`${lease.token} `))
          ? compare([key])
          : Effect.void
      })
      yield* listen("look", (key) => key === undefined ? Effect.void : look(key))
      yield* listen("stop", (key) => key === undefined ? Effect.void : stop(key))
      yield* listen("left", () => takeOver)
      yield* every(interval, checkSeen)
      yield* every(interval, Effect.zipRight(settle, takeOver))
      yield* every(patience, leaveIdle)
    })

  return {
    claim: (work) => Effect.asVoid(acquire([work], true)),

    take: (work) => Effect.map(acquire(work, false), (keys) => work.filter(({ key }) => keys.has(key))),

    hold: (work, onLost) =>
      Effect.gen(function*() {
        if (!taken.has(work.key)) yield* acquire([work], true)
        const lease = taken.get(work.key)!
        const lost = Deferred.unsafeMake<void>(FiberId.none)
        const lose = () => {
          Deferred.unsafeDone(lost, Effect.void)
          onLost()
        }
        const all = holds.get(lease) ?? new Set()
        holds.set(lease, all.add(lose))
        const hold: Hold = {
          leave: lose,
          guard: (effect) =>
            Effect.raceFirst(nodes.fence(lease)(effect), Effect.zipRight(Deferred.await(lost), Effect.interrupt)),
          end: (outcome) => {
            all.delete(lose)
            if (all.size === 0) holds.delete(lease)
            if (outcome === "replaced") return
            if (taken.get(work.key) === lease) taken.delete(work.key)
            ;(outcome === "ended" ? ended : left).push(lease)
          }
        }
        return hold
      }).pipe(
        Effect.catchAllCause((cause) =>
          Effect.as(Effect.logError(`The work ${work.key} can't be done`, cause), undefined)
        )
      ),

    drop: (key) => forget(key, ended),

    ask: nodes.ask,

    share,
    hasOthers: Effect.orElseSucceed(promptly(nodes.hasOthers), () => false),
    settle
  }
}
