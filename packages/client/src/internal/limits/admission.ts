import * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { PreparedRequest } from "../execute/call.js"
import * as Monotonic from "../monotonic.js"
import type { Response } from "../response/response.js"
import * as Metrics from "../telemetry/metrics.js"
import type { Pace } from "./pace.js"
import * as Semaphore from "./semaphore.js"

// -----------------------------------------------------------------------------
// rate limits
// -----------------------------------------------------------------------------

/** Callbacks of a request that the rate limits admitted. */
export interface Admitted {
  /** Reads the server's limits from the headers of a response. */
  readonly onResponse: (response: Response) => Effect.Effect<void>
  /** Receives the end of the request, with the response body of an inference: its usage replaces the estimated tokens. */
  readonly onEnd: (responseBody: object | undefined) => Effect.Effect<void>
}

export interface RateLimiter {
  /** Waits in FIFO order until a request may be sent, and at last for `ready`. */
  readonly admit: (
    prepared: PreparedRequest,
    ready: Effect.Effect<void>
  ) => Effect.Effect<Admitted, OpenAiError.LimitExceededError>
}

/** Makes the rate limits of a credential. `identity` is what the server counts by. */
export interface MakeRateLimiter {
  (identity: Redacted.Redacted): Effect.Effect<RateLimiter>
}

/** Default: no rate limits. */
export class CurrentRateLimiter extends Context.Reference<CurrentRateLimiter>()(
  "@effect-openai/client/internal/CurrentRateLimiter",
  { defaultValue: (): MakeRateLimiter | undefined => undefined }
) {}

/** Measures how long a request waited for a limit. */
export const waited = (
  limit: "concurrency" | "pace" | OpenAiError.LimitExceededError["exceeded"],
  millis: number
): Effect.Effect<void> =>
  Effect.map(FiberRef.get(FiberRef.currentMetricLabels), (ofFiber) =>
    Metrics.limitWait.unsafeUpdate(
      millis / 1000,
      Metrics.labels(ofFiber, "unit", "s", "openai.limit", limit)
    ))

const unlimited: Admitted = { onResponse: () => Effect.void, onEnd: () => Effect.void }

// -----------------------------------------------------------------------------
// concurrency
// -----------------------------------------------------------------------------

export interface Admission {
  /** Whether any limit is set for an operation. */
  readonly isLimited: (endpoint: Endpoint.Any) => boolean
  /**
   * Runs an attempt once all limits admit it. Its permits are released when it ends: for a streamed response, with
   * `scope`. `responseBody` then returns that of an inference.
   */
  readonly admit: <A, E>(
    prepared: PreparedRequest,
    responseBody: () => object | undefined,
    attempt: (admitted: Admitted) => Effect.Effect<A, E>,
    scope: Scope.Scope | undefined
  ) => Effect.Effect<A, E | OpenAiError.LimitExceededError>
}

/** Waits for some permits, one after the other, and measures the wait. */
const waitFor = (permits: ReadonlyArray<Semaphore.Permit>): Effect.Effect<void> => {
  const wait = Effect.forEach(permits, (permit) => permit.wait, { discard: true })
  return Effect.suspend(() =>
    permits.some((permit) => permit.mustWait())
      ? Effect.clockWith((clock) => {
        const since = Monotonic.now(clock)
        return Effect.zipRight(
          wait,
          Effect.suspend(() => waited("concurrency", Monotonic.now(clock) - since))
        )
      })
      : wait
  )
}

/** Waits for the pace, and measures the wait. */
const inPace = (pace: Pace, operation: string): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    Effect.suspend(() => {
      const since = Monotonic.now(clock)
      return pace.mustWait(operation, since)
        ? Effect.zipRight(
          pace.admit(operation),
          Effect.suspend(() => waited("pace", Monotonic.now(clock) - since))
        )
        : pace.admit(operation)
    })
  )

/**
 * Streams wait for their own permit before they wait for one of all requests, so that calls do not wait for a stream
 * to end.
 */
export const make = (options: {
  readonly concurrency: number
  readonly streams: number
  readonly rateLimiters: { readonly [C in Endpoint.Credential]?: RateLimiter | undefined } | undefined
  readonly pace: Pace | undefined
}): Admission => {
  const { pace, rateLimiters } = options
  const all = Number.isFinite(options.concurrency) ? Semaphore.make(options.concurrency) : undefined
  const streams = Number.isFinite(options.streams) ? Semaphore.make(options.streams) : undefined

  return {
    isLimited: ({ family }) =>
      rateLimiters !== undefined || all !== undefined || streams !== undefined ||
      (pace !== undefined && family === "administration"),
    admit: (prepared, responseBody, attempt, scope) =>
      Effect.suspend(() => {
        const rateLimiter = rateLimiters?.[Endpoint.families[prepared.endpoint.family].credential]
        const permits = [scope === undefined ? undefined : streams, all].flatMap((one) => one?.request() ?? [])
        let admitted: Admitted | undefined
        let isEnded = false
        const begin = (it: Admitted) => {
          admitted = it
          return attempt(it)
        }
        const end = Effect.suspend(() => {
          if (isEnded) return Effect.void
          isEnded = true
          for (const permit of permits) permit.release()
          return admitted === undefined ? Effect.void : admitted.onEnd(responseBody())
        })
        const paced = pace !== undefined && prepared.endpoint.family === "administration" ? pace : undefined
        const ready = paced === undefined
          ? waitFor(permits)
          : Effect.zipRight(inPace(paced, prepared.endpoint.name), waitFor(permits))
        const observed = (it: Admitted): Admitted =>
          paced === undefined ? it : {
            ...it,
            onResponse: (response) =>
              Effect.zipRight(it.onResponse(response), paced.onResponse(prepared.endpoint.name, response))
          }
        const run = rateLimiter === undefined
          ? Effect.flatMap(ready, () => begin(observed(unlimited)))
          : Effect.flatMap(rateLimiter.admit(prepared, ready), (it) => begin(observed(it)))
        return scope === undefined
          ? Effect.ensuring(run, end)
          : Effect.zipRight(Scope.addFinalizer(scope, end), Effect.onError(run, () => end))
      })
  }
}
