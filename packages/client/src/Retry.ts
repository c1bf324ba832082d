/**
 * When a failed request is sent again.
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
 * A request that is about to be sent again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retrying {
  /** The `operationId`. */
  readonly operation: string
  /** Which attempt has failed, from 1. */
  readonly attempt: number
  /** What it failed with. */
  readonly error: OpenAiError.OpenAiError
  /** How long until the next. */
  readonly delay: Duration.Duration
}

/**
 * How often, how soon, and what for a request is sent again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** How many times after the first; 2 unless told. */
  readonly times: number
  /** The delay before the first retry, doubled for each further one; half a second unless told. */
  readonly delay: Duration.DurationInput
  /** The longest delay of our own choosing; 8 seconds unless told. */
  readonly maxDelay: Duration.DurationInput
  /**
   * The longest delay that a server may ask for, by `retry-after-ms` or `retry-after`; a minute unless told. Beyond it
   * the call fails at once with its error, which carries the delay.
   */
  readonly maxRetryAfter: Duration.DurationInput
  /**
   * Whether a request that creates an object may be sent again when it is not known whether the server acted on the
   * first; false unless told, for it may create a second object.
   */
  readonly replayCreates: boolean
  /**
   * Decides instead of `times`, `delay` and `maxDelay` how often and how soon, by the failures it is given; it starts anew
   * for each call. What must not be sent again it is not asked about, a server's `retry-after` it can lengthen and not
   * shorten, and the budget of the client ends it.
   */
  readonly schedule: Schedule.Schedule<unknown, OpenAiError.OpenAiError> | undefined
  /** Is told of each retry before its delay, which begins when it has ended. Its defects are logged and change nothing. */
  readonly onRetry: (retrying: Retrying) => Effect.Effect<void>
}

/**
 * The policy unless told otherwise: 2 retries after 0.5 and 1 seconds, less up to a quarter by chance.
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
 * What is said otherwise than {@link defaultPolicy}. What surrounds a call goes before what surrounded the making of its
 * client.
 *
 * @since 0.1.0
 * @category context
 */
export class CurrentPolicy extends Context.Reference<CurrentPolicy>()("@effect-openai/client/Retry/CurrentPolicy", {
  defaultValue: (): Partial<internal.Policy> => ({})
}) {}

/**
 * What `inner` says goes before what `outer` says. One that counts or times by itself ends the other's schedule.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = <P extends Partial<Policy> | Partial<internal.Policy>>(outer: P, inner: P): P => ({
  ...outer,
  ...("times" in inner || "delay" in inner || "maxDelay" in inner ? { schedule: undefined } : undefined),
  ...inner
})

const ready = (options: Partial<Policy>): Partial<internal.Policy> => {
  const { schedule, ...others } = options
  if (schedule !== undefined) return { ...others, schedule: () => delaysOf(schedule) }
  return "schedule" in options ? { ...others, schedule } : others
}

/**
 * Changes the policy for an effect; what is left out stays as it is outside.
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
  Effect.flatMap(CurrentPolicy, (current) => Effect.provideService(self, CurrentPolicy, merge(current, ready(options))))

/**
 * Sends each request once.
 *
 * @since 0.1.0
 * @category combinators
 */
export const none: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = policy({ times: 0 })

/**
 * The policy of a client, where it is provided to the client's layer; or of all calls below it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Partial<Policy>): Layer.Layer<CurrentPolicy> =>
  Layer.succeed(CurrentPolicy, ready(options))
