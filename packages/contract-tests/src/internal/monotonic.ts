import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The time in milliseconds, by a clock that no change of the system's time moves. Only for durations. */
export const currentMillis: Effect.Effect<number> = Effect.map(
  Clock.currentTimeNanos,
  (nanos) => Number(nanos / 1_000_000n)
)
