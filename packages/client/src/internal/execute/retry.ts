import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Retry from "../../Retry.js"

/** A failed attempt: what the caller would get, and what the server says of retrying. */
export interface Failure {
  readonly error: OpenAiError.OpenAiError
  /** The header `x-should-retry`, where there is one. */
  readonly shouldRetry: boolean | undefined
}

/**
 * Tokens that retries cost and successes earn, so that the retries of many callers can't multiply an outage: once it is
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

const earn = (budget: Budget, tokens: number) => {
  budget.tokens = Math.min(budget.capacity, budget.tokens + tokens)
}

/** Whether the server may have acted on a request that got no answer. */
const isAmbiguous = (error: OpenAiError.OpenAiError): boolean =>
  error._tag === "TimeoutError" || (error._tag === "TransportError" && error.sent)

/** The policy of a call: what it says goes before what its client says. */
export const policyOf = (client: Partial<Policy>, context: Context.Context<never>): Policy => ({
  ...Retry.defaultPolicy,
  ...Retry.merge(client, Context.get(context, Retry.CurrentPolicy))
})

/** Whether the same request may be sent again at all, whatever the policy says of when. */
const mayRetry = ({ error, shouldRetry }: Failure, policy: Policy, replayable: boolean): boolean =>
  error._tag !== "InsufficientQuotaError" &&
  (shouldRetry ?? OpenAiError.isRetryable(error)) &&
  (replayable || policy.replayCreates || !isAmbiguous(error))

/** How long to wait by the policy after so many retries; undefined where it ends them. */
export interface NextDelay {
  (error: OpenAiError.OpenAiError, retries: number): Effect.Effect<Duration.Duration | undefined>
}

/** A policy whose schedule is ready to be followed, anew for each call: who names none needs nothing of schedules. */
export interface Policy extends Omit<Retry.Policy, "schedule"> {
  readonly schedule: (() => NextDelay) | undefined
}

const byCount = (policy: Policy): NextDelay => (_, retries) => {
  if (retries >= policy.times) return Effect.succeed(undefined)
  const delay = Math.min(Duration.toMillis(policy.delay) * 2 ** retries, Duration.toMillis(policy.maxDelay))
  return Effect.map(Random.nextRange(0.75, 1), (factor) => Duration.millis(delay * factor))
}

/** The delay before the same request is sent again; undefined where it is not. */
const delayOf = (
  { error }: Failure,
  policy: Policy,
  retries: number,
  next: NextDelay
): Effect.Effect<Duration.Duration | undefined> =>
  Effect.map(next(error, retries), (own) => {
    const asked = "retryAfter" in error ? error.retryAfter : undefined
    if (own === undefined || asked === undefined) return own
    if (Duration.greaterThan(asked, policy.maxRetryAfter)) return undefined
    return policy.schedule === undefined ? asked : Duration.max(asked, own)
  })

/** What is tried until it succeeds, fails for good, or the policy or the budget ends it. */
export interface Subject<A> {
  readonly operation: string
  /** Asked once, after the first failure. */
  readonly policy: Policy
  readonly budget: Budget
  readonly replayable: boolean
  readonly attempt: (retries: number) => Effect.Effect<A, Failure | OpenAiError.LimitExceededError>
  /** Gives the error where the same request can't be sent again. */
  readonly refuse: (error: OpenAiError.OpenAiError) => OpenAiError.UploadNotReplayableError | undefined
  /** Is told of the failure in the end, or an interruption between two attempts. */
  readonly onEnd: (errorType: string) => void
  /** What its success will give back to the budget. */
  budgetRefund: number
}

type Retried<A> = Effect.Effect<A, OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError>

/** Gives back to the budget what a success earns. */
export const succeed = ({ budget, budgetRefund }: Subject<unknown>): void => earn(budget, budgetRefund)

const fail = <A>(
  subject: Subject<A>,
  error: OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError
): Retried<never> => {
  subject.onEnd(error._tag)
  return Effect.fail(error)
}

/** Waits for the next attempt, or ends with an error. */
const wait = <A>(
  subject: Subject<A>,
  failure: Failure,
  policy: Policy,
  next: NextDelay,
  retries: number
): Retried<void> => {
  const { error } = failure
  const { budget, operation } = subject
  return Effect.flatMap(delayOf(failure, policy, retries, next), (delay) => {
    if (delay === undefined) return fail(subject, error)
    const refused = subject.refuse(error)
    if (refused !== undefined) return fail(subject, refused)
    subject.budgetRefund = costOf(error)
    if (!spend(budget, subject.budgetRefund)) return fail(subject, error)
    return Effect.suspend(() => policy.onRetry({ operation, attempt: retries + 1, error, delay })).pipe(
      Effect.catchAllCause((cause) => Effect.logWarning("A hook of retries failed", cause)),
      Effect.zipRight(Effect.sleep(delay)),
      Effect.onInterrupt(() => Effect.sync(() => subject.onEnd("interrupted")))
    )
  })
}

const tryAgain = <A>(subject: Subject<A>, retries: number, policy?: Policy, next?: NextDelay): Retried<A> =>
  Effect.catchAllCause(subject.attempt(retries), (cause): Retried<A> => {
    const failed = Option.getOrUndefined(Cause.failureOption(cause))
    if (failed === undefined) return Effect.failCause(cause as Cause.Cause<never>)
    // What has waited for its turn in vain does not wait again.
    if (!("error" in failed)) return fail(subject, failed)
    policy ??= subject.policy
    if (!mayRetry(failed, policy, subject.replayable)) return fail(subject, failed.error)
    const delays = next ?? policy.schedule?.() ?? byCount(policy)
    return Effect.flatMap(
      wait(subject, failed, policy, delays, retries),
      () => tryAgain(subject, retries + 1, policy, delays)
    )
  })

/** Tries a subject for the first time, and again. */
export const retry = <A>(subject: Subject<A>): Retried<A> => tryAgain(subject, 0)
