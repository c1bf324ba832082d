import { ServerError } from "@effect-openai/core/Api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import type * as SharedState from "../SharedState.js"
import * as Store from "../Store.js"
import * as addedHeaders from "./addedHeaders.js"
import * as Buckets from "./buckets.js"
import * as Caller from "./caller.js"
import { fromStore } from "./errors.js"
import { IsBatched } from "./loopback.js"
import type { RateLimit } from "./organization/documents.js"
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

// -----------------------------------------------------------------------------
// limits
// -----------------------------------------------------------------------------

const minute = 60_000

/** All limits of a model: what they count, and the time in milliseconds in which they refill. */
const counted = {
  requests: { field: "max_requests_per_1_minute", unit: "requests per min (RPM)", period: minute },
  dailyRequests: { field: "max_requests_per_1_day", unit: "requests per day (RPD)", period: 1440 * minute },
  tokens: { field: "max_tokens_per_1_minute", unit: "tokens per min (TPM)", period: minute },
  images: { field: "max_images_per_1_minute", unit: "images per minute", period: minute },
  audioMegabytes: { field: "max_audio_megabytes_per_1_minute", unit: "audio megabytes per min", period: minute }
} as const satisfies Record<string, { readonly field: keyof RateLimit; readonly unit: string; readonly period: number }>

type Counted = keyof typeof counted

/** What a call takes of a limit. */
interface Amount extends SharedState.Amount {
  readonly kind: Counted
}

const allCounted = Object.keys(counted) as ReadonlyArray<Counted>

/** What a call takes of the limits, besides one request. */
interface Taken {
  readonly tokens?: number | undefined
  readonly images?: number | undefined
  readonly audioMegabytes?: number | undefined
  /** The limits in the headers of the response. */
  readonly shown: ReadonlyArray<Kind>
}

/** Images have their own sentence. */
const sentence = (
  model: string,
  kind: Counted,
  limit: number,
  used: number,
  requested: number,
  waitMillis: number | undefined
) => {
  if (kind === "images") {
    const summary = `Rate limit exceeded for images per minute. Limit: ${limit}/1min. Current: ${
      used + requested
    }/1min.`
    return { message: summary, summary }
  }
  const [start, end] = waitMillis === undefined
    ? ["Request too large", "The input must be reduced in order to run successfully."]
    : ["Rate limit reached", `Please try again in ${formatReset(waitMillis)}.`]
  const on = `on ${counted[kind].unit}: Limit ${limit}, Used ${used}, Requested ${requested}.`
  return { message: `${start} for ${model} ${on} ${end}`, summary: `${start} ${on}` }
}

const exceeded = (
  model: string,
  kind: Counted,
  { limit, remaining }: Left,
  requested: number,
  waitMillis: number,
  headers: Record<string, string>
): ServerError => {
  // A request above the limit itself never fits.
  const isHopeless = requested > limit
  const precision = kind === "audioMegabytes" ? 100 : 1
  const rounded = (value: number) => Math.ceil(value * precision) / precision
  const used = rounded(limit - Math.floor(remaining * precision) / precision)
  return new ServerError({
    status: 429,
    type: kind === "tokens" ? "tokens" : "requests",
    code: "rate_limit_exceeded",
    ...sentence(model, kind, limit, used, rounded(requested), isHopeless ? undefined : waitMillis),
    headers: { ...headers, ...(isHopeless ? { "x-should-retry": "false" } : retryHeaders(waitMillis)) }
  })
}

// -----------------------------------------------------------------------------
// service
// -----------------------------------------------------------------------------

/** The limits that are enforced. */
type Sizes = { readonly [K in Counted]?: number | undefined }

interface Service {
  /** Counts a request, or fails where a limit is exceeded. The headers of the response have the rest in both cases. */
  readonly admit: (model: string, taken: Taken) => Effect.Effect<void, ServerError>
}

/** The limits of models. */
export class RateLimits extends Context.Tag("@effect-openai/emulator/internal/RateLimits")<RateLimits, Service>() {}

export const layer = (limits: Limits, hasOwnClock: boolean): Layer.Layer<RateLimits, never, Store.Store> =>
  Layer.effect(
    RateLimits,
    Effect.map(Store.Store, (store) => {
      const inProcess = Buckets.inProcess()
      const inStore = Buckets.inStore(store, hasOwnClock) ?? inProcess

      /** The limits that a call must keep: those that its project has modified, otherwise those of the options. */
      const limitsOf = (caller: Caller.Caller | undefined, model: string) =>
        Effect.map(
          caller === undefined ? Effect.succeed(undefined) : fromStore(Effect.provideService(
            modifiedOf(caller.project_id, model),
            Store.Store,
            store
          )),
          (modified): Sizes => ({
            requests: limits.requestsPerMinute,
            tokens: limits.tokensPerMinute,
            ...(modified === undefined
              ? {}
              : Object.fromEntries(allCounted.map((kind) => [kind, modified[counted[kind].field]])))
          })
        )

      return {
        admit: (model, taken) =>
          Effect.gen(function*() {
            if (yield* IsBatched) return
            const caller = yield* FiberRef.get(Caller.current)
            const enforced = yield* limitsOf(caller, model)
            const amounts = allCounted.flatMap((kind): ReadonlyArray<Amount> => {
              const limit = enforced[kind] ?? (kind === "requests" || kind === "tokens" ? shown[kind] : undefined)
              if (limit === undefined) return []
              const { period } = counted[kind]
              const amount = kind === "requests" || kind === "dailyRequests" ? 1 : taken[kind] ?? 0
              return [{ kind, limit, period, amount, isEnforced: enforced[kind] !== undefined }]
            })
            // What is only shown is not worth a statement.
            const buckets = amounts.some(({ isEnforced }) => isEnforced) ? inStore : inProcess
            const { isTaken, left } = yield* fromStore(buckets.take(`${model} ${caller?.scope ?? ""}`, amounts))
            const leftOf = (amount: Amount): Left => ({
              limit: amount.limit,
              remaining: left[amount.kind]!,
              resetMillis: Buckets.waitFor(amount, left[amount.kind]!, amount.limit)
            })
            const [requests, tokens] = kinds.map((name) => leftOf(amounts.find(({ kind }) => kind === name)!))
            const headers = headersOf({ requests: requests!, tokens: tokens! }, taken.shown)
            if (!isTaken) {
              const lacking = amounts.find((one) =>
                one.isEnforced && Buckets.waitFor(one, left[one.kind]!, one.amount) > 0
              )!
              const { amount, kind } = lacking
              const waitMillis = Buckets.waitFor(lacking, left[kind]!, amount)
              return yield* exceeded(model, kind, leftOf(lacking), amount, waitMillis, headers)
            }
            yield* addedHeaders.add(headers)
          })
      }
    })
  )
