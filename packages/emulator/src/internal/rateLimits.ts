import { ServerError } from "@effect-openai/core/Api"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { IsBatched } from "./loopback.js"

/** Limits per minute. Default: unlimited. */
export interface Limits {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

/** The limits in the headers where there is no limit. */
const shown = { requests: 10_000, tokens: 2_000_000 }

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

export const headersOf = (left: Record<Kind, Left>): Record<string, string> =>
  Object.fromEntries(kinds.flatMap((kind) => {
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
  /** Counts a request, or fails where a limit is exceeded. The headers of the response have the rest in both cases. */
  readonly admit: (model: string, tokens: number) => Effect.Effect<void, ServerError>
}

/** The limits of models. */
export class RateLimits extends Context.Tag("@effect-openai/emulator/internal/RateLimits")<RateLimits, Service>() {}

export const layer = (limits: Limits): Layer.Layer<RateLimits> =>
  Layer.sync(RateLimits, () => {
    const { requestsPerMinute: requests, tokensPerMinute: tokens } = limits
    const isEnforced = { requests: requests !== undefined, tokens: tokens !== undefined }
    const sizes = { requests: requests ?? shown.requests, tokens: tokens ?? shown.tokens }
    const models = new Map<string, Record<Kind, Bucket>>()

    const bucketsOf = (model: string, time: number): Record<Kind, Bucket> => {
      let buckets = models.get(model)
      if (buckets === undefined) {
        // The least recently used model is full again, or nearly.
        if (models.size >= maxModels) models.delete(models.keys().next().value!)
        buckets = { requests: new Bucket(sizes.requests, time), tokens: new Bucket(sizes.tokens, time) }
      } else {
        models.delete(model)
      }
      models.set(model, buckets)
      return buckets
    }

    return {
      admit: (model, tokens) =>
        Effect.flatMap(Effect.all([Clock.currentTimeMillis, IsBatched]), ([time, isBatched]) => {
          if (isBatched) return Effect.void
          const buckets = bucketsOf(model, time)
          const requested = { requests: 1, tokens }
          for (const kind of kinds) buckets[kind].refill(time)
          const full = kinds.find((kind) => isEnforced[kind] && buckets[kind].waitFor(requested[kind]) > 0)
          if (full === undefined) {
            for (const kind of kinds) buckets[kind].take(requested[kind])
          }
          const left = { requests: buckets.requests.left, tokens: buckets.tokens.left }
          const headers = headersOf(left)
          return full === undefined
            ? HttpApp.appendPreResponseHandler((_, response) =>
              Effect.succeed(HttpServerResponse.setHeaders(response, headers))
            )
            : Effect.fail(
              exceeded(model, full, left[full], requested[full], buckets[full].waitFor(requested[full]), headers)
            )
        })
    }
  })
