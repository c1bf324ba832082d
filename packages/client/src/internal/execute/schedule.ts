import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import * as Monotonic from "../monotonic.js"
import type { NextDelay } from "./retry.js"

/** Returns the delays of a schedule, from its beginning. */
export const delaysOf = (schedule: Schedule.Schedule<unknown, OpenAiError.OpenAiError>): NextDelay => {
  let state = schedule.initial
  return (error) =>
    Effect.clockWith((clock) => {
      const now = Monotonic.now(clock)
      return Effect.map(schedule.step(now, error, state), ([next, _, decision]) => {
        state = next
        return ScheduleDecision.isDone(decision)
          ? undefined
          : Duration.millis(Math.max(0, ScheduleIntervals.start(decision.intervals) - now))
      })
    })
}
