import { ServerError } from "@effect-openai/core/Api"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Store from "../Store.js"
import * as Caller from "./caller.js"
import { fromStore } from "./errors.js"
import { IsBatched } from "./loopback.js"
import { modifiedOf, shown } from "./organization/rateLimits.js"

/** Limits per minute. Default: unlimited. */
export interface Limits {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

const kinds = ["requests", "tokens"] as const

type Kind = (typeof kinds)[number]

const properties = ["limit", "remaining", "reset"] as const

export const rateLimitHeaders: ReadonlyArray<string> = properties.flatMap((property) =>
  kinds.map((kind) => `x-ratelimit-${property}-${kind}`)
)

// -----------------------------------------------------------------------------
// formatting
// -----------------------------------------------------------------------------

/** A duration as in the headers: `120ms`, `8.64s`, `6m0s`, `1h0m0s`. */
const formatReset = (millis: number): string => {
  const rounded = Math.ceil(millis)
  if (rounded === 0) return "0s"
  if (rounded < 1000) return `${rounded}ms`
  const [hours, minutes] = [Math.floor(rounded / 3_600_000), Math.floor(rounded / 60_000) % 60]
  const seconds = `${(rounded % 60_000) / 1000}s`
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds
}

/** The headers for a retry: in seconds without a fraction, as HTTP requires, and in milliseconds. */
export const retryHeaders = (millis: number): Record<string, string> => ({
  "retry-after": String(Math.ceil(millis / 1000)),
  "retry-after-ms": String(Math.ceil(millis))
})

/** The rest of a limit, and the time until it is full again. */
export interface Left {
  readonly limit: number
  readonly remaining: number
  readonly resetMillis: number
}

export const headersOf = (left: Record<Kind, Left>, shown: ReadonlyArray<Kind> = kinds): Record<string, string> =>
  Object.fromEntries(shown.flatMap((kind) => {
    const { limit, remaining, resetMillis } = left[kind]
    return [
      [`x-ratelimit-limit-${kind}`, String(limit)],
      [`x-ratelimit-remaining-${kind}`, String(Math.floor(remaining))],
      [`x-ratelimit-reset-${kind}`, formatReset(resetMillis)]
    ]
  }))

/** A limit whose rest is 0. */
export const exhausted = (kind: Kind, resetMillis: number): Record<Kind, Left> => ({
  requests: { limit: shown.requests, remaining: shown.requests, resetMillis: 0 },
  tokens: { limit: shown.tokens, remaining: shown.tokens, resetMillis: 0 },
  [kind]: { limit: shown[kind], remaining: 0, resetMillis }
})

const units = { requests: "requests per min (RPM)", tokens: "tokens per min (TPM)" }

const exceeded = (
  model: string,
  kind: Kind,
  { limit, remaining }: Left,
  requested: number,
  waitMillis: number,
  headers: Record<string, string>
): ServerError => {
  // A request above the limit itself never fits.
  const isHopeless = requested > limit
  const [start, end] = isHopeless
    ? ["Request too large", "The input must be reduced in order to run successfully."]
    : ["Rate limit reached", `Please try again in ${formatReset(waitMillis)}.`]
  const on = `on ${units[kind]}: Limit ${limit}, Used ${limit - Math.floor(remaining)}, Requested ${requested}.`
  return new ServerError({
    status: 429,
    type: kind,
    code: "rate_limit_exceeded",
    message: `${start} for ${model} ${on} ${end}`,
    summary: `${start} ${on}`,
    headers: { ...headers, ...(isHopeless ? { "x-should-retry": "false" } : retryHeaders(waitMillis)) }
  })
}

// -----------------------------------------------------------------------------
// buckets
// -----------------------------------------------------------------------------

const minute = 60_000

/** The rounding error of refilling. */
const precision = 1e-6

/** A limit that refills evenly within a minute. */
class Bucket {
  private level: number
  constructor(readonly limit: number, private time: number) {
    this.level = limit
  }

