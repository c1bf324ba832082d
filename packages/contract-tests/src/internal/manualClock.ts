import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** A clock that runs and can be advanced. A sleep ends when its time has come either way. */
export interface ManualClock extends Clock.Clock {
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
}

export const make: Effect.Effect<ManualClock> = Effect.sync(() => {
  const clock = Clock.make()
  let ahead = 0n
  const sleepers = new Set<{ readonly until: bigint; readonly wake: () => void }>()
  const millis = () => clock.unsafeCurrentTimeMillis() + Number(ahead) / 1_000_000
  const nanos = () => clock.unsafeCurrentTimeNanos() + ahead
  const nanosOf = (duration: Duration.DurationInput) => BigInt(Math.round(Duration.toMillis(duration) * 1_000_000))
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.suspend(() => {
        if (!Duration.isFinite(duration)) return Effect.never
        const moved = Effect.async<void>((resume) => {
          const sleeper = { until: nanos() + nanosOf(duration), wake: () => resume(Effect.void) }
          sleepers.add(sleeper)
          return Effect.sync(() => sleepers.delete(sleeper))
        })
        return Effect.raceFirst(clock.sleep(duration), moved)
      }),
    advance: (duration) =>
      Effect.sync(() => {
        ahead += nanosOf(duration)
        for (const sleeper of [...sleepers]) if (sleeper.until <= nanos()) sleeper.wake()
      })
  }
})
