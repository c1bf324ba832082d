import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { PreparedRequest } from "../execute/call.js"
import * as Headers from "../response/headers.js"
import { usageOf } from "../telemetry/inference.js"
import * as Admission from "./admission.js"
import * as Semaphore from "./semaphore.js"

/** The validated options. */
export interface Settings {
  readonly requests: number | undefined
  readonly tokens: number | undefined
  readonly window: Duration.Duration
  readonly burst: number
  readonly maxWait: Duration.Duration
}

type Kind = "requests" | "tokens"

/** A token bucket in the store: it holds `capacity` tokens, and gains one each `refill`. */
interface Bucket {
  readonly key: string
  readonly kind: Kind
  readonly capacity: number
  readonly refill: Duration.Duration
}

/** The limits of one model. */
interface Group {
  readonly semaphore: Semaphore.Semaphore
  /** The limits of the options. */
  readonly own: ReadonlyArray<Bucket>
  /** The limits of the server's headers. */
  readonly server: Map<Kind, Bucket>
  /** What remained of them after this process last took tokens. */
  readonly remaining: Map<Kind, number>
  /** No request is sent before. */
  pausedUntil: number
}

/** What a request takes from the limits. */
interface Demand {
  readonly operation: string
  readonly cursor: string | undefined
  /** The model of the request. Limits are counted per model. */
  readonly model: string | undefined
  /** The estimated tokens. */
  readonly tokens: number
}

const number = (value: unknown): number => typeof value === "number" ? value : 0

/**
 * Estimates the tokens of an inference as the API does: one for every four bytes of the request, plus the maximum of the
 * response, where the request has one. Other operations take no tokens.
 */
const demandOf = ({ body, cursor, endpoint, fields }: PreparedRequest): Demand => {
  const { max_completion_tokens, max_tokens, model, n } = fields
  const isInference = endpoint.inference !== undefined
  const requestBytes = isInference ? body.make().contentLength ?? 0 : 0
  const maxResponseTokens = (number(max_completion_tokens) || number(max_tokens)) * (number(n) || 1)
  return {
    operation: endpoint.name,
    cursor,
    model: typeof model === "string" ? model : undefined,
    tokens: isInference ? Math.ceil(requestBytes / 4) + maxResponseTokens : 0
  }
}

/**
 * A full bucket that gains one token less than the rest of the limit in a window gives at most the limit in any window:
 * its capacity, what it gains, and one token that was about to be gained.
 */
const ownBucket = (key: string, kind: Kind, limit: number, { burst, window }: Settings): Bucket => {
  const capacity = Math.max(1, Math.floor(limit * burst))
  return { key, kind, capacity, refill: Duration.unsafeDivide(window, Math.max(1, limit - capacity - 1)) }
}

/** The windows that servers use. Their headers are rounded, so the nearest window is chosen. */
const windows = [1000, 60_000, 3_600_000, 86_400_000]

const windowOf = ({ limit = 0, remaining = limit, reset }: OpenAiError.RateLimit): number => {
  const millis = reset === undefined || remaining >= limit ? 0 : Duration.toMillis(reset) * limit / (limit - remaining)
  if (millis === 0) return 60_000
  const distance = (window: number) => Math.abs(Math.log(window / millis))
  return windows.reduce((nearest, window) => distance(window) < distance(nearest) ? window : nearest)
}

/** A bucket like the server's, which is full after the window. */
const serverBucket = (key: string, kind: Kind, server: OpenAiError.RateLimit & { readonly limit: number }): Bucket => ({
  key,
  kind,
  capacity: server.limit,
  refill: Duration.millis(windowOf(server) / server.limit)
})

const sha256 = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => Encoding.encodeHex(new Uint8Array(digest))
  )

