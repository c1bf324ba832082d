import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { PreparedRequest } from "../execute/call.js"
import * as Response from "../response/response.js"
import { usageOf } from "../telemetry/inference.js"
import * as Admission from "./admission.js"
import * as Line from "./semaphore.js"

/** What is allowed, checked. */
export interface Settings {
  readonly requests: number | undefined
  readonly tokens: number | undefined
  readonly window: Duration.Duration
  readonly burst: number
  readonly maxWait: Duration.Duration
}

type Kind = "requests" | "tokens"

/** A bucket of tokens in the store: it holds so many, and one more comes each `refill`. */
interface Bucket {
  readonly key: string
  readonly kind: Kind
  readonly capacity: number
  readonly refill: Duration.Duration
}

/** What is held by model. */
interface Group {
  readonly line: Line.Line
  /** The limits that were asked for. */
  readonly own: ReadonlyArray<Bucket>
  /** The limits that the server told. */
  readonly told: Map<Kind, Bucket>
  /** How much was left of them when this process took from them last. */
  readonly left: Map<Kind, number>
  /** Nobody sends before. */
  pausedUntil: number
}

/** What a request takes from the limits. */
interface Demand {
  readonly operation: string
  readonly cursor: string | undefined
  /** The model that it names; limits are counted by model. */
  readonly model: string | undefined
  /** The tokens that it will use, estimated before it is sent. */
  readonly tokens: number
}

const number = (value: unknown): number => typeof value === "number" ? value : 0

/**
 * What a request is reckoned to take, as the API does it: a token for each four characters of what is sent, and as many
 * as the answer may have, where that is said. Only an inference takes tokens, which a request is that names a model and
 * creates nothing.
 */
const demandOf = ({ body, compiled: { endpoint }, cursor, fields }: PreparedRequest): Demand => {
  const { max_completion_tokens, max_tokens, model, n } = fields
  const isInference = endpoint.body._tag === "Json" && endpoint.replayable && typeof model === "string"
  const sent = isInference ? body.make().contentLength ?? 0 : 0
  const answered = (number(max_completion_tokens) || number(max_tokens)) * (number(n) || 1)
  return {
    operation: endpoint.name,
    cursor,
    model: typeof model === "string" ? model : undefined,
    tokens: isInference ? Math.ceil(sent / 4) + answered : 0
  }
}

/**
 * A bucket that fills up by one less than the rest of a window lets out at most a window's amount in any time of a
 * window's length: what it holds, what comes in, and one that was about to come.
 */
const ownBucket = (key: string, kind: Kind, limit: number, { burst, window }: Settings): Bucket => {
  const capacity = Math.max(1, Math.floor(limit * burst))
  return { key, kind, capacity, refill: Duration.unsafeDivide(window, Math.max(1, limit - capacity - 1)) }
}

/** The windows that servers count in. What they say of them is rounded, so the nearest is meant. */
const windows = [1000, 60_000, 3_600_000, 86_400_000]

const windowOf = ({ limit = 0, remaining = limit, reset }: OpenAiError.RateLimit): number => {
  const millis = reset === undefined || remaining >= limit ? 0 : Duration.toMillis(reset) * limit / (limit - remaining)
  if (millis === 0) return 60_000
  const distance = (window: number) => Math.abs(Math.log(window / millis))
  return windows.reduce((nearest, window) => distance(window) < distance(nearest) ? window : nearest)
}

/** A bucket like the server's own, which is full after the window. */
const toldBucket = (key: string, kind: Kind, told: OpenAiError.RateLimit & { readonly limit: number }): Bucket => ({
  key,
  kind,
  capacity: told.limit,
  refill: Duration.millis(windowOf(told) / told.limit)
})

const sha256 = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => Encoding.encodeHex(new Uint8Array(digest))
  )

