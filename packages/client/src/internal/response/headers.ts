import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"

const parseNumber = (text: string | undefined): number | undefined => {
  if (text === undefined || text.trim() === "") return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

/** Reads `retry-after-ms`, otherwise `retry-after`: seconds, fractions allowed, or an HTTP date. */
export const retryAfter = (headers: Headers.Headers, clock: Clock.Clock): Duration.Duration | undefined => {
  const millis = parseNumber(headers["retry-after-ms"])
  if (millis !== undefined) return Duration.millis(millis)
  const text = headers["retry-after"]
  const seconds = parseNumber(text)
  if (seconds !== undefined) return Duration.seconds(seconds)
  // `Date.parse` reads a negative number as a year.
  const date = text === undefined || !/[a-z]/i.test(text) ? NaN : Date.parse(text)
  return Number.isNaN(date) ? undefined : Duration.millis(Math.max(0, date - clock.unsafeCurrentTimeMillis()))
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The API writes `1s`, `6m0s`, `20ms`, `1h2m3.5s`. */
const parseReset = (text: string | undefined): Duration.Duration | undefined => {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let millis = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    millis += Number(amount) * units[unit as keyof typeof units]
  }
  return Duration.millis(millis)
}

/** Reads the `x-ratelimit-*` headers of one kind. */
export const rateLimit = (headers: Headers.Headers, kind: "requests" | "tokens"): OpenAiError.RateLimit => ({
  limit: parseNumber(headers[`x-ratelimit-limit-${kind}`]),
  remaining: parseNumber(headers[`x-ratelimit-remaining-${kind}`]),
  reset: parseReset(headers[`x-ratelimit-reset-${kind}`])
})

/** Reads `x-should-retry`. */
export const shouldRetry = (headers: Headers.Headers): boolean | undefined => {
  const text = headers["x-should-retry"]
  return text === "true" ? true : text === "false" ? false : undefined
}

/** Returns the length of a body, where the headers give it. A compressed body has another length. */
export const contentLength = (headers: Headers.Headers): number | undefined => {
  const text = headers["content-length"]
  return text !== undefined && /^\d+$/.test(text) && headers["content-encoding"] === undefined &&
      headers["transfer-encoding"] === undefined
    ? Number(text)
    : undefined
}
