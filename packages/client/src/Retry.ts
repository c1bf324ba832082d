/**
 * When a failed request is sent again: the retry policy.
 *
 * @since 0.1.0
 */
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import type * as internal from "./internal/execute/retry.js"
import { delaysOf } from "./internal/execute/schedule.js"

/**
 * A retry that is about to start.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retrying {
  /** The `operationId`. */
  readonly operation: string
  /** The number of the failed attempt, from 1. */
  readonly attempt: number
  /** The error of the failed attempt. */
  readonly error: OpenAiError.OpenAiError
  /** The delay before the next attempt. */
  readonly delay: Duration.Duration
}

/**
 * A retry policy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** Default: 2. Maximum number of retries. */
  readonly times: number
  /** Default: 500 milliseconds. The delay before the first retry. It doubles for each further one. */
  readonly delay: Duration.DurationInput
  /** Default: 8 seconds. Maximum delay of the policy. */
  readonly maxDelay: Duration.DurationInput
  /**
   * Default: 1 minute. Maximum delay of the server's `retry-after-ms` or `retry-after`. With a longer one the call fails
   * immediately, and its error has the delay as `retryAfter`.
   */
  readonly maxRetryAfter: Duration.DurationInput
  /**
   * Default: false, because it may create a second object. Whether a request that creates an object is sent again where the
   * server may have acted on the first one.
   */
  readonly replayCreates: boolean
  /**
   * Default: none. Replaces `times`, `delay` and `maxDelay`. It receives the errors, and starts again for each call. The
   * schedule is not consulted for errors that are not retryable. It can extend the server's `retry-after`, not shorten it.
   * The client's retry budget still applies.
   */
  readonly schedule: Schedule.Schedule<unknown, OpenAiError.OpenAiError> | undefined
  /** Default: nothing. Runs before the delay of each retry. Its defects are logged and otherwise ignored. */
  readonly onRetry: (retrying: Retrying) => Effect.Effect<void>
}

/**
 * The default policy: 2 retries after 0.5 and 1 seconds, each delay shortened by up to 25 % at random.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultPolicy: Policy & { readonly schedule: undefined } = {
  times: 2,
  delay: "500 millis",
  maxDelay: "8 seconds",
  maxRetryAfter: "1 minute",
  replayCreates: false,
  schedule: undefined,
  onRetry: () => Effect.void
}

/**
 * The options that differ from {@link defaultPolicy}. Those of a call take precedence over those of its client.
 *
 * @since 0.1.0
 * @category context
 */
export class CurrentPolicy extends Context.Reference<CurrentPolicy>()("@effect-openai/client/Retry/CurrentPolicy", {
  defaultValue: (): Partial<internal.Policy> => ({})
}) {}

/**
 * Merges two policies. `inner` takes precedence. Its `times`, `delay` or `maxDelay` replace the schedule of `outer`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = <P extends Partial<Policy> | Partial<internal.Policy>>(outer: P, inner: P): P => ({
  ...outer,
  ...("times" in inner || "delay" in inner || "maxDelay" in inner ? { schedule: undefined } : undefined),
  ...inner
})

const convert = (options: Partial<Policy>): Partial<internal.Policy> => {
  const { schedule, ...others } = options
  if (schedule !== undefined) return { ...others, schedule: () => delaysOf(schedule) }
  return "schedule" in options ? { ...others, schedule } : others
}

/**
 * Changes the policy within an effect. Options that are left out stay as they are outside.
 *
 * @example
 * import { Assistants, Retry } from "@effect-openai/client"
 * import { Effect, Schedule } from "effect"
 *
 * const patient = Assistants.retrieve({ assistant_id: "asst_abc123" }).pipe(
 *   Retry.policy({ times: 8, maxRetryAfter: "10 minutes" })
 * )
 *
 * const scheduled = Assistants.list().pipe(
 *   Retry.policy({
 *     schedule: Schedule.spaced("1 second").pipe(Schedule.upTo("20 seconds")),
 *     onRetry: ({ attempt, error, operation }) => Effect.logInfo(`${operation}, ${attempt}: ${error.message}`)
 *   })
 * )
 *
 * @since 0.1.0
 * @category combinators
 */
export const policy = (options: Partial<Policy>) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    CurrentPolicy,
    (current) => Effect.provideService(self, CurrentPolicy, merge(current, convert(options)))
  )

/**
 * Disables retries within an effect.
 *
 * @since 0.1.0
 * @category combinators
 */
export const none: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = policy({ times: 0 })

/**
 * Sets the policy: of a client, where it is provided to the client's layer, or of all calls within an effect.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Partial<Policy>): Layer.Layer<CurrentPolicy> =>
  Layer.succeed(CurrentPolicy, convert(options))
