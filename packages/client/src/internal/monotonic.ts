import type * as Clock from "effect/Clock"

/** The time in milliseconds, by a clock that no change of the system's time moves. Only for durations. */
export const now = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos()) / 1e6