  refill(time: number): void {
    this.level = Math.min(this.limit, this.level + this.limit * Math.max(0, time - this.time) / minute)
    this.time = time
  }

  take(amount: number): void {
    this.level = Math.max(0, this.level - amount)
  }

  /** The time in milliseconds until `amount` is there. */
  waitFor(amount: number): number {
    const lacking = amount - this.level
    return lacking < precision ? 0 : lacking * minute / this.limit
  }

  get left(): Left {
    return { limit: this.limit, remaining: this.level, resetMillis: this.waitFor(this.limit) }
  }
}

/** Maximum number of models with their own limit, because callers can send any number of names. */
const maxModels = 1000

interface Service {
  /**
   * Counts a request, or fails where a limit is exceeded. The headers of the response have the rest in both cases, only that
   * of requests where there are no tokens.
   */
  readonly admit: (model: string, tokens: number | undefined) => Effect.Effect<void, ServerError>
}

/** The limits of models. */
export class RateLimits extends Context.Tag("@effect-openai/emulator/internal/RateLimits")<RateLimits, Service>() {}

export const layer = (limits: Limits): Layer.Layer<RateLimits, never, Store.Store> =>
  Layer.effect(
    RateLimits,
    Effect.map(Store.Store, (store) => {
      const models = new Map<string, Record<Kind, Bucket>>()

      /** The buckets of a model in a project. A limit that was modified begins full. */
      const bucketsOf = (name: string, sizes: Record<Kind, number>, time: number): Record<Kind, Bucket> => {
        const found = models.get(name)
        // The least recently used model is full again, or nearly.
        if (found === undefined && models.size >= maxModels) models.delete(models.keys().next().value!)
        models.delete(name)
        const bucket = (kind: Kind) => found?.[kind].limit === sizes[kind] ? found[kind] : new Bucket(sizes[kind], time)
        const buckets = { requests: bucket("requests"), tokens: bucket("tokens") }
        models.set(name, buckets)
        return buckets
      }

      /** The limits that a call must keep: those that its project has modified, otherwise those of the options. */
      const limitsOf = (caller: Caller.Caller | undefined, model: string) =>
        Effect.map(
          caller === undefined ? Effect.succeed(undefined) : fromStore(Effect.provideService(
            modifiedOf(caller.project_id, model),
            Store.Store,
            store
          )),
          (modified) => ({
            requests: modified?.max_requests_per_1_minute ?? limits.requestsPerMinute,
            tokens: modified?.max_tokens_per_1_minute ?? limits.tokensPerMinute
          })
        )

      return {
        admit: (model, tokens) =>
          Effect.gen(function*() {
            if (yield* IsBatched) return
            const time = Number((yield* Clock.currentTimeNanos) / 1000n) / 1000
            const caller = yield* FiberRef.get(Caller.current)
            const enforced = yield* limitsOf(caller, model)
            const buckets = bucketsOf(`${model} ${caller?.scope ?? ""}`, {
              requests: enforced.requests ?? shown.requests,
              tokens: enforced.tokens ?? shown.tokens
            }, time)
            const requested = { requests: 1, tokens: tokens ?? 0 }
            for (const kind of kinds) buckets[kind].refill(time)
            const full = kinds.find((kind) =>
              enforced[kind] !== undefined && buckets[kind].waitFor(requested[kind]) > 0
            )
            if (full === undefined) {
              for (const kind of kinds) buckets[kind].take(requested[kind])
            }
            const left = { requests: buckets.requests.left, tokens: buckets.tokens.left }
            const headers = headersOf(left, tokens === undefined ? ["requests"] : kinds)
            if (full !== undefined) {
              const wait = buckets[full].waitFor(requested[full])
              return yield* exceeded(model, full, left[full], requested[full], wait, headers)
            }
            yield* HttpApp.appendPreResponseHandler((_, response) =>
              Effect.succeed(HttpServerResponse.setHeaders(response, headers))
            )
          })
      }
    })
  )
