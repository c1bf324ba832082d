import { Assistants, Files, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, FastCheck, Fiber, Layer, Logger, Ref, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Store from "./utils/store.js"

type Take = RateLimit.Store["Type"]["take"]

const call = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))

const list = Retry.none(Files.list())

/** A transport that responds immediately, and records the times of the requests. */
const responding = (
  responseTo: (count: number, url: string) => Response = () => Client.success(Models.assistant())
) => {
  const times: Array<number> = []
  const client = HttpClient.make((request) =>
    Effect.map(
      Clock.currentTimeMillis,
      (now) => HttpClientResponse.fromWeb(request, responseTo(times.push(now), request.url))
    )
  )
  return { times, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const client = (limits: Layer.Layer<never>, transport: Layer.Layer<HttpClient.HttpClient>) =>
  Client.layer("http://fake", { timeout: Infinity }, transport).pipe(Layer.provide(limits))

const recordingLogs = (logs: Array<string>) =>
  Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logs.push(String(message))))

const atOnce = (count: number) => Effect.all(Array.from({ length: count }, () => call), { concurrency: "unbounded" })

/** Limits that 100 calls do not reach. */
const far = { requests: 10_000, tokens: 1_000_000 }

/** The ways in which a store fails. One breaks its type, as a store in JavaScript can. */
const faults: Record<string, (take: Take) => Take> = {
  fails: () => () => Effect.fail(new RateLimit.StoreError({ message: "gone" })),
  throws: () => () => {
    throw new Error("gone")
  },
  dies: () => () => Effect.die("gone"),
  "is silent": () => () => Effect.never,
  "is slow": (take) => (demands) => Effect.delay(take(demands), "3 seconds"),
  "responds with nothing": () => () => Effect.succeed([]),
  "responds with null": () => () => Effect.succeed(null as unknown as []),
  "never has a token": () => (demands) => Effect.succeed(demands.map(() => ({ taken: 0, remaining: -1e300 }))),
  "gives what it has not": () => (demands) => Effect.succeed(demands.map(() => ({ taken: 1e9, remaining: 1 }))),
  "has no numbers": () => (demands) => Effect.succeed(demands.map(() => ({ taken: NaN, remaining: NaN })))
}

