import * as RateLimit from "@effect-openai/client/RateLimit"
import { Effect, Layer } from "effect"

/** A store in memory, which records what it is asked. */
export const make = () => {
  const balances = new Map<string, { balance: number; at: number }>()
  const asked: Array<ReadonlyArray<RateLimit.Demand>> = []
  const takeOne = (demand: RateLimit.Demand, now: number): RateLimit.Taken => {
    const { atMost, capacity, key, minimum, refill, used, wanted } = demand
    const { at, balance } = balances.get(key) ?? { balance: capacity, at: now }
    const filled = Math.min(capacity, balance + (now - at) / refill)
    const lowered = Math.max(minimum, Math.min(capacity, filled - used, atMost))
    const taken = Math.max(0, Math.min(wanted, Math.floor(lowered + 1e-6)))
    balances.set(key, { balance: lowered - taken, at: now })
    return { taken, remaining: lowered - taken }
  }
  const take = (demands: ReadonlyArray<RateLimit.Demand>): Effect.Effect<ReadonlyArray<RateLimit.Taken>> =>
    Effect.clockWith((clock) =>
      Effect.sync(() => {
        asked.push(demands)
        return demands.map((demand) => takeOne(demand, clock.unsafeCurrentTimeMillis()))
      })
    )
  /** The balance of the only bucket whose key has an ending. */
  const balanceOf = (ending: string) => [...balances].find(([key]) => key.endsWith(ending))?.[1].balance
  return { asked, balances, balanceOf, take }
}

/** Rate limits over a store with another function. */
export const limits = (
  take: RateLimit.Store["Type"]["take"],
  options?: RateLimit.Options
): Layer.Layer<never> =>
  RateLimit.layerStore(options).pipe(
    Layer.provide(Layer.succeed(RateLimit.Store, { take })),
    Layer.orDie
  )
