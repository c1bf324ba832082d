import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
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

/** The policy of a call: what it says goes before what its client says. */
export const policyOf = (client: Partial<Retry.Policy>, context: Context.Context<never>): Retry.Policy =>
  Retry.merge(Retry.merge(Retry.defaultPolicy, client), Context.get(context, Retry.CurrentPolicy))

/** Whether the same request may be sent again at all, whatever the policy says of when. */
const mayRetry = ({ error, shouldRetry }: Failure, policy: Retry.Policy, replayable: boolean): boolean =>
  error._tag !== "InsufficientQuotaError" &&
  (shouldRetry ?? OpenAiError.isRetryable(error)) &&
  (replayable || policy.replayCreates || !isAmbiguous(error))

/** How long to wait by the policy after so many retries; undefined where it ends them. */
type NextDelay = (
  error: OpenAiError.OpenAiError,
  retries: number
) => Effect.Effect<Duration.Duration | undefined>

const bySchedule = (schedule: Schedule.Schedule<unknown, OpenAiError.OpenAiError>): NextDelay => {
  let state = schedule.initial
  return (error) =>
    Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      return Effect.map(schedule.step(now, error, state), ([next, _, decision]) => {
        state = next
        return ScheduleDecision.isDone(decision)
          ? undefined
          : Duration.millis(Math.max(0, ScheduleIntervals.start(decision.intervals) - now))
      })
    })
}

const byCount = (policy: Retry.Policy): NextDelay => (_, retries) => {
  if (retries >= policy.times) return Effect.succeed(undefined)
  const delay = Math.min(Duration.toMillis(policy.delay) * 2 ** retries, Duration.toMillis(policy.maxDelay))
  return Effect.map(Random.nextRange(0.75, 1), (factor) => Duration.millis(delay * factor))
}

/** The delay before the same request is sent again; undefined where it is not. */
const delayOf = (
  { error }: Failure,
  policy: Retry.Policy,
  retries: number,
  next: NextDelay
): Effect.Effect<Duration.Duration | undefined> =>
  Effect.map(next(error, retries), (own) => {
    const asked = "retryAfter" in error ? error.retryAfter : undefined
    if (own === undefined || asked === undefined) return own
    if (Duration.greaterThan(asked, policy.maxRetryAfter)) return undefined
    return policy.schedule === undefined ? asked : Duration.max(asked, own)
  })

/**
 * Runs an attempt until it succeeds, fails for good, or the policy or the budget ends it. `refuse` is asked before each
 * retry and gives the error instead where the request can't be sent again.
 */
export const retry = <A, E extends { readonly _tag: string }>(
  attempt: (retries: number) => Effect.Effect<A, Failure>,
  options: {
    readonly operation: string
    /** Asked once, after the first failure. */
    readonly policy: () => Retry.Policy
    readonly budget: Budget
    readonly replayable: boolean
    readonly refuse: (error: OpenAiError.OpenAiError) => E | undefined
    /** Is told of a failure, or an interruption between two attempts. */
    readonly onEnd: (errorType: string) => void
  }
): Effect.Effect<A, OpenAiError.OpenAiError | E> => {
  let policy: Retry.Policy | undefined
  let next: NextDelay | undefined
  const fail = (error: OpenAiError.OpenAiError | E) => {
    options.onEnd(error._tag)
    return Effect.fail(error)
  }
  /** The delay, when it is over, or the error that ends the call. */
  const wait = (failure: Failure, policy: Retry.Policy, next: NextDelay, retries: number, cost: number) => {
    const { error } = failure
    return Effect.flatMap(delayOf(failure, policy, retries, next), (delay) => {
      if (delay === undefined) return fail(error)
      const refused = options.refuse(error)
      if (refused !== undefined) return fail(refused)
      if (!spend(options.budget, cost)) return fail(error)
      return Effect.suspend(() => policy.onRetry({ operation: options.operation, attempt: retries + 1, error, delay }))
        .pipe(
          Effect.catchAllCause((cause) => Effect.logWarning("A hook of retries failed", cause)),
          Effect.zipRight(Effect.sleep(delay)),
          Effect.onInterrupt(() => Effect.sync(() => options.onEnd("interrupted")))
        )
    })
  }
  const loop = (retries: number, earned: number): Effect.Effect<A, OpenAiError.OpenAiError | E> =>
    Effect.matchEffect(attempt(retries), {
      onSuccess: (value) => {
        earn(options.budget, earned)
        return Effect.succeed(value)
      },
      onFailure: (failure) => {
        policy ??= options.policy()
        if (!mayRetry(failure, policy, options.replayable)) return fail(failure.error)
        next ??= policy.schedule === undefined ? byCount(policy) : bySchedule(policy.schedule)
        const cost = costOf(failure.error)
        return Effect.flatMap(wait(failure, policy, next, retries, cost), () => loop(retries + 1, cost))
      }
    })
  return loop(0, 1)
}
