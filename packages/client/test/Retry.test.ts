import { Assistants, type OpenAiClient, Retry } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Fiber, Layer, Logger, Random, Schedule, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"

const call = Assistants.retrieve({ assistant_id: "asst_1" })

/** Runs an effect over a transport in memory, and returns the number of requests and the delays. */
const run = <A, E>(
  response: (count: number) => Response | undefined,
  effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
  options?: Partial<OpenAiClient.Options>,
  luck = 1
) => {
  const transport = Client.fake(response)
  const { clock, sleeps } = Client.jumpingClock()
  return effect.pipe(
    Effect.provide(Client.layer("http://fake", { timeout: Infinity, ...options }, transport.layer)),
    Effect.withClock(clock),
    Effect.withRandom(Random.fixed([luck])),
    Effect.either,
    Effect.map((result) => ({ result, sleeps, requests: transport.requests.length }))
  )
}

const outage = () => Client.failure(500)

const times = (count: number, concurrency: number | "unbounded" = 1) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.either(call), { concurrency })

describe("Retry", () => {
  describe("1: defaults", () => {
    for (const status of [408, 409, 429, 500, 502, 503, 504, 529]) {
      it.effect(`retries twice after ${status}`, () =>
        Effect.map(run(() => Client.failure(status), call), ({ requests, sleeps }) => {
          assert.strictEqual(requests, 3)
          assert.deepStrictEqual(sleeps, [500, 1000])
        }))
    }

    for (const status of [304, 400, 401, 403, 404, 413, 418, 422]) {
      it.effect(`sends once for ${status}`, () =>
        Effect.map(
          run(() => status === 304 ? new Response(null, { status }) : Client.failure(status), call),
          ({ requests, result }) => {
            assert.strictEqual(requests, 1)
            assert.isTrue(Either.isLeft(result))
          }
        ))
    }

    it.effect("doubles the delay up to 8 seconds", () =>
      Effect.map(
        run(outage, call.pipe(Retry.policy({ times: 7 }))),
        ({ sleeps }) => assert.deepStrictEqual(sleeps, [500, 1000, 2000, 4000, 8000, 8000, 8000])
      ))

    it.effect("shortens the delay by up to 25 % at random", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* run(outage, call, {}, 0)).sleeps, [375, 750])
        assert.deepStrictEqual((yield* run(outage, call, {}, 0.5)).sleeps, [437.5, 875])
      }))

    it.effect("returns the success, or the last failure", () =>
      Effect.gen(function*() {
        const { requests, result } = yield* run(
          (count) => count < 3 ? outage() : Client.success(Models.assistant()),
          call
        )
        assert.strictEqual(requests, 3)
        assert.deepStrictEqual(Either.getOrThrow(result), Models.assistant())

        const failed = yield* run((count) => Client.failure(500 + count), call)
        assert.deepInclude(yield* Effect.flip(failed.result), { _tag: "InternalServerError", status: 503 })
      }))

    it.effect("times out after ten minutes", () =>
      Effect.gen(function*() {
        const transport = Client.fake(() => undefined)
        const { clock, sleepers } = Client.stoppedClock()
        const fiber = yield* Effect.fork(
          call.pipe(
            Effect.provide(Client.layer("http://fake", {}, transport.layer)),
            Effect.withClock(clock)
          )
        )
        yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => sleepers.size > 0 }))
        assert.deepStrictEqual([...sleepers.values()], [600_000])
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(sleepers.size, 0)
      }))

    it.effect("follows x-should-retry", () =>
      Effect.gen(function*() {
        const yes = yield* run(() => Client.failure(400, { "x-should-retry": "true" }), call)
        assert.strictEqual(yes.requests, 3)
        const no = yield* run(() => Client.failure(500, { "x-should-retry": "false" }), call)
        assert.strictEqual(no.requests, 1)
        const maybe = yield* run(() => Client.failure(500, { "x-should-retry": "maybe" }), call)
        assert.strictEqual(maybe.requests, 3)
      }))
  })

  describe("2: retry-after", () => {
    const cases: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
      ["milliseconds before seconds", { "retry-after-ms": "1500", "retry-after": "30" }, 1500],
      ["seconds", { "retry-after": "2" }, 2000],
      ["fractions", { "retry-after": "0.25" }, 250],
      ["an HTTP date", { "retry-after": "Thu, 01 Jan 1970 00:00:05 GMT" }, 5000],
      ["a date that is past", { "retry-after": "Wed, 31 Dec 1969 23:59:00 GMT" }, 0],
      ["0, immediately", { "retry-after": "0" }, 0],
      ["0 milliseconds, immediately", { "retry-after-ms": "0", "retry-after": "9" }, 0],
      ["as much as the cap", { "retry-after": "60" }, 60_000],
      ["milliseconds that are not a number", { "retry-after-ms": "soon", "retry-after": "3" }, 3000],
      ["nothing that is understood", { "retry-after": "soon" }, 500],
      ["a negative delay", { "retry-after": "-5" }, 500],
      ["an empty header", { "retry-after": "" }, 500]
    ]
    for (const [name, headers, delay] of cases) {
      it.effect(name, () =>
        Effect.map(
          run((count) => count === 1 ? Client.failure(429, headers) : Client.success(Models.assistant()), call),
          ({ result, sleeps }) => {
            assert.isTrue(Either.isRight(result))
            assert.deepStrictEqual(sleeps, [delay])
          }
        ))
    }

    for (
      const [name, headers, delay] of [
        ["seconds", { "retry-after": "61" }, 61_000],
        ["milliseconds", { "retry-after-ms": "60001" }, 60_001],
        ["a date", { "retry-after": "Thu, 01 Jan 1970 01:00:00 GMT" }, 3_600_000]
      ] as const
    ) {
      it.effect(`${name} above the maximum fail immediately with the delay`, () =>
        Effect.gen(function*() {
          const { requests, result, sleeps } = yield* run(() => Client.failure(429, headers), call)
          assert.strictEqual(requests, 1)
          assert.deepStrictEqual(sleeps, [])
          const error = yield* Effect.flip(result)
          assert(error._tag === "RateLimitError")
          assert.deepStrictEqual(error.retryAfter, Duration.millis(delay))
        }))
    }

    it.effect("the maximum is an option", () =>
      Effect.map(
        run(
          () => Client.failure(503, { "retry-after": "120" }),
          call.pipe(Retry.policy({ maxRetryAfter: "2 minutes" }))
        ),
        ({ sleeps }) => assert.deepStrictEqual(sleeps, [120_000, 120_000])
      ))
  })

  it.effect("3: insufficient_quota has its own error and is never retried", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* run(
        () => Client.failure(429, { "x-should-retry": "true", "retry-after": "1" }, { code: "insufficient_quota" }),
        call
      )
      assert.strictEqual(requests, 1)
      const error = yield* Effect.flip(result)
      assert(error._tag === "InsufficientQuotaError")
      assert.deepInclude(error, { operation: "getAssistant", status: 429, code: "insufficient_quota" })
    }))

  it.effect("3: any other 429 has the limits", () =>
    Effect.gen(function*() {
      const { result } = yield* run(() =>
        Client.failure(429, {
          "x-request-id": "req_1",
          "x-ratelimit-limit-requests": "60",
          "x-ratelimit-remaining-requests": "0",
          "x-ratelimit-reset-requests": "1m2.5s",
          "x-ratelimit-remaining-tokens": "149984",
          "x-ratelimit-reset-tokens": "6ms",
          "x-ratelimit-limit-tokens": "lots"
        }), call)
      const error = yield* Effect.flip(result)
      assert(error._tag === "RateLimitError")
      assert.strictEqual(error.requestId, "req_1")
      assert.deepStrictEqual(error.limit, {
        requests: { limit: 60, remaining: 0, reset: Duration.millis(62_500) },
        tokens: { limit: undefined, remaining: 149_984, reset: Duration.millis(6) }
      })
    }))

  it.effect("5: an interruption during back-off ends the call immediately and leaves no timer", () =>
    Effect.gen(function*() {
      const transport = Client.fake(outage)
      const { clock, sleepers } = Client.stoppedClock()
      const fiber = yield* call.pipe(
        Effect.provide(Client.layer("http://fake", {}, transport.layer)),
        Effect.withClock(clock),
        Effect.withRandom(Random.fixed([1])),
        Effect.fork
      )
      // The only timer is that of the delay.
      yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => [...sleepers.values()].join() === "500" }))
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(sleepers.size, 0)
      assert.strictEqual(transport.requests.length, 1)
    }))

  describe("9: the budget", () => {
    for (
      const [retryBudget, calls, expected] of [
        [undefined, 1000, 1100],
        [50, 200, 210],
        [0, 200, 200],
        [Infinity, 200, 600]
      ] as const
    ) {
      it.effect(
        `of ${retryBudget ?? "the default"} lets ${expected} requests through a total outage of ${calls} calls`,
        () =>
          Effect.map(
            run(outage, times(calls, "unbounded"), { retryBudget }),
            ({ requests }) => assert.strictEqual(requests, expected)
          ),
        60_000
      )
    }

    it.effect("is refunded the cost of a retry by its success", () =>
      Effect.map(
        run((count) => count % 2 === 1 ? outage() : Client.success(Models.assistant()), times(50), { retryBudget: 5 }),
        ({ requests }) => assert.strictEqual(requests, 100)
      ))

    it.effect("gains one token by a success without a retry, up to the capacity", () =>
      Effect.gen(function*() {
        // Each outage has five tokens for one retry. The third has only four.
        const { requests } = yield* run(
          (count) => [1, 2, 8, 9, 14].includes(count) ? outage() : Client.success(Models.assistant()),
          times(12),
          { retryBudget: 5 }
        )
        assert.strictEqual(requests, 14)
        const capped = yield* run((count) => count <= 100 ? Client.success(Models.assistant()) : outage(), times(102), {
          retryBudget: 5
        })
        assert.strictEqual(capped.requests, 103)
      }))

    it.effect("pays double for a timeout, and is refunded that", () =>
      Effect.gen(function*() {
        const lost = yield* run(() => undefined, times(5), { retryBudget: 20, timeout: 1000 })
        assert.strictEqual(lost.requests, 5 + 2)
      }))

    it.effect("is refunded the cost of a timeout by its success", () =>
      Effect.gen(function*() {
        const transport = Client.fake((count) => count % 2 === 1 ? undefined : Client.success(Models.assistant()))
        const again = Effect.gen(function*() {
          const sent = transport.requests.length
          const fiber = yield* Effect.fork(call)
          yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => transport.requests.length > sent }))
          yield* TestClock.adjust(1000)
          yield* Fiber.join(fiber)
        })
        yield* Effect.repeatN(again, 9).pipe(
          Client.atOnce,
          Effect.provide(Client.layer("http://fake", { timeout: 1000, retryBudget: 10 }, transport.layer))
        )
        assert.strictEqual(transport.requests.length, 20)
      }))
  })

  describe("policies", () => {
    const attempts = (effect: typeof call, ofClient: Partial<Retry.Policy> = {}) => {
      const transport = Client.fake(outage)
      return effect.pipe(
        Effect.provide(
          Layer.provide(
            Client.layer("http://fake", { timeout: Infinity }, transport.layer),
            Retry.layer(ofClient)
          )
        ),
        Effect.withClock(Client.jumpingClock().clock),
        Effect.either,
        Effect.map(() => transport.requests.length)
      )
    }

    it.effect("none sends each request once", () =>
      Effect.map(attempts(call.pipe(Retry.none)), (count) => assert.strictEqual(count, 1)))

    it.effect("merge: the inner one takes precedence", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* attempts(call.pipe(Retry.policy({ times: 4 }), Retry.none)), 5)
        assert.strictEqual(yield* attempts(call.pipe(Retry.policy({ delay: 1 }), Retry.policy({ times: 4 }))), 5)
      }))

    it.effect("a layer around the calls", () =>
      Effect.map(
        attempts(call.pipe(Effect.provide(Retry.layer({ times: 1 })))),
        (count) => assert.strictEqual(count, 2)
      ))

    it.effect("a layer below the client, where that of a call takes precedence", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* attempts(call, { times: 1 }), 2)
        assert.strictEqual(yield* attempts(call.pipe(Retry.policy({ delay: 1 })), { times: 1 }), 2)
        assert.strictEqual(yield* attempts(call.pipe(Retry.none), { times: 1 }), 1)
      }))
  })

  describe("schedules", () => {
    const every = (count: number) => Schedule.spaced("3 seconds").pipe(Schedule.intersect(Schedule.recurs(count)))
    const scheduled = (schedule: Retry.Policy["schedule"]) => call.pipe(Retry.policy({ schedule }))

    it.effect("replace count and delays, and start again for each call", () =>
      Effect.gen(function*() {
        const once = yield* run(outage, scheduled(every(4)))
        assert.strictEqual(once.requests, 5)
        assert.deepStrictEqual(once.sleeps, [3000, 3000, 3000, 3000])
        const never = yield* run(outage, scheduled(Schedule.stop))
        assert.strictEqual(never.requests, 1)
        const twice = yield* run(outage, Effect.zip(Effect.either(scheduled(every(1))), Effect.either(call)))
        assert.deepStrictEqual(twice.sleeps, [3000, 500, 1000])
        const same = scheduled(every(1))
        const again = yield* run(outage, Effect.zip(Effect.either(same), Effect.either(same)))
        assert.strictEqual(again.requests, 4)
      }))

    it.effect("receive the errors", () =>
      Effect.gen(function*() {
        const whileOverloaded = Schedule.forever.pipe(
          Schedule.whileInput((error: OpenAiError.OpenAiError) => "status" in error && error.status === 503)
        )
        const { requests, result } = yield* run(
          (count) => Client.failure(count < 5 ? 503 : 500),
          scheduled(whileOverloaded)
        )
        assert.strictEqual(requests, 5)
        assert.deepInclude(yield* Effect.flip(result), { status: 500 })
      }))

    it.effect("are not consulted for errors that are not retryable", () =>
      Effect.gen(function*() {
        const create = Assistants.create({ model: "gpt-4-turbo" })
        const lost = yield* run(
          () => undefined,
          create.pipe(Retry.policy({ schedule: Schedule.forever })),
          { timeout: 1000 }
        )
        assert.strictEqual(lost.requests, 1)
        for (const response of [() => Client.failure(400), () => Client.failure(500, { "x-should-retry": "false" })]) {
          assert.strictEqual((yield* run(response, scheduled(Schedule.forever))).requests, 1)
        }
        const quota = yield* run(
          () => Client.failure(429, {}, { code: "insufficient_quota" }),
          scheduled(Schedule.forever)
        )
        assert.strictEqual(quota.requests, 1)
      }))

    it.effect("extend retry-after, and do not shorten it", () =>
      Effect.gen(function*() {
        const shorter = yield* run(() => Client.failure(429, { "retry-after": "10" }), scheduled(every(1)))
        assert.deepStrictEqual(shorter.sleeps, [10_000])
        const longer = yield* run(() => Client.failure(429, { "retry-after": "1" }), scheduled(every(1)))
        assert.deepStrictEqual(longer.sleeps, [3000])
        const tooLong = yield* run(() => Client.failure(429, { "retry-after": "61" }), scheduled(every(1)))
        assert.strictEqual(tooLong.requests, 1)
      }))

    it.effect("end with the budget", () =>
      Effect.map(
        run(outage, scheduled(Schedule.forever), { retryBudget: 50 }),
        ({ requests }) => assert.strictEqual(requests, 11)
      ))

    it.effect("end where an inner policy has a count, and continue otherwise", () =>
      Effect.gen(function*() {
        const forever = Retry.policy({ schedule: Schedule.forever })
        assert.strictEqual((yield* run(outage, call.pipe(Retry.none, forever))).requests, 1)
        assert.strictEqual((yield* run(outage, call.pipe(Retry.policy({ times: 3 }), forever))).requests, 4)
        const inner = call.pipe(Retry.policy({ maxRetryAfter: 1 }), Retry.policy({ schedule: every(3) }))
        assert.strictEqual((yield* run(outage, inner)).requests, 4)
        assert.strictEqual((yield* run(outage, call.pipe(forever, Retry.none), { retryBudget: 5 })).requests, 2)
      }))
  })

  describe("hooks", () => {
    it.effect("run before the delay of each retry", () =>
      Effect.gen(function*() {
        const told: Array<Retry.Retrying> = []
        const onRetry = (retrying: Retry.Retrying) => Effect.sync(() => void told.push(retrying))
        yield* run((count) => Client.failure(499 + count), call.pipe(Retry.policy({ onRetry })))
        assert.deepStrictEqual(
          told.map(({ attempt, delay, error, operation }) => ({
            attempt,
            operation,
            tag: error._tag,
            millis: Duration.toMillis(delay)
          })),
          [
            { attempt: 1, operation: "getAssistant", tag: "InternalServerError", millis: 500 },
            { attempt: 2, operation: "getAssistant", tag: "InternalServerError", millis: 1000 }
          ]
        )
        told.length = 0
        yield* run(() => Client.failure(404), call.pipe(Retry.policy({ onRetry })))
        yield* run(outage, call.pipe(Retry.policy({ onRetry })), { retryBudget: 0 })
        assert.deepStrictEqual(told, [])
      }))

    for (
      const [name, onRetry] of [
        ["dies", () => Effect.die("broken")],
        ["throws", () => {
          throw new Error("broken")
        }],
        ["interrupts itself", () => Effect.interrupt]
      ] as const
    ) {
      it.effect(`are logged and ignored where one ${name}`, () =>
        Effect.gen(function*() {
          const logs: Array<unknown> = []
          const { requests, result } = yield* run(
            (count) => count < 3 ? outage() : Client.success(Models.assistant()),
            call.pipe(Retry.policy({ onRetry }))
          ).pipe(
            Effect.provide(Logger.replace(
              Logger.defaultLogger,
              Logger.make(({ message }) => void logs.push(message))
            ))
          )
          assert.strictEqual(requests, 3)
          assert.isTrue(Either.isRight(result))
          assert.strictEqual(logs.length, 2)
        }))
    }

    it.effect("end the call when they are interrupted", () =>
      Effect.gen(function*() {
        const transport = Client.fake(outage)
        const fiber = yield* call.pipe(
          Retry.policy({ onRetry: () => Effect.never }),
          Effect.provide(Client.layer("http://fake", {}, transport.layer)),
          Effect.fork
        )
        yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => transport.requests.length > 0 }))
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(transport.requests.length, 1)
      }))
  })
})