/** `patience` is how long the store is waited for; one in memory answers at once. */
export const make = (
  settings: Settings,
  store: RateLimiter.RateLimiterStore["Type"],
  limiter: RateLimiter.RateLimiter,
  patience: Duration.Duration | undefined
): Admission.MakeRateLimiter => {
  const maxWait = Duration.toMillis(settings.maxWait)

  /** Without its store there are no limits but the server's. */
  const orNone = <A>(self: Effect.Effect<A, RateLimiter.RateLimiterError>): Effect.Effect<A | undefined> =>
    Effect.catchAll(
      // Whatever is interrupted, what it took is given back; and no longer than that is waited for.
      patience === undefined ? self : Effect.timeout(Effect.interruptible(self), patience),
      ({ message }) =>
        Effect.as(
          Effect.logWarning(`The store of the rate limits failed, and nothing was limited: ${message}`),
          undefined
        )
    )

  /** Takes from a bucket without waiting, below nothing if need be, and tells what is left; less than 0 gives back. */
  const adjust = ({ capacity, key, refill }: Bucket, tokens: number) =>
    orNone(store.tokenBucket({ key, tokens, limit: capacity, refillRate: refill, allowOverflow: true }))

  /** Takes so much from a bucket that no more than `target` is left. */
  const lower = (bucket: Bucket, target: number) =>
    Effect.flatMap(
      adjust(bucket, 0),
      (left) => left !== undefined && left > target ? adjust(bucket, Math.ceil(left - target)) : Effect.void
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
          group = { line: Line.make(1), own, told: new Map(), left: new Map(), pausedUntil: 0 }
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
        const place = group.line.enter()
        const taken: Array<readonly [bucket: Bucket, tokens: number]> = []
        let kept: Kind | undefined

        const exceeded = (kind: Kind, retryAfter: number | undefined) =>
          new OpenAiError.LimitExceededError({
            operation: demand.operation,
            cursor: demand.cursor,
            exceeded: kind,
            timeout: settings.maxWait,
            retryAfter: retryAfter === undefined ? undefined : Duration.millis(retryAfter),
            message: `The limit of ${kind} had no room within ${Duration.format(settings.maxWait)}; nothing was sent`
          })

        /** Waits, or fails at once where it would have to wait for too long. */
        const wait = (kind: Kind, millis: number) =>
          Effect.suspend(() => {
            kept = kind
            return clock.unsafeCurrentTimeMillis() - since + millis > maxWait
              ? Effect.fail(exceeded(kind, millis))
              : clock.sleep(Duration.millis(millis))
          })

        /** Takes piece by piece what a bucket can't hold at once. */
        const take = (bucket: Bucket, tokens: number): Effect.Effect<void, OpenAiError.LimitExceededError> => {
          if (tokens <= 0) return Effect.void
          const piece = Math.min(tokens, bucket.capacity)
          const consumed = limiter.consume({
            algorithm: "token-bucket",
            onExceeded: "fail",
            key: bucket.key,
            limit: bucket.capacity,
            window: Duration.times(bucket.refill, bucket.capacity),
            tokens: piece
          })
          return consumed.pipe(
            Effect.map(({ remaining }) => {
              taken.push([bucket, piece])
              if (group.told.get(bucket.kind) === bucket) group.left.set(bucket.kind, remaining)
              return 0
            }),
            Effect.catchIf(
              (error) => error.reason === "Exceeded",
              (error) => Effect.succeed(Math.max(1, Math.ceil(Duration.toMillis(error.retryAfter))))
            ),
            orNone,
            Effect.flatMap((millis) =>
              millis === undefined
                ? Effect.void
                : millis === 0
                ? take(bucket, tokens - piece)
                : Effect.zipRight(wait(bucket.kind, millis), take(bucket, tokens))
            )
          )
        }

        const amount = (bucket: Bucket): number =>
          bucket.kind === "requests" ? 1 : Math.min(
            demand.tokens,
            group.told.get("tokens") === bucket ? bucket.capacity : settings.tokens ?? Infinity
          )

        const unpaused: Effect.Effect<void, OpenAiError.LimitExceededError> = Effect.suspend(() => {
          const millis = group.pausedUntil - clock.unsafeCurrentTimeMillis()
          return millis > 0 ? Effect.zipRight(wait("requests", millis), unpaused) : Effect.void
        })

        const takeAll = Effect.suspend(() =>
          Effect.forEach(
            [...group.own, ...group.told.values()],
            (bucket) => take(bucket, amount(bucket)),
            { discard: true }
          )
        )

        const first = place.isBusy()
          ? Effect.suspend(() => {
            kept = "requests"
            return Effect.timeoutFail(place.wait, {
              duration: settings.maxWait,
              onTimeout: () => exceeded("requests", undefined)
            })
          })
          : place.wait

        return first.pipe(
          Effect.zipRight(unpaused),
          Effect.zipRight(takeAll),
          Effect.zipRight(Effect.suspend(() =>
            kept === undefined ? ready : Effect.zipRight(
              Admission.waited(kept, clock.unsafeCurrentTimeMillis() - since),
              ready
            )
          )),
          // What was not sent was not taken.
          Effect.onError(() => Effect.forEach(taken, ([bucket, tokens]) => adjust(bucket, -tokens), { discard: true })),
          Effect.ensuring(Effect.sync(place.leave)),
          Effect.as(admitted(group, demand))
        )
      }

      const admitted = (group: Group, demand: Demand): Admission.Admitted => ({
        answered: ({ headers, status }) =>
          Effect.gen(function*() {
            for (const kind of ["requests", "tokens"] as const) {
              if (headers[`x-ratelimit-limit-${kind}`] === undefined) continue
              const { limit, remaining, reset } = Response.rateLimit(headers, kind)
              if (limit === undefined || limit < 1) continue
              let bucket = group.told.get(kind)
              if (bucket?.capacity !== Math.floor(limit)) {
                const key = `${hash}:${demand.model ?? ""}:${kind}:told`
                bucket = toldBucket(key, kind, { limit: Math.floor(limit), remaining, reset })
                group.told.set(kind, bucket)
                group.left.delete(kind)
              }
              if (remaining !== undefined && remaining < (group.left.get(kind) ?? Infinity)) {
                yield* lower(bucket, Math.floor(remaining))
              }
            }
            if (status !== 429 && status !== 503) return
            const clock = yield* Effect.clock
            const millis = Duration.toMillis(Response.retryAfter(headers, clock) ?? Duration.zero)
            const until = clock.unsafeCurrentTimeMillis() + millis
            if (millis === 0 || until <= group.pausedUntil) return
            group.pausedUntil = until
            // Other processes learn of it by a debt, which is paid when the time is over.
            const shared = group.own[0] ?? group.told.values().next().value
            if (shared !== undefined) yield* lower(shared, 1 - Math.ceil(millis / Duration.toMillis(shared.refill)))
          }),
        used: (answer) => {
          const { total } = usageOf(answer)
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
