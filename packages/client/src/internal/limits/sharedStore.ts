import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { Demand, Store, Taken } from "../../RateLimit.js"
import * as Monotonic from "../monotonic.js"

/** How long a call waits for the store, in milliseconds. */
const callTimeout = 250

/** How long the store may take before it counts as failed, in milliseconds. */
export const storeTimeout = 1000

/** How long a late response is awaited, so that what it took is returned. */
const lateTimeout = 10_000

/** How long a failed store is not asked. */
const pause = 5000

/** What the store is asked. */
export interface Question {
  readonly demands: ReadonlyArray<Demand>
  readonly receive: (taken: ReadonlyArray<Taken>, now: number) => void
  /** There is no response. */
  readonly forget: () => void
}

/** Some buckets that are asked for together. */
export interface Accounts {
  readonly ask: (now: number) => Question
  /** Whether there is something to report to the store. */
  readonly isDue: (now: number) => boolean
  /** After how many milliseconds a lease is returned. */
  readonly leaseTime: number
}

/** A request in flight to the store. */
interface Exchange {
  readonly since: number
  /** Whether the store responded in time. */
  readonly result: Deferred.Deferred<boolean>
}

const isValid = (demands: ReadonlyArray<Demand>, taken: ReadonlyArray<Taken>): boolean =>
  Array.isArray(taken) && taken.length === demands.length && demands.every(({ capacity, minimum, wanted }, index) => {
    const { remaining, taken: part } = taken[index] as Taken
    return Number.isInteger(part) && part >= 0 && part <= wanted && remaining >= minimum && remaining <= capacity &&
      // A store that has tokens gives them.
      (part === wanted || remaining < 1)
  })

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/**
 * A store behind a circuit breaker: after a failure it is not asked for some seconds, then by one request that no call waits
 * for. A request to the store does not belong to a call, so that no interruption loses what it takes.
 */
export class SharedStore {
  private readonly exchanges = new Map<Accounts, Exchange>()
  private readonly reports = new Set<Accounts>()
  /** Until when the store is not asked. Undefined where it works. */
  private openUntil: number | undefined = undefined
  private isProbed = false

  constructor(private readonly store: Store["Type"], private readonly scope: Scope.Scope) {}

  /**
   * Asks the store, and waits for its response, but not for long. Returns whether there is one. Without one the call continues
   * by the limits of this process.
   */
  ask(accounts: Accounts): Effect.Effect<boolean> {
    return Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const now = Monotonic.now(clock)
        if (this.openUntil !== undefined) {
          if (now < this.openUntil || this.isProbed) return Effect.succeed(false)
          this.isProbed = true
          return Effect.as(this.start(accounts, clock, now), false)
        }
        const current = this.exchanges.get(accounts)
        const left = callTimeout - (current === undefined ? 0 : now - current.since)
        if (left <= 0) return Effect.succeed(false)
        const exchange = current === undefined ? this.start(accounts, clock, now) : Effect.succeed(current)
        // Interruptible, because the loser of a race is awaited.
        return Effect.flatMap(exchange, ({ result }) =>
          Effect.interruptible(
            Effect.raceFirst(Deferred.await(result), Effect.as(clock.sleep(Duration.millis(left)), false))
          ))
      })
    )
  }

  /** Reports changes to the store after a delay, so that many of them are one request. */
  report(accounts: Accounts, delay: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.reports.has(accounts)) return Effect.void
      this.reports.add(accounts)
      return this.fork(Effect.zipRight(
        Effect.sleep(delay),
        Effect.suspend(() => {
          this.reports.delete(accounts)
          return this.flush(accounts)
        })
      ))
    })
  }

  /** Reports changes immediately. Does nothing where the store has failed, or where a request is in flight. */
  flush(accounts: Accounts): Effect.Effect<void> {
    return Effect.clockWith((clock) =>
      Effect.suspend(() =>
        this.openUntil === undefined && !this.exchanges.has(accounts) && accounts.isDue(Monotonic.now(clock))
          ? Effect.asVoid(this.ask(accounts))
          : Effect.void
      )
    )
  }

  private fork(self: Effect.Effect<unknown>): Effect.Effect<void> {
    return Effect.asVoid(Effect.forkIn(Effect.interruptible(self), this.scope))
  }

  private start(accounts: Accounts, clock: Clock.Clock, since: number): Effect.Effect<Exchange> {
    return Effect.suspend(() => {
      const { demands, forget, receive } = accounts.ask(since)
      const exchange = { since, result: Deferred.unsafeMake<boolean>(FiberId.none) }
      this.exchanges.set(accounts, exchange)
      const isInTime = () => this.exchanges.get(accounts) === exchange
      const end = (hasResponse: boolean) => {
        this.exchanges.delete(accounts)
        this.isProbed = false
        return Deferred.succeed(exchange.result, hasResponse)
      }
      const fail = (reason: string) => {
        const warning = this.openUntil === undefined
          ? Effect.logWarning(`The store of the rate limits failed. Each process keeps the limits alone: ${reason}`)
          : Effect.void
        this.openUntil = Monotonic.now(clock) + pause
        return Effect.zipRight(warning, end(false))
      }
      const taking = Effect.suspend(() => this.store.take(demands)).pipe(
        Effect.filterOrFail((taken) => isValid(demands, taken), () => new Error("The response is invalid")),
        Effect.timeout(lateTimeout),
        Effect.exit,
        Effect.flatMap((exit): Effect.Effect<unknown> => {
          if (exit._tag === "Failure") {
            forget()
            return isInTime() ? fail(reasonOf(exit.cause)) : Effect.void
          }
          receive(exit.value, Monotonic.now(clock))
          // What a late response has taken is returned.
          if (!isInTime()) return this.report(accounts, 0)
          this.openUntil = undefined
          return Effect.zipRight(end(true), this.report(accounts, accounts.leaseTime))
        })
      )
      const watching = Effect.raceFirst(
        Deferred.await(exchange.result),
        Effect.zipRight(
          Effect.sleep(storeTimeout),
          Effect.suspend(() => isInTime() ? fail(`No response within ${storeTimeout} ms`) : Effect.void)
        )
      )
      return Effect.as(Effect.zipRight(this.fork(taking), this.fork(watching)), exchange)
    })
  }
}
