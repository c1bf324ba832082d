/**
 * Rate limits of a client: requests and tokens per window, for each model and key.
 *
 * The module is not part of the package's index, because it needs `@effect/experimental`.
 *
 * @since 0.1.0
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CurrentRateLimiter } from "./internal/limits/admission.js"
import * as internal from "./internal/limits/rateLimit.js"

/**
 * The limits for each model and key. Requests without a model share one limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: the limit in the server's headers. Maximum number of requests per window. */
  readonly requests?: number | undefined
  /**
   * Default: the limit in the server's headers. Maximum number of tokens that inferences use per window. A request takes an
   * estimate: one token for every four bytes of its body, plus `max_completion_tokens` or `max_tokens` for each choice. The
   * `usage` of the response replaces the estimate. An estimate above the limit takes the entire limit.
   */
  readonly tokens?: number | undefined
  /** Default: 1 minute. The length of the window. */
  readonly window?: Duration.DurationInput | undefined
  /**
   * Default: 0.1. The fraction of a window's requests and tokens that may be sent immediately, from 0 to less than 1. The rest is
   * spread over the window, so that no window, wherever it begins, exceeds the limit. Servers may apply their limits to
   * shorter windows than they document.
   */
  readonly burst?: number | undefined
  /** Default: 1 minute. How long a request may wait before it fails with `LimitExceededError`. */
  readonly maxWait?: Duration.DurationInput | undefined
}

const settingsOf = (options: Options): Effect.Effect<internal.Settings, ConfigError.ConfigError> => {
  const { burst = 0.1, requests, tokens } = options
  const window = Duration.decode(options.window ?? "1 minute")
  const invalid = (option: keyof Options, message: string) => Effect.fail(ConfigError.InvalidData([option], message))
  for (const [option, limit] of [["requests", requests], ["tokens", tokens]] as const) {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
      return invalid(option, "is not a positive integer")
    }
  }
  if (!(Duration.toMillis(window) >= 1 && Duration.isFinite(window))) {
    return invalid("window", "is not a finite duration of at least a millisecond")
  }
  if (!(burst >= 0 && burst < 1)) return invalid("burst", "is not in the range from 0 to less than 1")
  return Effect.succeed({ requests, tokens, window, burst, maxWait: Duration.decode(options.maxWait ?? "1 minute") })
}

const make = (options: Options = {}, storeTimeout: Duration.Duration | undefined) =>
  Layer.effect(
    CurrentRateLimiter,
    Effect.gen(function*() {
      const settings = yield* settingsOf(options)
      return internal.make(settings, yield* RateLimiter.RateLimiterStore, yield* RateLimiter.make, storeTimeout)
    })
  )

/**
 * Limits the calls of a client, with a store of `@effect/experimental`'s `RateLimiter`. Processes that share a store, in
 * Redis for example, share the limits. The keys of the store have the model, and a SHA-256 hash of the credential.
 *
 * Requests wait in FIFO order per model. An interrupted request returns what it took. The `x-ratelimit-*` headers of
 * responses add the server's limits, and no request is sent before the end of a `retry-after`. Each attempt counts, retries
 * included. Where the store fails, or does not respond within a second, a warning is logged and the request is sent.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import * as RateLimit from "@effect-openai/client/RateLimit"
 * import * as Redis from "@effect/experimental/RateLimiter/Redis"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(
 *   Layer.provide(RateLimit.layerStore({ requests: 500, tokens: 200_000 })),
 *   Layer.provide(Redis.layerStore({ host: "127.0.0.1" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStore = (
  options?: Options
): Layer.Layer<never, ConfigError.ConfigError, RateLimiter.RateLimiterStore> => make(options, Duration.seconds(1))

/**
 * Limits the calls of a client, in the memory of one process.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import * as RateLimit from "@effect-openai/client/RateLimit"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(
 *   Layer.provide(RateLimit.layer({ requests: 500, tokens: 200_000, maxWait: "30 seconds" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<never, ConfigError.ConfigError> =>
  Layer.provide(make(options, undefined), RateLimiter.layerStoreMemory)

/**
 * Limits the calls of a client, in the memory of one process, with options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: { readonly [K in keyof Options]?: Config.Config<Options[K]> }
): Layer.Layer<never, ConfigError.ConfigError> =>
  Layer.unwrapEffect(Effect.map(Config.all(options) as Config.Config<Options>, layer))
