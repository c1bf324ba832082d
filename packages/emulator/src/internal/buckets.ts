import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Amount, Taking } from "../SharedState.js"
import type * as Store from "../Store.js"

// Limits that fill evenly: in this process, or in the store, where all processes take of the same ones.

/** The rounding error of filling. */
export const precision = 1e-6

/** The time in milliseconds until `amount` is there. */
export const waitFor = ({ limit, period }: Amount, level: number, amount: number): number => {
  const lacking = amount - level
  return lacking < precision ? 0 : lacking * period / limit
}

/** Takes all amounts of what is there, or none where an enforced limit lacks its own. */
export const takeOf = (amounts: ReadonlyArray<Amount>, levels: ReadonlyArray<number>): Taking => {
  const isTaken = amounts.every((one, index) => !one.isEnforced || waitFor(one, levels[index]!, one.amount) === 0)
  return {
    isTaken,
    left: Object.fromEntries(amounts.map(({ amount, kind }, index) => {
      const level = levels[index]!
      return [kind, isTaken ? Math.max(0, level - amount) : level]
    }))
  }
}

export interface Buckets {
  /** Takes amounts of the limits of a name, all or none. */
  readonly take: (
    name: string,
    amounts: ReadonlyArray<Amount>
  ) => Effect.Effect<Taking, Store.StoreError>
}

// -----------------------------------------------------------------------------
// in this process
// -----------------------------------------------------------------------------

/** Maximum number of names, because callers can send any number of them. */
const maxNames = 1000

interface Bucket {
  readonly limit: number
  readonly level: number
}

interface Filled {
  readonly time: number
  readonly buckets: ReadonlyMap<string, Bucket>
}

export const inProcess = (): Buckets => {
  const names = new Map<string, Filled>()
  return {
    take: (name, amounts) =>
      Effect.map(Clock.currentTimeNanos, (nanos) => {
        const time = Number(nanos / 1000n) / 1000
        const found = names.get(name)
        // The least recently used name is full again, or nearly, unless it has a limit of a day.
        if (found === undefined && names.size >= maxNames) names.delete(names.keys().next().value!)
        names.delete(name)
        const passed = found === undefined ? 0 : Math.max(0, time - found.time)
        const levels = amounts.map(({ kind, limit, period }) => {
          const before = found?.buckets.get(kind)
          return before?.limit === limit ? Math.min(limit, before.level + limit * passed / period) : limit
        })
        const taking = takeOf(amounts, levels)
        const buckets = new Map(amounts.map(({ kind, limit }) => [kind, { limit, level: taking.left[kind]! }]))
        names.set(name, { time, buckets })
        return taking
      })
  }
}

// -----------------------------------------------------------------------------
// in the store
// -----------------------------------------------------------------------------

/** Undefined where each process has its own. The time is the store's, unless the emulator has its own clock. */
export const inStore = ({ clock, shared }: Store.Service, hasOwnClock: boolean): Buckets | undefined =>
  shared && {
    take: (name, amounts) =>
      hasOwnClock || clock === undefined
        ? Effect.flatMap(Clock.currentTimeMillis, (time) => shared.take(name, amounts, time))
        : shared.take(name, amounts, undefined)
  }
