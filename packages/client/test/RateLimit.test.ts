import { Assistants, ChatCompletions, Embeddings, OpenAiClient, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Models from "./utils/models.js"
import * as Store from "./utils/store.js"

/** A transport that responds immediately, and records the time of each request. */
const timed = (answer: (count: number, url: string) => Response = () => Client.success(Models.assistant())) => {
  const sent: Array<{ readonly at: number; readonly id: string }> = []
  const client = HttpClient.make((request) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      sent.push({ at, id: request.url.slice(request.url.lastIndexOf("/") + 1) })
      return HttpClientResponse.fromWeb(request, answer(sent.length, request.url))
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const call = (id: string) => Retry.none(Assistants.retrieve({ assistant_id: id }))

const chat = (fields: object = {}) =>
  Retry.none(ChatCompletions.create({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], ...fields }))

/** A completion with a usage. */
const completion = (total_tokens: number) =>
  Client.success({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "gpt-4o",
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop", logprobs: null }],
    usage: { prompt_tokens: 1, completion_tokens: total_tokens - 1, total_tokens }
  })

const limited = (
  limits: RateLimit.Options,
  transport: ReturnType<typeof timed>,
  options?: Partial<OpenAiClient.Options>
) =>
  Client.layer("http://fake", { timeout: Infinity, ...options }, transport.layer).pipe(
    Layer.provide(Layer.orDie(RateLimit.layer(limits)))
  )

/** The maximum number of requests in any window. */
const most = (sent: ReadonlyArray<{ readonly at: number }>, window: number) =>
  Math.max(...sent.map(({ at }) => sent.filter((other) => other.at >= at && other.at < at + window).length))

/** A clock that jumps to the end of the only sleep, when nothing else runs. */
const patientClock = () => {
  let now = 0
  return Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    sleep: (duration: Duration.Duration) =>
      !Duration.isFinite(duration) ? Effect.never : Effect.async<void>((resume) =>
        void setTimeout(() => {
          now += Duration.toMillis(duration)
          resume(Effect.void)
        }, 1)
      )
  })
}

const settled = Effect.repeatN(Effect.yieldNow(), 200)

const count = (length: number) => Array.from({ length }, (_, index) => String(index))

