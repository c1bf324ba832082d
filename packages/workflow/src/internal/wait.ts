import { type OpenAiClient, Runs } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { Run } from "@effect-openai/core/Runs"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Schemas from "../Schemas.js"
import * as Activity from "./activity.js"

/** The time that a wait has left. `startedAt` is in milliseconds. Default: now. */
export const remainingOf = (
  { timeout = "10 minutes" }: Runs.PollOptions,
  startedAt: number | undefined
): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const elapsed = Math.max(0, now - (startedAt ?? now))
    return Duration.subtract(Duration.decode(timeout), Duration.millis(elapsed))
  })

/** Looks for the request to cancel this execution, until there is one. */
const untilCancelled = ({ interval = "1 second" }: Runs.PollOptions) =>
  Effect.repeat(Effect.delay(Activity.isCancelled, Duration.max(interval, "1 second")), {
    until: (isRequested) => isRequested
  })

const cancelled = Symbol.for("@effect-openai/workflow/cancelled")

/**
 * Waits until a run has ended or requires an action. Undefined where the execution is cancelled before that. Polling is a read,
 * so the activity is safe to repeat.
 */
const untilSettled = <A, I>(
  name: string,
  ids: Runs.RunIds,
  options: Runs.PollOptions,
  remaining: Effect.Effect<Duration.Duration>,
  success: Schema.Schema<A, I>,
  toStored: (run: Run) => A
) =>
  Activity.make(
    name,
    Schema.NullOr(success),
    Effect.flatMap(Activity.isCancelled, (isRequested) =>
      isRequested
        ? Effect.succeed(null)
        : remaining.pipe(
          Effect.flatMap((timeout) => Runs.poll(ids, { interval: options.interval, timeout })),
          Activity.persistent,
          Effect.raceFirst(Effect.as(untilCancelled(options), cancelled)),
          Effect.map((run) => typeof run === "symbol" ? null : toStored(run))
        ))
  )

/** Cancels a run, and returns it as it ended. A run that has ended is not cancelled. */
export const cancel = (
  name: string,
  ids: Runs.RunIds
): Effect.Effect<Run, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient | Activity.Workflow> =>
  Activity.make(
    `${name}/cancel`,
    Schemas.Run,
    Runs.cancel(ids).pipe(
      Effect.catchTag("BadRequestError", () => Effect.void),
      Effect.zipRight(Runs.poll(ids)),
      Activity.persistent
    )
  )

/** Waits until a run has ended or requires an action, or the execution is cancelled and with it the run. */
export const run = <A, I>(
  name: string,
  ids: Runs.RunIds,
  options: Runs.PollOptions,
  remaining: Effect.Effect<Duration.Duration>,
  success: Schema.Schema<A, I>,
  toStored: (run: Run) => A
) =>
  Effect.flatMap(
    untilSettled(name, ids, options, remaining, success, toStored),
    (stored) => stored === null ? Effect.map(cancel(name, ids), toStored) : Effect.succeed(stored)
  )
