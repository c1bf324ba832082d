import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { withTimes } from "./clocks.js"

// The time of a store never goes back. A wall clock does where somebody sets it, and the lists, which are in the order of
// time, would then be in another order than the one in which their documents were created.

/** The latest time of a store. */
interface Latest extends Store.Document {
  /** In seconds, as the documents state their times. */
  readonly created_at: number
}

const times = Store.collection<Latest>({ name: "time", isShared: true })

const id = "latest"

/** The time of a store. All emulators on it have the same. */
export interface Time {
  /**
   * The clock with a time that is never before the latest one of the store. Where it would be, time continues from there at
   * the pace of the clock's nanoseconds, which can't be set, until the clock is later.
   */
  readonly clock: (clock: Clock.Clock) => Clock.Clock
  /** Reads the time that an earlier process kept. */
  readonly restore: Effect.Effect<void, Store.StoreError>
  /** Writes that keep the time too, where a second has passed since it was last kept. */
  readonly keep: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Store.StoreError, R>
}

export const make = (store: Store.Service): Time => {
  /** In milliseconds. */
  let latest = -Infinity
  /** In seconds. */
  let kept = -Infinity

  /** Whether there is another clock than the store's, which all its processes share and which stays where they end. */
  let isOwn = false

  const secondOf = () => Math.floor(latest / 1000)

  return {
    clock: (clock) => {
      isOwn ||= clock !== store.clock
      /** When the clock was set back. */
      let back: { readonly millis: number; readonly nanos: bigint } | undefined
      const read = (): number => {
        const millis = clock.unsafeCurrentTimeMillis()
        if (millis >= latest && back === undefined) return latest = millis
        const nanos = clock.unsafeCurrentTimeNanos()
        back ??= { millis: latest, nanos }
        const continued = Math.max(latest, back.millis + Number((nanos - back.nanos) / 1_000_000n))
        if (millis >= continued) back = undefined
        return latest = Math.max(millis, continued)
      }
      return withTimes(clock, read)
    },

    restore: Effect.map(store.get(times, id), (found) => {
      if (Option.isNone(found)) return
      kept = Math.max(kept, found.value.created_at)
      latest = Math.max(latest, kept * 1000)
    }),

    keep: (effect) =>
      Effect.suspend(() => {
        if (!isOwn) return store.transaction(effect)
        let second = kept
        const written = Effect.flatMap(effect, (result) => {
          second = secondOf()
          const same = Effect.succeed(result)
          return second > kept ? Effect.zipRight(store.set(times, { id, created_at: second }), same) : same
        })
        return Effect.map(store.transaction(written), (result) => {
          // A transaction that was undone has kept nothing.
          kept = Math.max(kept, second)
          return result
        })
      })
  }
}
