import { Assistants, ChatCompletions, Files, OpenAiClient, Retry } from "@effect-openai/client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FiberId, Layer, Stream, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Models from "./utils/models.js"

/** A transport that holds each request until the test responds, and records which are in flight. */
const held = () => {
  const requests: Array<{ readonly url: string; readonly answer: (response: Response) => void; open: boolean }> = []
  const client = HttpClient.make((request) =>
    Effect.suspend(() => {
      const answer = Deferred.unsafeMake<Response>(FiberId.none)
      const held = {
        url: request.url,
        open: true,
        answer: (response: Response) => {
          held.open = false
          Deferred.unsafeDone(answer, Exit.succeed(response))
        }
      }
      requests.push(held)
      return Deferred.await(answer).pipe(
        Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
        Effect.onInterrupt(() => Effect.sync(() => held.open = false))
      )
    })
  )
  return {
    requests,
    layer: Layer.succeed(HttpClient.HttpClient, client),
    names: () => requests.map(({ url }) => url.slice(url.lastIndexOf("/") + 1)),
    open: () => requests.filter(({ open }) => open).length
  }
}

const call = (id: string) => Retry.none(Assistants.retrieve({ assistant_id: id }))
const content = (id: string) => Files.content.stream({ file_id: `${id}?` })
const chat = ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] })

const settled = Effect.repeatN(Effect.yieldNow(), 200)

const answer = () => Client.success(Models.assistant())

/** Runs a test with a client of these limits. */
const bounded = <A, E>(
  options: Partial<OpenAiClient.Options>,
  test: (transport: ReturnType<typeof held>) => Effect.Effect<A, E, OpenAiClient.OpenAiClient>
) => {
  const transport = held()
  return Effect.provide(
    test(transport),
    Client.layer("http://fake", { timeout: Infinity, ...options }, transport.layer)
  )
}

const start = (...ids: ReadonlyArray<string>) => Effect.forEach(ids, (id) => Effect.fork(call(id)))