describe("a store that", () => {
  for (const [name, fault] of Object.entries(faults)) {
    it.effect(`${name} refuses no call and delays none by more than 250 ms, and is logged once`, () =>
      Effect.gen(function*() {
        const logs: Array<string> = []
        const { layer, times } = responding()
        const limits = Store.limits(fault(Store.make().take), far)
        yield* Effect.gen(function*() {
          yield* Client.advancing("25 millis")(atOnce(40))
          assert.strictEqual(times.length, 40)
          assert.isAtMost(Math.max(...times), 500)
          yield* TestClock.adjust("2 seconds")
          const since = yield* Clock.currentTimeMillis
          for (let i = 0; i < 8; i++) {
            yield* call
            yield* TestClock.adjust("1 second")
            yield* Client.turn
          }
          // No call waits during the outage.
          for (const [index, time] of times.slice(40).entries()) assert.strictEqual(time, since + index * 1000)
        }).pipe(Effect.provide([client(limits, layer), recordingLogs(logs)]))
        assert.strictEqual(logs.length, 1, logs.join())
      }))
  }

  it.effect("fails is asked again after 5 seconds, by one request that no call waits for", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const works = yield* Ref.make(false)
      let asked = 0
      const take: Take = (demands) => {
        asked++
        return Effect.flatMap(
          works,
          (works) => works ? store.take(demands) : Effect.fail(new RateLimit.StoreError({ message: "gone" }))
        )
      }
      const { layer, times } = responding()
      yield* Effect.gen(function*() {
        yield* atOnce(50)
        assert.strictEqual(asked, 1)
        yield* TestClock.adjust("5 seconds")
        yield* atOnce(50)
        assert.strictEqual(asked, 2)
        yield* Ref.set(works, true)
        yield* TestClock.adjust("5 seconds")
        yield* call
        yield* Client.turn
        yield* TestClock.adjust("2 seconds")
        yield* Client.turn
        yield* atOnce(50)
        assert.strictEqual(times.length, 151)
        // The store knows what this process used without it, less what has been added since.
        assert.isAbove(store.asked.length, 1)
      }).pipe(Effect.provide([client(Store.limits(take, far), layer), recordingLogs([])]))
    }))

  it.effect.prop(
    "fails at random refuses no call and makes none wait while there is room",
    [FastCheck.array(FastCheck.constantFrom("works", ...Object.keys(faults)), { minLength: 1, maxLength: 20 })],
    ([plan]) =>
      Effect.gen(function*() {
        const store = Store.make()
        let asked = 0
        const take: Take = (demands) => (faults[plan[asked++ % plan.length]!] ?? ((take) => take))(store.take)(demands)
        const { layer, times } = responding()
        const waits: Array<number> = []
        const timed = Effect.gen(function*() {
          const since = yield* Clock.currentTimeMillis
          yield* call
          waits.push((yield* Clock.currentTimeMillis) - since)
        })
        yield* Effect.forEach(
          Array.from({ length: 6 }),
          () => Effect.zipRight(Effect.replicateEffect(timed, 5), Effect.sleep("1500 millis")),
          { discard: true }
        ).pipe(
          Effect.provide([client(Store.limits(take, far), layer), recordingLogs([])]),
          Client.advancing("250 millis")
        )
        assert.strictEqual(times.length, 30)
        // The clock moves in steps of 250 milliseconds.
        assert.isAtMost(Math.max(...waits), 750)
      }),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect("hangs for one operation refuses no call of another, which share a limit, and makes none wait", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const { layer, times } = responding((_, url) =>
        Client.success(url.includes("files") ? { object: "list", data: [] } : Models.assistant())
      )
      let asked = 0
      const take: Take = (demands) => asked++ === 0 ? Effect.never : store.take(demands)
      yield* Effect.gen(function*() {
        yield* Client.advancing("25 millis")(call)
        const now = yield* Clock.currentTimeMillis
        yield* list
        yield* list
        assert.deepStrictEqual(times.slice(1), [now, now])
        assert.isAbove(asked, 1)
      }).pipe(Effect.provide(client(Store.limits(take, { ...far, maxWait: 0 }), layer)))
    }))

  it.effect("has room refuses no call where another operation takes what it gave", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const { layer, times } = responding((_, url) =>
        Client.success(url.includes("files") ? { object: "list", data: [] } : Models.assistant())
      )
      // The response to the first operation is late, and the other one takes its lease.
      const take: Take = (demands) => Effect.delay(store.take(demands), store.asked.length === 0 ? "10 millis" : 0)
      const calls = Effect.all([call, list, call, list, call, list], { concurrency: "unbounded" })
      yield* Client.advancing("1 millis")(calls).pipe(
        Effect.provide(client(Store.limits(take, { ...far, maxWait: 0 }), layer))
      )
      assert.strictEqual(times.length, 6)
    }))

  it.effect("works is asked once for calls at the same time, for both limits", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const { layer } = responding()
      yield* atOnce(100).pipe(Effect.provide(client(Store.limits(store.take, far), layer)))
      // The first call, then all others; at last what is left is returned.
      assert.isAtMost(store.asked.length, 4)
      assert.strictEqual(store.asked[0]!.length, 3)
    }))

  it.effect("takes 100 milliseconds for a response delays a call by that, not by what others wait", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const { layer, times } = responding()
      const take: Take = (demands) => Effect.delay(store.take(demands), "100 millis")
      yield* atOnce(100).pipe(
        Effect.provide(client(Store.limits(take, far), layer)),
        Client.advancing("25 millis")
      )
      assert.isAtMost(Math.max(...times), 500)
    }))

  it.effect("is asked for calls that are interrupted gets back what they took", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const gate = Effect.unsafeMakeLatch()
      const take: Take = (demands) => Effect.zipRight(gate.await, store.take(demands))
      const { layer, times } = responding()
      yield* Effect.gen(function*() {
        const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(call))
        yield* Client.turn
        yield* Fiber.interruptAll(fibers)
        yield* gate.open
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("500 millis"), Client.turn), 4)
      }).pipe(Effect.provide(client(Store.limits(take, { requests: 1000 }), layer)))
      assert.strictEqual(times.length, 0)
      assert.strictEqual(store.balanceOf(":requests"), 100)
    }))

  it.effect("receives at the end of the layer what is left", () =>
    Effect.gen(function*() {
      const store = Store.make()
      const { layer } = responding()
      const limits = Store.limits(store.take, { requests: 1000 })
      yield* Effect.replicateEffect(call, 8).pipe(Effect.provide(client(limits, layer)))
      assert.strictEqual(store.balanceOf(":requests"), 92)
    }))
})

