import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Retry from "../Retry.js"

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

/** How long to wait before the same request may be sent again; undefined where it must not be. */
const nextDelay = (
  { error, shouldRetry }: Failure,
  policy: Retry.Policy,
  retries: number,
  replayable: boolean
): Effect.Effect<Duration.Duration | undefined> => {
  if (retries >= policy.times || error._tag === "InsufficientQuotaError") return Effect.succeed(undefined)
  if (!(shouldRetry ?? OpenAiError.isRetryable(error))) return Effect.succeed(undefined)
  if (isAmbiguous(error) && !replayable && !policy.replayCreates) return Effect.succeed(undefined)
  if ("retryAfter" in error && error.retryAfter !== undefined) {
    return Effect.succeed(
      Duration.lessThanOrEqualTo(error.retryAfter, policy.maxRetryAfter) ? error.retryAfter : undefined
    )
  }
  const delay = Math.min(Duration.toMillis(policy.delay) * 2 ** retries, Duration.toMillis(policy.maxDelay))
  return Effect.map(Random.nextRange(0.75, 1), (factor) => Duration.millis(delay * factor))
}

/**
 * Runs an attempt until it succeeds, fails for good, or the policy or the budget ends it. `refuse` is asked before each
 * retry and gives the error instead where the request can't be sent again.
 */
export const retry = <A, E>(
  attempt: (retries: number) => Effect.Effect<A, Failure>,
  options: {
    readonly policy: Partial<Retry.Policy>
    readonly budget: Budget
    readonly replayable: boolean
    readonly refuse: (error: OpenAiError.OpenAiError) => E | undefined
  }
): Effect.Effect<A, OpenAiError.OpenAiError | E> =>
  Effect.flatMap(Retry.CurrentPolicy, (current) => {
    const policy = { ...Retry.defaultPolicy, ...options.policy, ...current }
    const loop = (retries: number, earned: number): Effect.Effect<A, OpenAiError.OpenAiError | E> =>
      Effect.matchEffect(attempt(retries), {
        onSuccess: (value) => {
          earn(options.budget, earned)
          return Effect.succeed(value)
        },
        onFailure: (failure) =>
          Effect.flatMap(nextDelay(failure, policy, retries, options.replayable), (delay) => {
            if (delay === undefined) return Effect.fail(failure.error)
            const refused = options.refuse(failure.error)
            if (refused !== undefined) return Effect.fail(refused)
            const cost = costOf(failure.error)
            if (!spend(options.budget, cost)) return Effect.fail(failure.error)
            return Effect.zipRight(Effect.sleep(delay), loop(retries + 1, cost))
          })
      })
    return loop(0, 1)
  })
