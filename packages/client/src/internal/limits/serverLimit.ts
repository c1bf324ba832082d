import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Duration from "effect/Duration"

/** The windows that servers use. Their headers are rounded, so the nearest window is chosen. */
const windows = [1000, 60_000, 3_600_000, 86_400_000]

const windowOf = (limit: number, { remaining = limit, reset }: OpenAiError.RateLimit): number => {
  const millis = reset === undefined || remaining >= limit ? 0 : Duration.toMillis(reset) * limit / (limit - remaining)
  if (millis === 0) return 60_000
  const distance = (window: number) => Math.abs(Math.log(window / millis))
  return windows.reduce((nearest, window) => distance(window) < distance(nearest) ? window : nearest)
}

/**
 * The bucket of a server's headers, which is full after the server's window. Undefined without a limit, and for one that
 * limits nothing or that stops the client: a token in less than a microsecond, or one in a window or more.
 */
export const fromHeaders = (
  server: OpenAiError.RateLimit,
  window: number
): { readonly capacity: number; readonly refill: number } | undefined => {
  const capacity = Math.floor(server.limit ?? 0)
  if (capacity < 1) return undefined
  const refill = windowOf(capacity, server) / capacity
  return refill >= 0.001 && refill < Math.max(window, 60_000) ? { capacity, refill } : undefined
}