describe("a single response", () => {
  const hostile: ReadonlyArray<readonly [number, Record<string, string>]> = [
    [503, { "retry-after": "86400" }],
    [503, { "retry-after": "1e308" }],
    [429, { "retry-after": "Fri, 01 Jan 2100 00:00:00 GMT" }],
    [429, { "retry-after-ms": "9223372036854775807" }],
    ...["requests", "tokens"].flatMap((kind): ReadonlyArray<readonly [number, Record<string, string>]> => [
      [200, { [`x-ratelimit-limit-${kind}`]: "9223372036854775807", [`x-ratelimit-remaining-${kind}`]: "0" }],
      [200, { [`x-ratelimit-limit-${kind}`]: "1e308", [`x-ratelimit-remaining-${kind}`]: "0" }],
      [200, { [`x-ratelimit-limit-${kind}`]: "1", [`x-ratelimit-remaining-${kind}`]: "0" }],
      [200, {
        [`x-ratelimit-limit-${kind}`]: "2",
        [`x-ratelimit-remaining-${kind}`]: "0",
        [`x-ratelimit-reset-${kind}`]: "36500d"
      }]
    ])
  ]
  for (const [status, headers] of hostile) {
    it.effect(`holds no call up for longer than a minute: ${status} ${JSON.stringify(headers)}`, () =>
      Effect.gen(function*() {
        const store = Store.make()
        const { layer, times } = responding((count) =>
          count === 1 ? Response.json(Models.assistant(), { status, headers }) : Client.success(Models.assistant())
        )
        const limits = Store.limits(store.take, { requests: 1000 })
        yield* Effect.gen(function*() {
          yield* Effect.either(call)
          yield* Client.advancing("10 seconds")(call)
        }).pipe(Effect.provide(client(limits, layer)))
        assert.strictEqual(times.length, 2)
        // The clock moves in steps of 10 seconds.
        assert.isAtMost(times[1]!, 90_000)
        for (const { atMost, minimum, refill, used, wanted } of store.asked.flat()) {
          assert.isFinite(minimum)
          assert.isFinite(used)
          assert.isFinite(wanted)
          assert.isAtLeast(atMost, minimum)
          assert.isAtLeast(minimum * refill, -60_001)
        }
      }))
  }

  it.effect("with too long a retry-after is followed by a probe, and the others wait for its response", () =>
    Effect.gen(function*() {
      const gate = Effect.unsafeMakeLatch()
      const times: Array<number> = []
      const transport = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.gen(function*() {
            const count = times.push(yield* Clock.currentTimeMillis)
            if (count === 1) {
              return HttpClientResponse.fromWeb(request, Client.failure(503, { "retry-after": "86400" }))
            }
            if (count === 2) yield* gate.await
            return HttpClientResponse.fromWeb(request, Client.success(Models.assistant()))
          })
        )
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(call)
        yield* TestClock.adjust("50 seconds")
        const others = yield* Effect.fork(atOnce(5))
        yield* Client.turn
        assert.strictEqual(times.length, 1)
        yield* TestClock.adjust("10 seconds")
        yield* Client.turn
        assert.strictEqual(times.length, 2)
        yield* gate.open
        yield* Fiber.join(others)
        assert.strictEqual(times.length, 6)
      }).pipe(Effect.provide(client(Layer.orDie(RateLimit.layer()), transport)))
    }))

  it.effect("stops its own operation, not others without a model", () =>
    Effect.gen(function*() {
      const { layer, times } = responding((_, url) =>
        url.includes("files") ? Client.failure(429, { "retry-after": "30" }) : Client.success(Models.assistant())
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(list)
        yield* atOnce(5)
        assert.strictEqual((yield* Effect.flip(list))._tag, "LimitExceededError")
      }).pipe(Effect.provide(client(Layer.orDie(RateLimit.layer({ ...far, maxWait: 0 })), layer)))
      assert.strictEqual(times.length, 6)
    }))
})
