/**
 * Limits of how much a client sends: requests and tokens in a time, for each model and key.
 *
 * It stands apart from the other modules, for it needs `@effect/experimental`, which nothing else does.
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
 * What is allowed, for each model and key. A request that names no model counts with all others that name none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many requests may be sent in a window; as many as the server's headers allow unless told. */
  readonly requests?: number | undefined
  /**
   * How many tokens chat completions, embeddings and the like may use in a window; as many as the server's headers allow
   * unless told. Before it is sent, a request takes one for each four bytes of its body, and `max_completion_tokens` or
   * `max_tokens` for each choice; with its answer, the `usage` of that takes the estimate's place. One that is reckoned to
   * take more than a whole window's tokens takes all of those.
   */
  readonly tokens?: number | undefined
  /** The window; a minute unless told. */
  readonly window?: Duration.DurationInput | undefined
  /**
   * Which part of a window's requests and tokens may be sent at once, from 0 to 1; a tenth unless told. The rest is spread
   * over the window, so that no window, wherever it begins, holds more than allowed. A server may hold to its limits in
   * shorter windows than it tells.
   */
  readonly burst?: number | undefined
  /** How long a request may wait before it fails with `LimitExceededError`; a minute unless told. */
  readonly maxWait?: Duration.DurationInput | undefined
}

const settingsOf = (options: Options): Effect.Effect<internal.Settings, ConfigError.ConfigError> => {
  const { burst = 0.1, requests, tokens } = options
  const window = Duration.decode(options.window ?? "1 minute")
  const invalid = (option: keyof Options, message: string) => Effect.fail(ConfigError.InvalidData([option], message))
  for (const [option, limit] of [["requests", requests], ["tokens", tokens]] as const) {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
      return invalid(option, "is no positive integer")
    }
  }
  if (!(Duration.toMillis(window) >= 1 && Duration.isFinite(window))) return invalid("window", "is no finite duration")
  if (!(burst >= 0 && burst < 1)) return invalid("burst", "is not at least 0 and less than 1")
  return Effect.succeed({ requests, tokens, window, burst, maxWait: Duration.decode(options.maxWait ?? "1 minute") })
}

const make = (options: Options = {}, patience: Duration.Duration | undefined) =>
  Layer.effect(
    CurrentRateLimiter,
    Effect.gen(function*() {
      const settings = yield* settingsOf(options)
      return internal.make(settings, yield* RateLimiter.RateLimiterStore, yield* RateLimiter.make, patience)
    })
  )

/**
 * Holds the calls of a client to limits, by the store of `@effect/experimental`'s `RateLimiter` that is provided: what is
 * shared by several processes, by Redis say, they keep together. Keys name the model, and the API key only by its SHA-256.
 *
 * Requests wait in the order of arrival, by model; one that is interrupted gives back its place and what it took. Further
 * limits are learned from the `x-ratelimit-*` headers of answers, and `retry-after` lets nobody send before. Each attempt
 * is counted, retries too. A store that fails, or is silent for a second, is logged as a warning and holds nobody up.
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
 * The same in the memory of one process.
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
 * The same configured by `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: { readonly [K in keyof Options]?: Config.Config<Options[K]> }
): Layer.Layer<never, ConfigError.ConfigError> =>
  Layer.unwrapEffect(Effect.map(Config.all(options) as Config.Config<Options>, layer))
