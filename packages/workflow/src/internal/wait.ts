import { type OpenAiClient, Runs } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { Run } from "@effect-openai/core/Runs"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Schemas from "../Schemas.js"
import * as Activity from "./activity.js"

/** The time that a wait has left. */
const remainingOf = (
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

/** Cancels a run, and returns it as it ended. A run that has ended is not cancelled. */
export const cancel = (
  name: string,
  ids: Runs.RunIds
): Effect.Effect<Run, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient | Activity.Workflow> =>
  Activity.make(
    `${name}/cancel`,
    Schemas.Run,
    Activity.cancelled(Runs.cancel(ids)).pipe(
      Effect.zipRight(Runs.poll(ids)),
      Activity.persistent
    )
  )

/**
 * Waits until a run has ended or requires an action, or the execution is cancelled and with it the run. Polling is a read, so
 * its activity is safe to repeat. It stores null where the execution is cancelled.
 *
 * The timeout counts from `startedAt`, in milliseconds. Default: now.
 */
export const run = <A, I>(
  name: string,
  ids: Runs.RunIds,
  options: Runs.PollOptions,
  startedAt: number | undefined,
  success: Schema.Schema<A, I>,
  toStored: (run: Run) => A
) => {
  const poll = remainingOf(options, startedAt).pipe(
    Effect.flatMap((timeout) => Runs.poll(ids, { interval: options.interval, timeout })),
    Activity.persistent,
    Effect.map(toStored),
    Effect.raceFirst(Effect.as(untilCancelled(options), null))
  )
  const settled = Activity.make(
    name,
    Schema.NullOr(success),
    Effect.flatMap(Activity.isCancelled, (isRequested) => isRequested ? Effect.succeed(null) : poll)
  )
  return Effect.flatMap(
    settled,
    (stored) => stored === null ? Effect.map(cancel(name, ids), toStored) : Effect.succeed(stored)
  )
}