describe("concurrency", () => {
  it.effect("is unlimited by default", () =>
    bounded({}, (transport) =>
      Effect.gen(function*() {
        yield* start(...Array.from({ length: 100 }, String))
        yield* settled
        assert.strictEqual(transport.open(), 100)
      })))

  it.effect("limits requests, and serves them in FIFO order", () =>
    bounded({ concurrency: 2 }, (transport) =>
      Effect.gen(function*() {
        const fibers = yield* start("a", "b", "c", "d", "e")
        for (let ended = 0; ended < 5; ended++) {
          yield* settled
          assert.deepStrictEqual(transport.names(), ["a", "b", "c", "d", "e"].slice(0, ended + 2))
          transport.requests[ended]!.answer(answer())
        }
        yield* Fiber.joinAll(fibers)
      })))

  it.effect("lets no later call overtake, even when a permit becomes free", () =>
    bounded({ concurrency: 1 }, (transport) =>
      Effect.gen(function*() {
        const [first] = yield* start("a", "b")
        yield* settled
        transport.requests[0]!.answer(answer())
        yield* Fiber.join(first!)
        yield* start("c")
        yield* settled
        assert.deepStrictEqual(transport.names(), ["a", "b"])
      })))

  it.effect("lets a waiting call be interrupted", () =>
    bounded({ concurrency: 1 }, (transport) =>
      Effect.gen(function*() {
        const [, b, c] = yield* start("a", "b", "c")
        yield* settled
        yield* Fiber.interrupt(b!)
        transport.requests[0]!.answer(answer())
        yield* settled
        assert.deepStrictEqual(transport.names(), ["a", "c"])
        transport.requests[1]!.answer(answer())
        yield* Fiber.join(c!)
      })))

  it.effect("loses no permit to interruptions", () =>
    bounded({ concurrency: 3 }, (transport) =>
      Effect.gen(function*() {
        for (let round = 0; round < 100; round++) {
          const fibers = yield* start("a", "b", "c", "d", "e", "f")
          yield* Effect.repeatN(Effect.yieldNow(), round % 12)
          yield* Effect.forEach(fibers, (fiber, at) =>
            (at + round) % 3 === 0 ? Effect.void : Effect.fork(Fiber.interrupt(fiber)))
          yield* Effect.repeatN(Effect.yieldNow(), round % 7)
          for (const request of transport.requests) {
            if (request.open) {
              request.answer(answer())
            }
          }
          yield* settled
          yield* Fiber.interruptAll(fibers)
          assert.strictEqual(transport.open(), 0)
        }
        const before = transport.requests.length
        yield* start("a", "b", "c", "d")
        yield* settled
        assert.strictEqual(transport.requests.length - before, 3)
      })))

  it.effect("is released by a failure, and not held during the delay of a retry", () =>
    bounded({ concurrency: 1 }, (transport) =>
      Effect.gen(function*() {
        const retried = yield* Effect.fork(Assistants.retrieve({ assistant_id: "a" }))
        yield* settled
        yield* start("b")
        transport.requests[0]!.answer(Client.failure(500))
        yield* settled
        assert.deepStrictEqual(transport.names(), ["a", "b"])
        yield* TestClock.adjust("1 second")
        transport.requests[1]!.answer(answer())
        yield* settled
        assert.deepStrictEqual(transport.names(), ["a", "b", "a"])
        transport.requests[2]!.answer(answer())
        yield* Fiber.join(retried)
      })))

  it.effect("is not needed for an invalid request", () =>
    bounded({ concurrency: 1 }, () =>
      Effect.gen(function*() {
        yield* start("a")
        yield* settled
        const error = yield* Effect.flip(Assistants.list({ limit: 0 }))
        assert.strictEqual(error._tag, "InvalidRequestError")
      })))

  describe("streams", () => {
    const running = (id: string) => Effect.fork(Stream.runForEach(content(id), () => Effect.never))

    it.effect("use half of the permits by default", () =>
      bounded({ concurrency: 4 }, (transport) =>
        Effect.gen(function*() {
          yield* running("1")
          yield* running("2")
          yield* running("3")
          yield* settled
          assert.strictEqual(transport.requests.length, 2)
          for (const request of transport.requests) request.answer(new Response("endless"))
          yield* settled
          assert.strictEqual(transport.requests.length, 2)
          yield* start("a", "b", "c")
          yield* settled
          assert.deepStrictEqual(transport.names().slice(2), ["a", "b"])
        })))

    it.effect("respect streamConcurrency, and leave the rest to calls", () =>
      bounded({ concurrency: 3, streamConcurrency: 1 }, (transport) =>
        Effect.gen(function*() {
          yield* running("1")
          yield* running("2")
          yield* settled
          yield* start("a", "b", "c")
          yield* settled
          assert.strictEqual(transport.requests.length, 3)
          yield* start("d")
          transport.requests[1]!.answer(answer())
          yield* settled
          assert.deepStrictEqual(transport.names().slice(1), ["a", "b", "c"])
        })))

    const endings: ReadonlyArray<
      readonly [string, Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>, () => Response]
    > = [
      ["that ends", Stream.runDrain(content("1")), () => new Response("abc")],
      ["of which only the beginning is read", Stream.runHead(content("1")), () => new Response("abc")],
      ["whose consumer fails", Stream.runForEach(content("1"), () => Effect.fail("no")), () => new Response("abc")],
      ["whose consumer dies", Stream.runForEach(content("1"), () => Effect.die("no")), () => new Response("abc")],
      ["that is refused", Retry.none(Stream.runDrain(content("1"))), () => Client.failure(404)],
      ["that ends early", Stream.runDrain(chat), () => new Response("data: {")],
      [
        "that is not a stream",
        Stream.runDrain(chat),
        () => new Response("{}", { headers: { "content-type": "application/json" } })
      ],
      ["of events that do not fit", Stream.runDrain(chat), () => new Response(Conversation.event({ id: 1 }))]
    ]
    for (const [name, stream, response] of endings) {
      it.effect(`a stream ${name} releases its permit`, () =>
        bounded({ concurrency: 1 }, (transport) =>
          Effect.gen(function*() {
            const fiber = yield* Effect.fork(Effect.exit(stream))
            yield* settled
            transport.requests[0]!.answer(response())
            yield* Fiber.join(fiber)
            yield* start("a")
            yield* settled
            assert.strictEqual(transport.requests.length, 2)
          })))
    }

    it.effect("is released by an interruption, before and within a response", () =>
      bounded({ concurrency: 1 }, (transport) =>
        Effect.gen(function*() {
          const before = yield* running("1")
          yield* settled
          yield* Fiber.interrupt(before)
          const middle = yield* running("2")
          yield* settled
          transport.requests[1]!.answer(new Response("abc"))
          yield* settled
          yield* start("a")
          yield* settled
          assert.strictEqual(transport.requests.length, 2)
          yield* Fiber.interrupt(middle)
          yield* settled
          assert.strictEqual(transport.requests.length, 3)
        })))
  })

  for (
    const [option, options] of [
      ["concurrency", { concurrency: 0 }],
      ["concurrency", { concurrency: 1.5 }],
      ["concurrency", { concurrency: NaN }],
      ["streamConcurrency", { streamConcurrency: -1 }]
    ] as const
  ) {
    it.effect(`${JSON.stringify(options)} is refused`, () =>
      Effect.gen(function*() {
        const error = yield* OpenAiClient.make({ ...Client.credentials, ...options }).pipe(
          Effect.provide(held().layer),
          Effect.flip
        )
        assert.include(String(error), option)
      }))
  }
})
