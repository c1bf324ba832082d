import type * as Clock from "effect/Clock"
import { withTimes } from "../clocks.js"

/** The clock of the process, and how it is set to the time of the database. That can set it back, and not its nanoseconds. */
export const make = (base: Clock.Clock) => {
  let offset = 0
  return {
    clock: withTimes(base, () => base.unsafeCurrentTimeMillis() + offset),
    /** Sets the clock by the time of the database, which was asked for between two times of the process. */
    set: (database: number, before: number, after: number): void => {
      offset = Math.round(database - (before + after) / 2)
    }
  }
}
