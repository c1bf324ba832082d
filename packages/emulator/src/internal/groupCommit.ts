import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
// Tests may replace the global one, which then waits for them.
import { setImmediate } from "node:timers"
import type { StoreError } from "../Store.js"

// Transactions that share a commit, because the commit is what takes time: it waits for the disk. What begins while others
// wait for their turn, or until the requests that have arrived already have had theirs, is committed with them. Each still
// fails alone: a savepoint takes back its own part.

type Run = (sql: string) => Effect.Effect<unknown, StoreError>

/** Transactions that are committed together. */
type Group = Deferred.Deferred<unknown, StoreError>

/** Lets whatever has arrived come first. */
const immediate = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Runs transactions on one connection, one after the other. Each returns when it is on the disk. */
export const make = (run: Run) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  const [begin, savepoint, undo, release, commit, rollback] = [
    run("BEGIN IMMEDIATE"),
    run("SAVEPOINT own"),
    run("ROLLBACK TO own"),
    run("RELEASE own"),
    run("COMMIT"),
    run("ROLLBACK")
  ]
  let group: Group | undefined

  const committed = Effect.tapError(commit, () => Effect.ignoreLogged(rollback))

  /** The first transaction of a group commits it, for all. */
  const settle = (own: Group) =>
    Effect.zipRight(
      immediate,
      lock.withPermits(1)(Effect.flatMap(Effect.exit(committed), (exit) => {
        group = undefined
        return Deferred.done(own, exit)
      }))
    )

  const inSavepoint = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.zipRight(
      savepoint,
      Effect.matchCauseEffect(effect, {
        onSuccess: (value) => Effect.as(release, Exit.succeed(value) as Exit.Exit<A, E>),
        onFailure: (cause) => Effect.as(Effect.zipRight(undo, release), Exit.failCause(cause) as Exit.Exit<A, E>)
      })
    )

  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R> =>
    Effect.uninterruptibleMask((restore) => {
      let isFirst = false
      const joined = Effect.suspend(() => {
        if (group !== undefined) return Effect.succeed(group)
        return Effect.map(begin, (): Group => {
          isFirst = true
          return group = Deferred.unsafeMake(FiberId.none)
        })
      })
      const run = Effect.flatMap(
        joined,
        (own) => Effect.map(Effect.exit(inSavepoint(restore(effect))), (exit) => ({ exit, own }))
      )
      return Effect.zipRight(restore(lock.take(1)), Effect.ensuring(run, lock.release(1))).pipe(
        Effect.flatMap(({ exit, own }) =>
          Effect.zipRight(
            isFirst ? settle(own) : Effect.void,
            Effect.zipRight(Deferred.await(own), Effect.flatMap(exit, (one) => one))
          )
        )
      )
    })
}
