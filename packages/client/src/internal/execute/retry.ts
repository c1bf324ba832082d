import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Retry from "../../Retry.js"
import type { Call } from "./call.js"

/** The failure of an attempt. */
export interface Failure {
  readonly error: OpenAiError.OpenAiError
  /** The header `x-should-retry`. */
  readonly shouldRetry: boolean | undefined
}

/**
 * Tokens that retries cost and successes refund, so that many callers together can't multiply an outage: while it is
 * empty, each call is sent once.
 */
export interface Budget {
  readonly capacity: number
  tokens: number
}

const costOf = (error: OpenAiError.OpenAiError) => error._tag === "TimeoutError" ? 10 : 5

export const makeBudget = (capacity: number): Budget => ({ capacity, tokens: capacity })

const spend = (budget: Budget, cost: number): boolean => {
  if (budget.tokens < cost) return false
  budget.tokens -= cost
  return true
}

/** Whether the server may have acted on a request without a response. */
const isAmbiguous = (error: OpenAiError.OpenAiError): boolean =>
  error._tag === "TimeoutError" || (error._tag === "TransportError" && error.sent)

/** Returns the policy of a call. Its own takes precedence over the client's. */
export const policyOf = (client: Partial<Policy>, context: Context.Context<never>): Policy => ({
  ...Retry.defaultPolicy,
  ...Retry.merge(client, Context.get(context, Retry.CurrentPolicy))
})

/** Whether the same request may be sent again at all, whatever the delays of the policy. */
const mayRetry = ({ error, shouldRetry }: Failure, policy: Policy, replayable: boolean): boolean =>
  error._tag !== "InsufficientQuotaError" &&
  (shouldRetry ?? OpenAiError.isRetryable(error)) &&
  (replayable || policy.replayCreates || !isAmbiguous(error))

/** The policy's delay after a number of retries. Undefined where the policy ends them. */
export interface NextDelay {
  (error: OpenAiError.OpenAiError, retries: number): Effect.Effect<Duration.Duration | undefined>
}

/** A policy whose schedule is a factory of delays, so that a program without a schedule bundles nothing of schedules. */
export interface Policy extends Omit<Retry.Policy, "schedule"> {
  readonly schedule: (() => NextDelay) | undefined
}

const exponential = (policy: Policy): NextDelay => (_, retries) => {
  if (retries >= policy.times) return Effect.succeed(undefined)
  const delay = Math.min(Duration.toMillis(policy.delay) * 2 ** retries, Duration.toMillis(policy.maxDelay))
  return Effect.map(Random.nextRange(0.75, 1), (factor) => Duration.millis(delay * factor))
}

/** Returns the delay before the next attempt. Undefined without a further attempt. */
const delayOf = (
  { error }: Failure,
  policy: Policy,
  retries: number,
  next: NextDelay
): Effect.Effect<Duration.Duration | undefined> =>
  Effect.map(next(error, retries), (own) => {
    const retryAfter = "retryAfter" in error ? error.retryAfter : undefined
    if (own === undefined || retryAfter === undefined) return own
    if (Duration.greaterThan(retryAfter, policy.maxRetryAfter)) return undefined
    return policy.schedule === undefined ? retryAfter : Duration.max(retryAfter, own)
  })

type Retried<A> = Effect.Effect<A, OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError>

/** Refunds the budget after a success. */
export const refund = ({ budget, budgetRefund }: Call<any>): void => {
  budget.tokens = Math.min(budget.capacity, budget.tokens + budgetRefund)
}

const fail = <A>(
  call: Call<A>,
  error: OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError
): Retried<never> => {
  call.onEnd(error._tag)
  return Effect.fail(error)
}

/** Waits before the next attempt, or fails. */
const wait = <A>(
  call: Call<A>,
  failure: Failure,
  policy: Policy,
  next: NextDelay,
  retries: number
): Retried<void> => {
  const { error } = failure
  const { budget, operation } = call
  return Effect.flatMap(delayOf(failure, policy, retries, next), (delay) => {
    if (delay === undefined) return fail(call, error)
    const refused = call.refuseRetry(error)
    if (refused !== undefined) return fail(call, refused)
    call.budgetRefund = costOf(error)
    if (!spend(budget, call.budgetRefund)) return fail(call, error)
    return Effect.suspend(() => policy.onRetry({ operation, attempt: retries + 1, error, delay })).pipe(
      Effect.catchAllCause((cause) => Effect.logWarning("The onRetry callback failed", cause)),
      Effect.zipRight(Effect.sleep(delay)),
      Effect.onInterrupt(() => Effect.sync(() => call.onEnd("interrupted")))
    )
  })
}

const loop = <A>(call: Call<A>, retries: number, policy?: Policy, next?: NextDelay): Retried<A> =>
  Effect.catchAllCause(call.attempt(retries), (cause): Retried<A> => {
    const failed = Option.getOrUndefined(Cause.failureOption(cause))
    if (failed === undefined) return Effect.failCause(cause as Cause.Cause<never>)
    // The client's own limits had no room: the call has waited long enough.
    if (!("error" in failed)) return fail(call, failed)
    policy ??= call.policy
    if (!mayRetry(failed, policy, call.replayable)) return fail(call, failed.error)
    const delays = next ?? policy.schedule?.() ?? exponential(policy)
    return Effect.flatMap(
      wait(call, failed, policy, delays, retries),
      () => loop(call, retries + 1, policy, delays)
    )
  })

/** Attempts a call until it succeeds, or until its error, the policy or the budget ends the retries. */
export const retry = <A>(call: Call<A>): Retried<A> => loop(call, 0)
