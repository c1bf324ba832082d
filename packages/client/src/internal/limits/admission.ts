import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { PreparedRequest } from "../execute/call.js"
import type { Answer } from "../response/response.js"
import * as Metrics from "../telemetry/metrics.js"
import * as Line from "./semaphore.js"

// -----------------------------------------------------------------------------
// rates
// -----------------------------------------------------------------------------

/** A request that the limits have let through. */
export interface Admitted {
  /** Takes from an answer's headers what the server says of its limits. */
  readonly answered: (answer: Answer) => Effect.Effect<void>
  /** Puts the tokens that an inference's answer says it used in the place of the estimate. */
  readonly used: (answer: object) => Effect.Effect<void>
}

/** Limits of how much is sent in a time. */
export interface RateLimiter {
  /** Waits until a request may be sent, in the order of arrival; `ready` is what it waits for last. */
  readonly admit: (
    prepared: PreparedRequest,
    ready: Effect.Effect<void>
  ) => Effect.Effect<Admitted, OpenAiError.LimitExceededError>
}

/** Makes the limits of a client out of what it identifies itself by. */
export interface MakeRateLimiter {
  (identity: Redacted.Redacted): Effect.Effect<RateLimiter>
}

/** None, unless told. */
export class CurrentRateLimiter extends Context.Reference<CurrentRateLimiter>()(
  "@effect-openai/client/internal/CurrentRateLimiter",
  { defaultValue: (): MakeRateLimiter | undefined => undefined }
) {}

/** Notes how long a limit has kept a request waiting. */
export const waited = (
  limit: "concurrency" | OpenAiError.LimitExceededError["exceeded"],
  millis: number
): Effect.Effect<void> =>
  Effect.map(FiberRef.get(FiberRef.currentMetricLabels), (ofFiber) =>
    Metrics.limitWait.unsafeUpdate(
      millis / 1000,
      Metrics.labels(ofFiber, "unit", "s", "openai.limit", limit)
    ))

export const unlimited: Admitted = { answered: () => Effect.void, used: () => Effect.void }

// -----------------------------------------------------------------------------
// requests in flight
// -----------------------------------------------------------------------------

export interface Admission {
  /** Whether anybody may have to wait. */
  readonly isLimited: boolean
  /**
   * Runs an attempt when its turn has come, and ends its turn with it; where its success is a Stream, a success's turn
   * ends with `scope`. `answer` tells that of an inference at that time.
   */
  readonly admit: <A, E>(
    prepared: PreparedRequest,
    answer: () => object | undefined,
    attempt: (admitted: Admitted) => Effect.Effect<A, E>,
    scope: Scope.Scope | undefined
  ) => Effect.Effect<A, E | OpenAiError.LimitExceededError>
}

/** Waits in some lines, one after the other, and tells how long where it had to. */
const waitIn = (places: ReadonlyArray<ReturnType<Line.Line["enter"]>>): Effect.Effect<void> => {
  const wait = Effect.forEach(places, (place) => place.wait, { discard: true })
  return Effect.suspend(() =>
    places.some((place) => place.isBusy())
      ? Effect.clockWith((clock) => {
        const since = clock.unsafeCurrentTimeMillis()
        return Effect.zipRight(
          wait,
          Effect.suspend(() => waited("concurrency", clock.unsafeCurrentTimeMillis() - since))
        )
      })
      : wait
  )
}

/**
 * Streams wait in a line of their own before they join that of all requests, so that those which wait for a stream to
 * end keep no call waiting.
 */
export const make = (options: {
  readonly concurrency: number
  readonly streams: number
  readonly rateLimiter: RateLimiter | undefined
}): Admission => {
  const { rateLimiter } = options
  const all = Number.isFinite(options.concurrency) ? Line.make(options.concurrency) : undefined
  const streams = Number.isFinite(options.streams) ? Line.make(options.streams) : undefined

  return {
    isLimited: rateLimiter !== undefined || all !== undefined || streams !== undefined,
    admit: (prepared, answer, attempt, scope) =>
      Effect.suspend(() => {
        const places = [scope === undefined ? undefined : streams, all].flatMap((line) => line?.enter() ?? [])
        let admitted: Admitted | undefined
        let ended = false
        const enter = (it: Admitted) => {
          admitted = it
          return attempt(it)
        }
        const end = Effect.suspend(() => {
          if (ended) return Effect.void
          ended = true
          for (const place of places) place.leave()
          const used = admitted && answer()
          return used === undefined ? Effect.void : admitted!.used(used)
        })
        const ready = waitIn(places)
        const turn = rateLimiter === undefined
          ? Effect.flatMap(ready, () => enter(unlimited))
          : Effect.flatMap(rateLimiter.admit(prepared, ready), enter)
        return scope === undefined
          ? Effect.ensuring(turn, end)
          : Effect.zipRight(Scope.addFinalizer(scope, end), Effect.onError(turn, () => end))
      })
  }
}
