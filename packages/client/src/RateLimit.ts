/**
 * Rate limits of a client: requests and tokens per window, for each model and key.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CurrentRateLimiter } from "./internal/limits/admission.js"
import * as internal from "./internal/limits/rateLimit.js"

/**
 * What a client asks a store for, for one token bucket: a number of tokens that grows with time, up to its capacity.
 *
 * @since 0.1.0
 * @category models
 */
export interface Demand {
  readonly key: string
  /** The tokens of a full bucket. A bucket that the store does not know is full. */
  readonly capacity: number
  /** The milliseconds in which one token is added. */
  readonly refill: number
  /** The balance that the bucket does not go below, in tokens. It is negative or zero, and also holds for a stored balance. */
  readonly minimum: number
  /** Tokens that were used, and are subtracted first. Negative ones are returned. */
  readonly used: number
  /** The balance is lowered to this number next. `Infinity` leaves it. */
  readonly atMost: number
  /** Tokens to take at last, as far as there are. */
  readonly wanted: number
}

/**
 * A store's response for one bucket.
 *
 * @since 0.1.0
 * @category models
 */
export interface Taken {
  /** How many tokens were taken: an integer from 0 to `wanted`. */
  readonly taken: number
  /** The balance after that. Fractions are allowed. */
  readonly remaining: number
}

/**
 * The store failed. The client logs it, and keeps the limits of its process.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Data.TaggedError("RateLimitStoreError")<{ readonly message: string }> {}

/**
 * A store of token buckets that several processes share. `RateLimitRedis` has one.
 *
 * @since 0.1.0
 * @category context
 */
export class Store extends Context.Tag("@effect-openai/client/RateLimit/Store")<Store, {
  /** Takes from several buckets in one atomic step. Returns a response for each, in the order of the demands. */
  readonly take: (demands: ReadonlyArray<Demand>) => Effect.Effect<ReadonlyArray<Taken>, StoreError>
}>() {}

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

const make = (options: Options = {}, store: Store["Type"] | undefined) =>
  Layer.scoped(CurrentRateLimiter, Effect.flatMap(settingsOf(options), (settings) => internal.make(settings, store)))

/**
 * Limits the calls of a client, with a store that other processes share: `RateLimitRedis.layer`. The keys of the store have
 * the model, and a SHA-256 hash of the credential.
 *
 * Requests wait in FIFO order per model, those without a model per operation. An interrupted request returns what it took.
 * Each attempt counts, retries included. Tokens are taken from the store in batches: as many as calls wait for, and some
 * more, which are used within a fiftieth of the window, at most a second, or returned. The store's window is longer by that.
 *
 * The `x-ratelimit-*` headers of responses add the server's limits, and no request of the model, or of the operation
 * without a model, is sent before the end of a `retry-after`. The effect of one response ends after the greater of
 * `maxWait` and the `maxRetryAfter` of the client's retry policy. Then one request is sent as a probe, and the others wait
 * for its response. Limits of the server that add a token in less than a microsecond, or in a window or more, are ignored.
 *
 * No call fails because of the store, and each waits at most 250 milliseconds for it. Where the store fails, does not
 * respond within a second, or responds with what is impossible, one warning is logged, and each process keeps the limits
 * alone. The store is asked again every 5 seconds, while no call waits.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import * as RateLimit from "@effect-openai/client/RateLimit"
 * import * as RateLimitRedis from "@effect-openai/client/RateLimitRedis"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(
 *   Layer.provide(RateLimit.layerStore({ requests: 500, tokens: 200_000 })),
 *   Layer.provide(RateLimitRedis.layer({ host: "127.0.0.1" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStore = (options?: Options): Layer.Layer<never, ConfigError.ConfigError, Store> =>
  Layer.unwrapEffect(Effect.map(Store, (store) => make(options, store)))

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
export const layer = (options?: Options): Layer.Layer<never, ConfigError.ConfigError> => make(options, undefined)

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
