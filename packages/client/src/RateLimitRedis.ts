/**
 * A store of rate limits in Redis, which processes share.
 *
 * The program installs `ioredis` 5 itself. The module is not part of the package's index, which would load ioredis with
 * everything else.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Redis, type RedisOptions } from "ioredis"
import { connected, take, withScript } from "./internal/limits/redis.js"
import * as RateLimit from "./RateLimit.js"

/**
 * The options of ioredis, and the prefix of all keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends RedisOptions {
  /** Default: `openai:ratelimit:`. The beginning of each key in Redis. */
  readonly prefix?: string | undefined
}

/**
 * A store in Redis 5 or later. All buckets of a request are one script, by the time of Redis. A key expires when its bucket
 * is full.
 *
 * The layer does not wait for the connection, and its release waits for no response. Commands are not queued while Redis
 * can't be reached, and none is sent twice. ioredis reconnects by its `retryStrategy`. A cluster needs a prefix with a hash
 * tag, as in `{openai}:`.
 *
 * @example
 * import * as RateLimit from "@effect-openai/client/RateLimit"
 * import * as RateLimitRedis from "@effect-openai/client/RateLimitRedis"
 * import { Layer } from "effect"
 *
 * const Limits = RateLimit.layerStore({ requests: 500 }).pipe(
 *   Layer.provide(RateLimitRedis.layer({ host: "127.0.0.1", port: 6379 }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = ({ prefix = "openai:ratelimit:", ...options }: Options): Layer.Layer<RateLimit.Store> =>
  Layer.scoped(
    RateLimit.Store,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const redis = new Redis({
            connectTimeout: 5000,
            ...options,
            enableOfflineQueue: false,
            autoResendUnfulfilledCommands: false,
            maxRetriesPerRequest: 0
          })
          // Without a listener, ioredis writes each failed connection to the standard error.
          redis.on("error", () => {})
          return withScript(redis)
        }),
        (redis) => Effect.sync(() => redis.disconnect())
      ),
      (redis) => ({
        take: (demands) =>
          Effect.tryPromise({
            try: async () => {
              await connected(redis)
              return take(redis, prefix, demands)
            },
            catch: (cause) => new RateLimit.StoreError({ message: String(cause) })
          })
      })
    )
  )
