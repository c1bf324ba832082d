import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** A clock with other times, which sleeps as `base` does. Default nanoseconds: those of `base`. */
export const withTimes = (
  base: Clock.Clock,
  millis: () => number,
  nanos: () => bigint = () => base.unsafeCurrentTimeNanos()
): Clock.Clock => ({
  ...base,
  sleep: (duration) => base.sleep(duration),
  unsafeCurrentTimeMillis: millis,
  unsafeCurrentTimeNanos: nanos,
  currentTimeMillis: Effect.sync(millis),
  currentTimeNanos: Effect.sync(nanos)
})
