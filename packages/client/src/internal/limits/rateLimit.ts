import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Store } from "../../RateLimit.js"
import { CurrentPolicy, defaultPolicy } from "../../Retry.js"
import * as Monotonic from "../monotonic.js"
import * as Headers from "../response/headers.js"
import { usageOf } from "../telemetry/inference.js"
import * as Admission from "./admission.js"
import { Bucket, type Kind } from "./bucket.js"
import { type Demand, demandOf } from "./demand.js"
import { Line } from "./line.js"
import { Lines } from "./lines.js"
import { SharedStore, storeTimeout } from "./sharedStore.js"

/** The validated options. */
export interface Settings {
  readonly requests: number | undefined
  readonly tokens: number | undefined
  readonly window: Duration.Duration
  readonly burst: number
  readonly maxWait: Duration.Duration
}

const sha256 = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => Encoding.encodeHex(new Uint8Array(digest))
  )

/** A bucket, and how many of its tokens a request still needs. */
interface Need {
  readonly bucket: Bucket
  rest: number
  taken: number
}

/** The longest of two durations in milliseconds. An infinite one does not count. */
const longest = (...durations: ReadonlyArray<Duration.DurationInput>): number =>
  Math.max(0, ...durations.map(Duration.toMillis).filter(Number.isFinite))