/** `storeTimeout` limits each use of the store. A store in memory needs none. */
export const make = (
  settings: Settings,
  store: RateLimiter.RateLimiterStore["Type"],
  limiter: RateLimiter.RateLimiter,
  storeTimeout: Duration.Duration | undefined
): Admission.MakeRateLimiter => {
  const maxWait = Duration.toMillis(settings.maxWait)

  /** Without its store the client limits nothing. */
  const orUnlimited = <A>(self: Effect.Effect<A, RateLimiter.RateLimiterError>): Effect.Effect<A | undefined> =>
    Effect.catchAll(
      // Interruptible within an uninterruptible region, where tokens are returned.
      storeTimeout === undefined ? self : Effect.timeout(Effect.interruptible(self), storeTimeout),
      ({ message }) =>
        Effect.as(
          Effect.logWarning(`The store of the rate limits failed, and the request was not limited: ${message}`),
          undefined
        )
    )

  /** Takes tokens from a bucket without waiting, below zero if necessary. Negative tokens are released. Returns the rest. */
  const adjust = ({ capacity, key, refill }: Bucket, tokens: number) =>
    orUnlimited(store.tokenBucket({ key, tokens, limit: capacity, refillRate: refill, allowOverflow: true }))

  /** Takes tokens from a bucket until at most `target` remain. */
  const lower = (bucket: Bucket, target: number) =>
    Effect.flatMap(
      adjust(bucket, 0),
      (rest) => rest !== undefined && rest > target ? adjust(bucket, Math.ceil(rest - target)) : Effect.void
    )

  return (identity) =>
    Effect.map(sha256(Redacted.value(identity)), (hash): Admission.RateLimiter => {
      const groups = new Map<string | undefined, Group>()

      const groupOf = (model: string | undefined): Group => {
        let group = groups.get(model)
        if (group === undefined) {
          const own = (["requests", "tokens"] as const).flatMap((kind) => {
            const limit = settings[kind]
            return limit === undefined ? [] : ownBucket(`${hash}:${model ?? ""}:${kind}`, kind, limit, settings)
          })
          group = { semaphore: Semaphore.make(1), own, server: new Map(), remaining: new Map(), pausedUntil: 0 }
          groups.set(model, group)
        }
        return group
      }

      const admit = (
        group: Group,
        demand: Demand,
        ready: Effect.Effect<void>,
        clock: Clock.Clock
      ) => {
        const since = clock.unsafeCurrentTimeMillis()
        const permit = group.semaphore.request()
        const taken: Array<readonly [bucket: Bucket, tokens: number]> = []
        let waitedFor: Kind | undefined

        const exceeded = (kind: Kind, retryAfter: number | undefined) =>
          new OpenAiError.LimitExceededError({
            operation: demand.operation,
            cursor: demand.cursor,
            exceeded: kind,
            timeout: settings.maxWait,
            retryAfter: retryAfter === undefined ? undefined : Duration.millis(retryAfter),
            message: `The limit of ${kind} had no room within ${Duration.format(settings.maxWait)}; nothing was sent`
          })

        /** Waits, or fails immediately where the wait would exceed `maxWait`. */
        const wait = (kind: Kind, millis: number) =>
          Effect.suspend(() => {
            waitedFor = kind
            return clock.unsafeCurrentTimeMillis() - since + millis > maxWait
              ? Effect.fail(exceeded(kind, millis))
              : clock.sleep(Duration.millis(millis))
          })

        /** Takes more tokens than the capacity in several steps. */
        const take = (bucket: Bucket, tokens: number): Effect.Effect<void, OpenAiError.LimitExceededError> => {
          if (tokens <= 0) return Effect.void
          const part = Math.min(tokens, bucket.capacity)
          const consumed = limiter.consume({
            algorithm: "token-bucket",
            onExceeded: "fail",
            key: bucket.key,
            limit: bucket.capacity,
            window: Duration.times(bucket.refill, bucket.capacity),
            tokens: part
          })
          return consumed.pipe(
            Effect.map(({ remaining }) => {
              taken.push([bucket, part])
              if (group.server.get(bucket.kind) === bucket) group.remaining.set(bucket.kind, remaining)
              return 0
            }),
            Effect.catchIf(
              (error) => error.reason === "Exceeded",
              (error) => Effect.succeed(Math.max(1, Math.ceil(Duration.toMillis(error.retryAfter))))
            ),
            orUnlimited,
            Effect.flatMap((millis) =>
              millis === undefined
                ? Effect.void
                : millis === 0
                ? take(bucket, tokens - part)
                : Effect.zipRight(wait(bucket.kind, millis), take(bucket, tokens))
            )
          )
        }

        const amount = (bucket: Bucket): number =>
          bucket.kind === "requests" ? 1 : Math.min(
            demand.tokens,
            group.server.get("tokens") === bucket ? bucket.capacity : settings.tokens ?? Infinity
          )

        const unpaused: Effect.Effect<void, OpenAiError.LimitExceededError> = Effect.suspend(() => {
          const millis = group.pausedUntil - clock.unsafeCurrentTimeMillis()
          return millis > 0 ? Effect.zipRight(wait("requests", millis), unpaused) : Effect.void
        })

        const takeAll = Effect.suspend(() =>
          Effect.forEach(
            [...group.own, ...group.server.values()],
            (bucket) => take(bucket, amount(bucket)),
            { discard: true }
          )
        )

        const first = permit.mustWait()
          ? Effect.suspend(() => {
            waitedFor = "requests"
            return Effect.timeoutFail(permit.wait, {
              duration: settings.maxWait,
              onTimeout: () => exceeded("requests", undefined)
            })
          })
          : permit.wait

        return first.pipe(
          Effect.zipRight(unpaused),
          Effect.zipRight(takeAll),
          Effect.zipRight(Effect.suspend(() =>
            waitedFor === undefined ? ready : Effect.zipRight(
              Admission.waited(waitedFor, clock.unsafeCurrentTimeMillis() - since),
              ready
            )
          )),
          // A request that is not sent takes nothing.
          Effect.onError(() => Effect.forEach(taken, ([bucket, tokens]) => adjust(bucket, -tokens), { discard: true })),
          Effect.ensuring(Effect.sync(permit.release)),
          Effect.as(admitted(group, demand))
        )
      }

      const admitted = (group: Group, demand: Demand): Admission.Admitted => ({
        onResponse: ({ headers, status }) =>
          Effect.gen(function*() {
            for (const kind of ["requests", "tokens"] as const) {
              if (headers[`x-ratelimit-limit-${kind}`] === undefined) continue
              const { limit, remaining, reset } = Headers.rateLimit(headers, kind)
              if (limit === undefined || limit < 1) continue
              let bucket = group.server.get(kind)
              if (bucket?.capacity !== Math.floor(limit)) {
                const key = `${hash}:${demand.model ?? ""}:${kind}:server`
                bucket = serverBucket(key, kind, { limit: Math.floor(limit), remaining, reset })
                group.server.set(kind, bucket)
                group.remaining.delete(kind)
              }
              if (remaining !== undefined && remaining < (group.remaining.get(kind) ?? Infinity)) {
                yield* lower(bucket, Math.floor(remaining))
              }
            }
            if (status !== 429 && status !== 503) return
            const clock = yield* Effect.clock
            const millis = Duration.toMillis(Headers.retryAfter(headers, clock) ?? Duration.zero)
            const until = clock.unsafeCurrentTimeMillis() + millis
            if (millis === 0 || until <= group.pausedUntil) return
            group.pausedUntil = until
            // Other processes see a debt in the store, which is paid when the time is over.
            const shared = group.own[0] ?? group.server.values().next().value
            if (shared !== undefined) yield* lower(shared, 1 - Math.ceil(millis / Duration.toMillis(shared.refill)))
          }),
        onUsage: (responseBody) => {
          const { total } = usageOf(responseBody)
          return Effect.forEach(
            group.own,
            (bucket) =>
              bucket.kind === "tokens" && demand.tokens > 0 && total !== undefined
                ? adjust(bucket, Math.round(total) - Math.min(demand.tokens, settings.tokens ?? Infinity))
                : Effect.void,
            { discard: true }
          )
        }
      })

      return {
        admit: (prepared, ready) => {
          const demand = demandOf(prepared)
          return Effect.clockWith((clock) => admit(groupOf(demand.model), demand, ready, clock))
        }
      }
    })
}