describe("rate limits", () => {
  for (
    const [requests, window, burst] of [[50, 1000, undefined], [7, 1000, undefined], [100, 60_000, 0.5], [
      10,
      60_000,
      0
    ]]
  ) {
    it.effect(`allow ${requests} requests in any window of ${window} ms`, () =>
      Effect.gen(function*() {
        const transport = timed()
        const ids = count(requests! * 3)
        yield* Effect.forEach(ids, call, { concurrency: "unbounded" }).pipe(
          Effect.provide(limited({ requests, window, burst, maxWait: Infinity }, transport)),
          Effect.withClock(patientClock())
        )
        assert.deepStrictEqual(transport.sent.map(({ id }) => id), ids)
        const atOnce = transport.sent.filter(({ at }) => at === 0)
        assert.strictEqual(atOnce.length, Math.max(1, Math.floor(requests! * (burst ?? 0.1))))
        assert.isAtMost(most(transport.sent, window!), requests!)
        // The limit is used.
        assert.isBelow(transport.sent.at(-1)!.at, window! * 9)
      }))
  }

  it.effect("fail where the wait exceeds maxWait, and send nothing", () =>
    Effect.gen(function*() {
      const transport = timed()
      yield* Effect.gen(function*() {
        yield* call("a")
        // The next request would wait for 30 seconds.
        const error = yield* Effect.flip(Assistants.retrieve({ assistant_id: "b" }))
        assert(error._tag === "LimitExceededError")
        assert.deepInclude(error, { operation: "getAssistant", exceeded: "requests", timeout: Duration.seconds(10) })
        assert.isAtLeast(Duration.toMillis(error.retryAfter!), 29_000)
        assert.strictEqual(transport.sent.length, 1)
      }).pipe(Effect.provide(limited({ requests: 4, maxWait: "10 seconds" }, transport)))
    }))

  it.effect("fail after maxWait behind other requests", () =>
    Effect.gen(function*() {
      const transport = timed()
      yield* Effect.gen(function*() {
        yield* call("a")
        yield* Effect.fork(call("b"))
        const late = yield* Effect.fork(Effect.flip(call("c")))
        yield* settled
        yield* TestClock.adjust("31 seconds")
        yield* settled
        assert.strictEqual((yield* Fiber.join(late))._tag, "LimitExceededError")
        assert.deepStrictEqual(transport.sent.map(({ id }) => id), ["a", "b"])
      }).pipe(Effect.provide(limited({ requests: 4, maxWait: "31 seconds" }, transport)))
    }))

  it.effect("return what an interrupted request took", () =>
    Effect.gen(function*() {
      const transport = timed(() => completion(1))
      yield* Effect.gen(function*() {
        // There is room for a request, but not for its tokens.
        yield* Effect.fork(chat({ max_tokens: 990 }))
        const second = yield* Effect.fork(chat({ max_tokens: 900 }))
        const third = yield* Effect.fork(chat({ max_tokens: 10 }))
        yield* settled
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settled), 61)
        assert.strictEqual(transport.sent.length, 1)
        yield* Fiber.interrupt(second)
        yield* TestClock.adjust("1 second")
        yield* settled
        yield* Fiber.join(third)
        assert.strictEqual(transport.sent.length, 2)
      }).pipe(Effect.provide(limited({ requests: 1000, tokens: 1000, maxWait: "1 hour" }, transport)))
    }))

  it.effect("are separate per model, and shared by requests without a model", () =>
    Effect.gen(function*() {
      const transport = timed((_, url) =>
        url.endsWith("embeddings")
          ? Client.success({ object: "list", data: [], model: "m", usage: { prompt_tokens: 1, total_tokens: 1 } })
          : Client.success(Models.assistant())
      )
      const embed = (model: string) => Effect.asVoid(Retry.none(Embeddings.create({ model, input: "a" })))
      yield* Effect.gen(function*() {
        yield* Effect.all([embed("one"), embed("two"), call("a")])
        for (const effect of [embed("one"), embed("two"), Effect.asVoid(Assistants.list())]) {
          assert.strictEqual((yield* Effect.flip(effect))._tag, "LimitExceededError")
        }
      }).pipe(Effect.provide(limited({ requests: 4, maxWait: 0 }, transport)))
    }))

  for (const where of ["in memory", "in a store"]) {
    it.effect(`are separate per credential ${where}, and their keys hold no credential`, () =>
      Effect.gen(function*() {
        const store = Store.make()
        const options = { requests: 4, maxWait: 0 }
        const limits = where === "in memory"
          ? Layer.orDie(RateLimit.layer(options))
          : Store.limits(store.take, options)
        const transport = timed()
        const client = (options: Partial<OpenAiClient.Options>) =>
          OpenAiClient.make({ ...Client.credentials, baseUrl: "http://fake/v1", ...options })
        yield* Effect.gen(function*() {
          const one = yield* client({})
          const same = yield* client({})
          const other = yield* client({ apiKey: Redacted.make("sk-marked-other") })
          const elsewhere = yield* client({ project: undefined })
          const of = (service: OpenAiClient.Service) =>
            Effect.provideService(call("a"), OpenAiClient.OpenAiClient, service)
          yield* of(one)
          assert.strictEqual((yield* Effect.flip(of(same)))._tag, "LimitExceededError")
          yield* of(other)
          yield* of(elsewhere)
        }).pipe(Effect.provide([limits, transport.layer]))
        const keys = [...store.balances.keys()]
        assert.strictEqual(
          keys.filter((key) => /^[0-9a-f]{64}::requests$/.test(key)).length,
          where === "in memory" ? 0 : 3
        )
        for (const key of keys) assert.match(key, /^[0-9a-f]{64}::(requests|getAssistant:pause)$/)
      }))
  }

  describe("tokens", () => {
    const sentAfter = (effect: Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>, used: number) =>
      Effect.gen(function*() {
        const transport = timed(() => completion(used))
        yield* Effect.gen(function*() {
          yield* effect
          // The limit of a window, which takes a window to become available.
          const fiber = yield* Effect.fork(chat({ max_tokens: 100 }))
          yield* Effect.repeatN(
            Effect.zipRight(TestClock.adjust("1 second"), Effect.repeatN(Effect.yieldNow(), 20)),
            120
          )
          yield* Fiber.join(fiber)
        }).pipe(Effect.provide(limited({ tokens: 1000, maxWait: "1 hour" }, transport)))
        return transport.sent[1]!.at
      })

    it.effect("are estimated, and corrected by the usage", () =>
      Effect.gen(function*() {
        const little = yield* sentAfter(chat(), 10)
        const much = yield* sentAfter(chat(), 500)
        assert.isBelow(little, 10_000)
        assert.isAbove(much, 25_000)
      }))

    it.effect("are returned where the estimate was too high", () =>
      Effect.gen(function*() {
        const transport = timed(() => completion(10))
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(chat({ max_tokens: 900 }))
          yield* Effect.repeatN(
            Effect.zipRight(TestClock.adjust("1 second"), Effect.repeatN(Effect.yieldNow(), 20)),
            90
          )
          yield* Fiber.join(fiber)
          const { at } = transport.sent[0]!
          yield* chat({ max_tokens: 50 })
          assert.isAbove(at, 50_000)
          assert.strictEqual(transport.sent.length, 2)
        }).pipe(Effect.provide(limited({ tokens: 1000, maxWait: "1 hour" }, transport)))
      }))

    it.effect("of a stream are corrected by its last chunk", () =>
      Effect.gen(function*() {
        const chunk = {
          id: "chatcmpl-1",
          object: "chat.completion.chunk",
          created: 1,
          model: "gpt-4o",
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 499, total_tokens: 500 }
        }
        const streamed = Stream.runDrain(
          ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] })
        )
        const transport = timed((count) =>
          count === 1
            ? new Response(Conversation.event(chunk) + Conversation.event("[DONE]"))
            : completion(1)
        )
        yield* Effect.gen(function*() {
          yield* streamed
          const error = yield* Effect.flip(chat())
          assert(error._tag === "LimitExceededError")
          assert.strictEqual(error.exceeded, "tokens")
          assert.isAbove(Duration.toMillis(error.retryAfter!), 20_000)
        }).pipe(Effect.provide(limited({ tokens: 1000, maxWait: 0 }, transport)))
      }))

    it.effect("above the limit take the entire limit", () =>
      Effect.gen(function*() {
        const transport = timed(() => completion(1))
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(chat({ max_tokens: 100_000 }))
          yield* Effect.repeatN(
            Effect.zipRight(TestClock.adjust("1 second"), Effect.repeatN(Effect.yieldNow(), 20)),
            90
          )
          yield* Fiber.join(fiber)
        }).pipe(Effect.provide(limited({ tokens: 1000, maxWait: "2 minutes" }, transport)))
      }))

    it.effect("are taken by inferences only", () =>
      Effect.gen(function*() {
        const transport = timed()
        yield* Effect.forEach(count(50), call).pipe(Effect.provide(limited({ tokens: 1, maxWait: 0 }, transport)))
        assert.strictEqual(transport.sent.length, 50)
      }))
  })

  describe("limits of the server", () => {
    const headers = {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "1",
      "x-ratelimit-reset-requests": "59s"
    }
    const answer = (headers: Record<string, string>) => new Response(JSON.stringify(Models.assistant()), { headers })

    it.effect("limit requests without options", () =>
      Effect.gen(function*() {
        const transport = timed((count) => answer(count === 1 ? headers : {}))
        yield* Effect.gen(function*() {
          yield* call("a")
          const fiber = yield* Effect.fork(Effect.forEach(count(4), call, { concurrency: "unbounded" }))
          for (let step = 0; step < 10; step++) {
            yield* settled
            yield* TestClock.adjust("500 millis")
          }
          yield* Fiber.join(fiber)
        }).pipe(Effect.provide(limited({}, transport)))
        // One remained, and one is added per second.
        assert.deepStrictEqual(transport.sent.map(({ at }) => at), [0, 0, 1000, 2000, 3000])
      }))

    it.effect("limit tokens without options", () =>
      Effect.gen(function*() {
        const transport = timed(() =>
          new Response(completion(1).body, {
            headers: {
              "x-ratelimit-limit-tokens": "6000",
              "x-ratelimit-remaining-tokens": "0",
              "x-ratelimit-reset-tokens": "1m0s"
            }
          })
        )
        yield* Effect.gen(function*() {
          yield* chat()
          const error = yield* Effect.flip(chat({ max_tokens: 3000 }))
          assert(error._tag === "LimitExceededError")
          assert.strictEqual(error.exceeded, "tokens")
          assert.isAbove(Duration.toMillis(error.retryAfter!), 29_000)
        }).pipe(Effect.provide(limited({ maxWait: "10 seconds" }, transport)))
      }))

    for (
      const [name, odd] of [
        ["nothing", {}],
        ["no numbers", { "x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "few" }],
        ["a limit of none", { "x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "0" }],
        ["a limit without the rest", { "x-ratelimit-limit-requests": "100" }],
        ["more than there is", { "x-ratelimit-limit-requests": "5", "x-ratelimit-remaining-requests": "9" }]
      ] as const
    ) {
      it.effect(`do not limit: ${name}`, () =>
        Effect.gen(function*() {
          const transport = timed(() => answer(odd))
          yield* Effect.forEach(count(5), call).pipe(Effect.provide(limited({ maxWait: 0 }, transport)))
          assert.strictEqual(transport.sent.length, 5)
        }))
    }

    for (const requests of [undefined, 50]) {
      it.effect(`wait for the end of retry-after (${requests ?? "no limit"})`, () =>
        Effect.gen(function*() {
          const transport = timed((count) =>
            count === 1 ? Client.failure(429, { "retry-after": "20" }) : Client.success(Models.assistant())
          )
          yield* Effect.gen(function*() {
            assert.strictEqual((yield* Effect.flip(call("a")))._tag, "RateLimitError")
            const fiber = yield* Effect.fork(Effect.zip(call("b"), call("c")))
            yield* settled
            for (let step = 0; step < 50; step++) {
              yield* TestClock.adjust("500 millis")
              yield* settled
            }
            yield* Fiber.join(fiber)
          }).pipe(Effect.provide(limited({ requests, window: 1000 }, transport)))
          assert.strictEqual(transport.sent[1]!.id, "b")
          assert.isAtLeast(transport.sent[1]!.at, 20_000)
          assert.isAtMost(transport.sent[1]!.at, 20_500)
        }))
    }
  })

  it.effect("count each attempt, retries included", () =>
    Effect.gen(function*() {
      const transport = timed(() => Client.failure(500))
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip(Client.atOnce(Assistants.retrieve({ assistant_id: "a" })))
        assert.strictEqual(error._tag, "LimitExceededError")
        assert.strictEqual(transport.sent.length, 2)
      }).pipe(Effect.provide(limited({ requests: 20, maxWait: 0 }, transport)))
    }))

  it.effect("return what an interrupted request took while it waited for a permit", () =>
    Effect.gen(function*() {
      const gate = Effect.unsafeMakeLatch()
      let sent = 0
      const transport = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.as(
            Effect.zipRight(Effect.sync(() => sent++), gate.await),
            HttpClientResponse.fromWeb(request, Client.success(Models.assistant()))
          )
        )
      )
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(call("a"))
        yield* settled
        const second = yield* Effect.fork(call("b"))
        yield* settled
        yield* Fiber.interrupt(second)
        yield* gate.open
        yield* Fiber.join(first)
        yield* call("c")
        assert.strictEqual(sent, 2)
        assert.strictEqual((yield* Effect.flip(call("d")))._tag, "LimitExceededError")
      }).pipe(
        Effect.provide(
          Client.layer("http://fake", { concurrency: 1 }, transport).pipe(
            Layer.provide(Layer.orDie(RateLimit.layer({ requests: 20, maxWait: 0 })))
          )
        )
      )
    }))

  for (
    const [option, options] of [
      ["requests", { requests: 0 }],
      ["requests", { requests: 1.5 }],
      ["tokens", { tokens: -1 }],
      ["tokens", { tokens: NaN }],
      ["window", { requests: 1, window: 0 }],
      ["window", { requests: 1, window: Infinity }],
      ["burst", { burst: 1 }],
      ["burst", { burst: -0.1 }]
    ] as const
  ) {
    it.effect(`refuse ${option} ${Object.values(options).at(-1)}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(RateLimit.layer(options))))
        assert.include(String(error), option)
      }))
  }
})