/** Makes the rate limits of a layer. `store` is shared with other processes. */
export const make = (
  settings: Settings,
  store: Store["Type"] | undefined
): Effect.Effect<Admission.MakeRateLimiter, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { burst } = settings
    const maxWait = Duration.toMillis(settings.maxWait)
    const window = Duration.toMillis(settings.window)
    const scope = yield* Scope.make()
    const shared = store && new SharedStore(store, scope)
    // Short, because a window has room for what was taken before it and is used within it.
    const leaseTime = shared === undefined ? 0 : Math.min(1000, window / 50)
    // A request in front may wait for the store. That does not count as a wait for a limit.
    const inLine = Duration.sum(settings.maxWait, shared === undefined ? Duration.zero : storeTimeout)
    // Clients with the same credential share them.
    const lines = new Lines()

    if (shared !== undefined) {
      yield* Effect.addFinalizer(() =>
        Effect.forEach(lines.all(), (line) => {
          line.endLeases()
          return shared.flush(line)
        }, { concurrency: "unbounded", discard: true }).pipe(Effect.zipRight(Scope.close(scope, Exit.void)))
      )
    }

    /**
     * A full bucket that gains one token less than the rest of the limit in a window gives at most the limit in any window:
     * its capacity, what it gains, and one token that was about to be gained.
     */
    const ownBucket = (key: string, kind: Kind, limit: number, maxEffect: number, now: number): Bucket => {
      const capacity = Math.max(1, Math.floor(limit * burst))
      const refill = (window + leaseTime) / Math.max(1, limit - capacity - 1)
      return new Bucket({
        key: `${key}:${kind}`,
        kind,
        capacity,
        refill,
        minimum: -Math.max(window, maxEffect) / refill
      }, now)
    }

    return (identity: Redacted.Redacted): Effect.Effect<Admission.RateLimiter> =>
      Effect.gen(function*() {
        const hash = yield* sha256(Redacted.value(identity))
        const { maxRetryAfter = defaultPolicy.maxRetryAfter } = yield* CurrentPolicy
        const maxEffect = longest(maxRetryAfter, settings.maxWait) || window

        /** Requests without a model share the limits of the options. What a response says concerns its operation alone. */
        const lineOf = ({ model, operation }: Demand, now: number): Line => {
          const key = `${hash}:${model ?? ""}`
          const lineKey = model === undefined ? `${key}:${operation}` : key
          return lines.get(lineKey, now) ?? lines.add(
            lineKey,
            key,
            now,
            () =>
              (["requests", "tokens"] as const).flatMap((kind) => {
                const limit = settings[kind]
                return limit === undefined ? [] : ownBucket(key, kind, limit, maxEffect, now)
              }),
            (own) => new Line({ key: lineKey, own, window, maxEffect, leaseTime })
          )
        }

        const admit = (line: Line, demand: Demand, ready: Effect.Effect<void>, clock: Clock.Clock) => {
          const now = () => Monotonic.now(clock)
          const since = now()
          const permit = line.semaphore.request()
          const needs = new Map<Bucket, Need>()
          let asking: ReadonlyArray<Need> | undefined
          let waitedFor: Kind | undefined
          let endProbe: ((isUnknown: boolean) => void) | undefined

          const amount = ({ parameters: { capacity, kind } }: Bucket, isOwn: boolean): number =>
            kind === "requests" ? 1 : Math.min(demand.tokens, isOwn ? settings.tokens ?? Infinity : capacity)

          /** What is still needed. Limits come with a response, and go. */
          const open = (): ReadonlyArray<Need> => {
            const buckets = line.buckets(now())
            for (const bucket of buckets) {
              if (needs.has(bucket)) continue
              const rest = amount(bucket, line.endOf(bucket) === Infinity)
              bucket.await(rest)
              needs.set(bucket, { bucket, rest, taken: 0 })
            }
            return buckets.map((bucket) => needs.get(bucket)!).filter(({ rest }) => rest > 0)
          }

          const taken = (need: Need, part: number) => {
            need.rest -= part
            need.taken += part
            need.bucket.await(-part)
          }

          const exceeded = (kind: Kind, retryAfter: number | undefined) =>
            new OpenAiError.LimitExceededError({
              operation: demand.operation,
              cursor: demand.cursor,
              exceeded: kind,
              timeout: settings.maxWait,
              retryAfter: retryAfter === undefined ? undefined : Duration.millis(retryAfter),
              message: `The limit of ${kind} had no room within ${Duration.format(settings.maxWait)}; nothing was sent`
            })

          /** Waits, or fails immediately where `total` would exceed `maxWait`. */
          const wait = (kind: Kind, millis: number, total: number) => {
            waitedFor = kind
            return now() - since + total > maxWait
              ? Effect.fail(exceeded(kind, total))
              : clock.sleep(Duration.millis(millis))
          }

          /** Waits for the tokens of a need, but not longer than a response counts. */
          const waitFor = ({ bucket, rest }: Need, isShared: boolean) => {
            const { capacity, kind } = bucket.parameters
            const at = now()
            const millis = (tokens: number) => isShared ? bucket.waitShared(tokens) : bucket.waitOwn(tokens, at)
            const left = Math.max(1, Math.ceil(line.endOf(bucket) - at))
            const total = millis(rest)
            if (total > left) line.requireProbe()
            return wait(kind, Math.min(left, millis(Math.min(rest, capacity))), Math.min(left, total))
          }

          const enter: Effect.Effect<void, OpenAiError.LimitExceededError> = Effect.suspend(() => {
            const at = now()
            const paused = line.pauseLeft(at)
            if (paused > 0) return Effect.zipRight(wait("requests", paused, paused), enter)
            const probe = line.probing(at)
            const left = probe && Math.min(probe.left, maxWait - (at - since))
            if (left !== undefined && left > 0) {
              waitedFor ??= "requests"
              return Effect.zipRight(
                Effect.interruptible(
                  Effect.raceFirst(Deferred.await(probe!.done), clock.sleep(Duration.millis(left)))
                ),
                enter
              )
            }
            return acquire
          })

          const acquire: Effect.Effect<void, OpenAiError.LimitExceededError> = Effect.suspend(() => {
            const at = now()
            for (const bucket of line.buckets(at)) bucket.expire(at)
            const isEnough = takeLeased()
            line.needs = asking = open()
            return isEnough ? Effect.void : shared === undefined
              ? takeOwn
              : Effect.flatMap(shared.ask(line), (hasResponse) => hasResponse ? afterResponse : takeOwn)
          })

          const takeLeased = (): boolean => {
            for (const need of open()) taken(need, need.bucket.takeLeased(need.rest, now()))
            return open().length === 0
          }

          const afterResponse = Effect.suspend(() => {
            if (line.pauseLeft(now()) > 0) return enter
            if (takeLeased()) return Effect.void
            // Another operation took what the store gave, or the store was not asked for this request.
            if (open().every(({ bucket, rest }) => bucket.hasRoom(rest))) return acquire
            return Effect.zipRight(waitFor(open().find(({ bucket, rest }) => !bucket.hasRoom(rest))!, true), enter)
          })

          /** Takes tokens by the limits of this process alone. */
          const takeOwn = Effect.suspend(() => {
            for (const need of open()) taken(need, need.bucket.takeOwn(need.rest, now()))
            const [first] = open()
            return first === undefined ? Effect.void : Effect.zipRight(waitFor(first, false), enter)
          })

          const giveBack = Effect.sync(() => {
            for (const { bucket, taken } of needs.values()) bucket.giveBack(taken, now())
            endProbe?.(true)
          })

          const first = permit.mustWait()
            ? Effect.suspend(() => {
              waitedFor = "requests"
              return Effect.timeoutFail(permit.wait, {
                duration: inLine,
                onTimeout: () => exceeded("requests", undefined)
              })
            })
            : permit.wait

          open()
          return first.pipe(
            Effect.zipRight(enter),
            Effect.zipRight(Effect.suspend(() => {
              endProbe = line.startProbe(now())
              return waitedFor === undefined
                ? ready
                : Effect.zipRight(Admission.waited(waitedFor, now() - since), ready)
            })),
            // A request that is not sent takes nothing.
            Effect.onError(() => giveBack),
            Effect.ensuring(Effect.sync(() => {
              for (const { bucket, rest } of needs.values()) bucket.await(-rest)
              if (line.needs === asking) line.needs = []
              permit.release()
            })),
            Effect.map(() => admitted(line, demand, needs, clock, endProbe))
          )
        }

        const report = (line: Line, delay: number) => shared === undefined ? Effect.void : shared.report(line, delay)

        const admitted = (
          line: Line,
          demand: Demand,
          needs: ReadonlyMap<Bucket, Need>,
          clock: Clock.Clock,
          endProbe: ((isUnknown: boolean) => void) | undefined
        ): Admission.Admitted => ({
          onResponse: ({ headers, status }) =>
            Effect.suspend(() => {
              const now = Monotonic.now(clock)
              line.use(now)
              for (const kind of ["requests", "tokens"] as const) {
                if (headers[`x-ratelimit-limit-${kind}`] !== undefined) {
                  line.observe(kind, Headers.rateLimit(headers, kind), now)
                }
              }
              const retryAfter = status === 429 || status === 503 ? Headers.retryAfter(headers, clock) : undefined
              const isPaused = retryAfter !== undefined && line.pause(Duration.toMillis(retryAfter), now, false)
              endProbe?.(false)
              return isPaused ? report(line, 0) : Effect.void
            }),
          onEnd: (responseBody) =>
            Effect.suspend(() => {
              endProbe?.(true)
              const total = responseBody === undefined ? undefined : usageOf(responseBody).total
              if (total === undefined || !(total >= 0) || settings.tokens === undefined || demand.tokens === 0) {
                return Effect.void
              }
              const used = Math.min(Math.round(total), settings.tokens)
              for (const { bucket, taken } of needs.values()) {
                if (bucket.parameters.kind === "tokens" && line.endOf(bucket) === Infinity) {
                  bucket.correct(used - taken, Monotonic.now(clock))
                }
              }
              return report(line, leaseTime)
            })
        })

        const rateLimiter: Admission.RateLimiter = {
          admit: (prepared, ready) => {
            const demand = demandOf(prepared)
            return Effect.clockWith((clock) => admit(lineOf(demand, Monotonic.now(clock)), demand, ready, clock))
          }
        }
        return rateLimiter
      })
  })
