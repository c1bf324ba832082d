import { ChatCompletions, OpenAiClient, Retry, Runs } from "@effect-openai/client"
import type { Operation } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, FastCheck as fc, Fiber, Layer, Logger, Option, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Server from "./utils/server.js"

const { chunk, done, event } = Conversation

const chat = (options?: Operation.StreamOptions) =>
  ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }, options)

const run = (options?: Operation.StreamOptions) =>
  Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" }, options)

/** All that a Stream gave, and how it ended. */
const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) => {
  const events: Array<A> = []
  return Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event))).pipe(
    Effect.either,
    Effect.map((end) => ({ events, end }))
  )
}

const inMemory = (answer: () => Response, options?: Partial<OpenAiClient.Options>) =>
  Effect.provide(Client.layer("http://fake", options, Client.fake(answer).layer))

const against = (server: Server.TestServer) => Effect.provide(Client.layer(server.origin))

/** What a Stream of chat chunks makes of these pieces. */
const chatOf = (...pieces: ReadonlyArray<string | Uint8Array>) =>
  collect(chat()).pipe(inMemory(() => Conversation.answer(...pieces)))

const runOf = (...pieces: ReadonlyArray<string | Uint8Array>) =>
  collect(run()).pipe(inMemory(() => Conversation.answer(...pieces)))

const failure = <A, E>(end: Either.Either<A, E>) => Either.getOrThrow(Either.flip(end))

const hello = chunk({ content: "Grüße, 世界 👋" })
const world = chunk({ content: "!" })

describe("EventStream", () => {
  describe("13: however it is written", () => {
    const body = `: a comment\nid: 1\nretry: 10\n${event(hello)}data:${JSON.stringify(world)}\n\n${done}`
    const pretty = JSON.stringify(hello, null, 2).split("\n").map((line) => `data: ${line}\n`).join("")
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["LF", body],
      ["CRLF", body.replaceAll("\n", "\r\n")],
      ["CR", body.replaceAll("\n", "\r")],
      ["a BOM", `\uFEFF${body}`],
      ["data over several lines", `${pretty}\n${event(world)}${done}`]
    ]
    for (const [name, body] of cases) {
      const bytes = Buffer.from(body)
      const ways: ReadonlyArray<readonly [string, Server.Reply]> = [
        ["at once", Conversation.reply(bytes)],
        ["byte by byte", Conversation.reply(...Array.from(bytes, (byte) => Buffer.of(byte)))]
      ]
      for (const [way, reply] of ways) {
        it.scopedLive(`${name}, ${way}`, () =>
          Effect.gen(function*() {
            const server = yield* Server.make(reply)
            const { end, events } = yield* collect(chat()).pipe(against(server))
            assert.deepStrictEqual(end, Either.right(undefined))
            assert.deepStrictEqual(events, [hello, world])
            assert.strictEqual(server.requests[0]!.headers.accept, "text/event-stream")
            assert.deepInclude(JSON.parse(server.requests[0]!.body().toString()), { stream: true })
          }))
      }
    }

    for (const ending of ["\n", "\r\n", "\r"]) {
      it.scopedLive(`the first event is out before anything follows: ${JSON.stringify(ending)}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.hush(event(hello).replaceAll("\n", ending)))
          const first = yield* Stream.runHead(chat()).pipe(against(server))
          assert.deepStrictEqual(first, Option.some(hello))
          yield* server.gone(0)
        }))
    }

    const name = fc.stringMatching(/^[a-z][a-z._]{0,20}$/).filter((name) => name !== "error" && name !== "done")
    const writing = fc.record({
      events: fc.array(fc.record({ event: name, data: fc.json().map((text): unknown => JSON.parse(text)) }), {
        maxLength: 8
      }),
      ending: fc.constantFrom("\n", "\r\n", "\r"),
      indent: fc.constantFrom(0, 2),
      noise: fc.array(fc.constantFrom(": ping", "id: 7", "retry: 3", "", "unknown: field", "event"), { maxLength: 3 }),
      bom: fc.boolean(),
      closed: fc.boolean(),
      cuts: fc.array(fc.nat(), { maxLength: 30 })
    })
    it.effect.prop("however it is cut", { writing }, ({ writing }) =>
      Effect.gen(function*() {
        const { bom, closed, cuts, ending, events, indent, noise } = writing
        const lines = events.flatMap(({ data, event }) => [
          ...noise,
          `event: ${event}`,
          ...JSON.stringify(data, null, indent).split("\n").map((line) => `data: ${line}`),
          ""
        ])
        const text = [...lines, "event: done", "data: [DONE]", ...(closed ? ["", ""] : [])].join(ending)
        const bytes = new TextEncoder().encode(bom ? `\uFEFF${text}` : text)
        const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((one, other) => one - other), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
        const result = yield* runOf(...pieces)
        assert.deepStrictEqual(result.end, Either.right(undefined))
        assert.deepStrictEqual<unknown>(result.events, events)
      }))
  })

  describe("14: how it ends", () => {
    it.effect("the last event may lack its blank line, or its line's end", () =>
      Effect.gen(function*() {
        for (const cut of [1, 2]) {
          const { end, events } = yield* chatOf(event(hello) + event(world).slice(0, -cut))
          assert.deepStrictEqual(events, [hello, world])
          assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 2 })
          const closed = yield* chatOf(event(hello) + done.slice(0, -cut))
          assert.deepStrictEqual(closed, { events: [hello], end: Either.right(undefined) })
        }
      }))

    it.effect("an event that is cut in the middle is not delivered", () =>
      Effect.gen(function*() {
        const { end, events } = yield* chatOf(event(hello) + event(world).slice(0, -10))
        assert.deepStrictEqual(events, [hello])
        assert.deepInclude(failure(end), {
          _tag: "StreamInterruptedError",
          operation: "createChatCompletion",
          events: 1
        })
      }))

    it.effect("nothing at all is an interruption too", () =>
      Effect.gen(function*() {
        for (const answer of [() => Conversation.answer(), () => new Response(null)]) {
          const { end, events } = yield* collect(chat()).pipe(inMemory(answer))
          assert.deepStrictEqual(events, [])
          assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 0 })
        }
      }))

    for (const then of ["end", "reset"] as const) {
      it.scopedLive(`a connection that breaks, by ${then}, interrupts it after all that came`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.broken(event(hello) + event(world), then))
          const { end, events } = yield* collect(chat()).pipe(against(server))
          assert.deepStrictEqual(events, [hello, world])
          assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 2 })
          assert.strictEqual(server.requests.length, 1)
        }))

      it.scopedLive(`a connection that breaks, by ${then}, once it is done harms nothing`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.broken(event(hello) + done, then))
          const { end, events } = yield* collect(chat()).pipe(against(server))
          assert.deepStrictEqual({ events, end }, { events: [hello], end: Either.right(undefined) })
        }))
    }

    it.effect("nothing is read beyond its end", () =>
      Effect.gen(function*() {
        for (const end of [done, event("[DONE]", "done"), event("", "done")]) {
          const result = yield* chatOf(`${event(hello)}${end}${event(world)}${event({ error: { message: "no" } })}`)
          assert.deepStrictEqual(result, { events: [hello], end: Either.right(undefined) })
        }
      }))

    it.effect("an event without data is skipped", () =>
      Effect.gen(function*() {
        const { end, events } = yield* runOf(`event: thread.run.created\n\n\n\n${event(1, "a")}${done}`)
        assert.deepStrictEqual(end, Either.right(undefined))
        assert.deepStrictEqual<unknown>(events, [{ event: "a", data: 1 }])
      }))

    for (const almost of ["[DONE] ", "[done]", "[DONE]]", "\"[DONE]\"", "DONE"]) {
      it.effect(`${JSON.stringify(almost)} is not the end`, () =>
        Effect.gen(function*() {
          const { end } = yield* chatOf(event(hello) + event(almost))
          assert.strictEqual(failure(end)._tag, "InvalidResponseError")
        }))
    }
  })

  describe("15: errors and what is no event", () => {
    const cases: ReadonlyArray<readonly [name: string, text: string, expected: object]> = [
      [
        "wrapped",
        event({ error: { message: "over", type: "server_error", param: null, code: null } }),
        { _tag: "InternalServerError", message: "over", type: "server_error", status: 500 }
      ],
      [
        "wrapped, by name",
        event({ error: { message: "slow", code: "rate_limit_exceeded" } }, "error"),
        { _tag: "RateLimitError", message: "slow", code: "rate_limit_exceeded", status: 429 }
      ],
      [
        "flat, by name",
        event({ message: "no", type: "invalid_request_error", param: "model", code: null }, "error"),
        { _tag: "BadRequestError", message: "no", param: "model" }
      ],
      [
        "flat, as vLLM writes it",
        event({ object: "error", message: "too long", type: "BadRequestError", code: 400 }),
        { _tag: "BadRequestError", message: "too long", code: "400" }
      ],
      ["a text", event("overloaded", "error"), { _tag: "InternalServerError", message: "overloaded" }],
      ["a text within", event({ error: "overloaded" }), { _tag: "InternalServerError", message: "overloaded" }],
      ["nothing that is known", event({}, "error"), { _tag: "InternalServerError" }],
      [
        "an empty account",
        event({ error: { message: "pay", type: "insufficient_quota", code: "insufficient_quota" } }),
        { _tag: "InsufficientQuotaError", message: "pay" }
      ],
      [
        "beside a chunk",
        event({ ...world, error: { message: "bad gateway", code: 502 } }),
        { _tag: "InternalServerError", message: "bad gateway", status: 502 }
      ]
    ]
    for (const [name, text, expected] of cases) {
      it.scopedLive(`an error, ${name}, comes after all before it, and once`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.reply(event(hello), text, event(world), done))
          const { end, events } = yield* collect(chat()).pipe(against(server))
          assert.deepStrictEqual(events, [hello])
          assert.deepInclude(failure(end), { operation: "createChatCompletion", ...expected })
          assert.strictEqual(server.requests.length, 1)
        }))
    }

    it.effect("an error that is null passes", () =>
      Effect.gen(function*() {
        const { end, events } = yield* chatOf(event({ ...hello, error: null }) + done)
        assert.deepStrictEqual(end, Either.right(undefined))
        assert.deepStrictEqual<unknown>(events, [{ ...hello, error: null }])
      }))

    it.effect("a named event of an unknown kind may have a field `error`", () =>
      Effect.gen(function*() {
        const data = { error: { message: "of a tool" } }
        const { end, events } = yield* runOf(event(data, "thread.run.step.tool_failed") + done)
        assert.deepStrictEqual(end, Either.right(undefined))
        assert.deepStrictEqual<unknown>(events, [{ event: "thread.run.step.tool_failed", data }])
      }))

    it.effect("an error in a run's stream needs no name", () =>
      Effect.gen(function*() {
        const { end } = yield* runOf(event({ error: { message: "over" } }))
        assert.deepInclude(failure(end), { _tag: "InternalServerError", message: "over" })
      }))

    it.effect("an event that does not fit fails with its name and its position", () =>
      Effect.gen(function*() {
        const { end, events } = yield* runOf(
          event(Conversation.run(), "thread.run.created") + event({ id: 1 }, "thread.run.queued") + done
        )
        assert.strictEqual(events.length, 1)
        const error = failure(end)
        assert.deepInclude(error, { _tag: "InvalidResponseError", operation: "createRun", status: 200 })
        assert.match(error.message, /^Event 1 of createRun, thread\.run\.queued, does not fit the contract at data\./)
      }))

    it.effect("an event that is no JSON fails with what it is", () =>
      Effect.gen(function*() {
        const { end } = yield* chatOf(event(hello) + event("<html>") + event(world))
        assert.deepInclude(failure(end), {
          _tag: "InvalidResponseError",
          message: "Event 1 of createChatCompletion is not JSON: <html>"
        })
      }))

    it.effect("or is skipped, and a warning says so", () =>
      Effect.gen(function*() {
        const logged: Array<unknown> = []
        const logger = Logger.make(({ logLevel, message }) => void logged.push([logLevel.label, message]))
        const { end, events } = yield* collect(chat({ onInvalidEvent: "skip" })).pipe(
          inMemory(() => Conversation.answer(event(hello) + event("<html>") + event({ id: 1 }) + event(world) + done)),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.deepStrictEqual({ events, end }, { events: [hello, world], end: Either.right(undefined) })
        assert.strictEqual(logged.length, 2)
        assert.deepStrictEqual(logged[0], ["WARN", ["Event 1 of createChatCompletion is not JSON: <html>"]])
        assert.match(JSON.stringify(logged[1]), /WARN.*Event 2 of createChatCompletion does not fit the contract at/)
      }))

    it.effect("an error is none to be skipped", () =>
      Effect.gen(function*() {
        const { end } = yield* collect(chat({ onInvalidEvent: "skip" })).pipe(
          inMemory(() => Conversation.answer(event({ error: { message: "over" } }) + done))
        )
        assert.strictEqual(failure(end)._tag, "InternalServerError")
      }))
  })

  describe("16: silence and interruption", () => {
    /** Runs a Stream until its first event, and hands over its fiber. */
    const begun = <A, E>(stream: Stream.Stream<A, E, OpenAiClient.OpenAiClient>, server: Server.TestServer) =>
      Effect.gen(function*() {
        const seen = yield* Deferred.make<void>()
        const fiber = yield* Stream.runForEach(stream, () => Deferred.succeed(seen, undefined)).pipe(
          against(server),
          Effect.either,
          Effect.fork
        )
        yield* Deferred.await(seen)
        return fiber
      })

    it.scoped("a silent stream is a timeout, and its connection is closed", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello)))
        const fiber = yield* begun(chat(), server)
        const error = failure(yield* Fiber.join(fiber).pipe(Client.advancing("1 minute")))
        assert.deepInclude(error, { _tag: "TimeoutError", phase: "next", operation: "createChatCompletion" })
        yield* server.gone(0)
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scopedLive("interrupting it closes the connection", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(Conversation.run(), "thread.run.created")))
        const fiber = yield* begun(run(), server)
        yield* Fiber.interrupt(fiber)
        yield* server.gone(0)
      }))

    it.scopedLive("its end closes the connection that the server leaves open", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello) + done))
        const { end } = yield* collect(chat()).pipe(against(server))
        assert.deepStrictEqual(end, Either.right(undefined))
        yield* server.gone(0)
      }))

    it.scopedLive("who takes no more closes the connection", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello) + event(world)))
        yield* chat().pipe(Stream.take(1), Stream.runDrain, against(server))
        yield* server.gone(0)
      }))
  })

  describe("before it begins", () => {
    const ok = Conversation.reply(event(hello), done)

    for (
      const [name, reply] of [
        ["429", Server.error(429)],
        ["500", Server.error(500)],
        ["a reset", Server.reset]
      ] as const
    ) {
      it.scopedLive(`${name} is tried again`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(reply, ok)
          const { end, events } = yield* collect(chat()).pipe(Client.atOnce, against(server))
          assert.deepStrictEqual({ events, end }, { events: [hello], end: Either.right(undefined) })
          assert.strictEqual(server.requests.length, 2)
          assert.strictEqual(server.requests[1]!.body().toString(), server.requests[0]!.body().toString())
        }))
    }

    it.scopedLive("a run is not created twice", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.reset)
        const { end } = yield* collect(run()).pipe(Client.atOnce, against(server))
        assert.deepInclude(failure(end), { _tag: "TransportError", operation: "createRun" })
        assert.strictEqual(server.requests.length, 1)
      }))

    it.scopedLive("an error is typed as ever", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.error(401))
        const { end } = yield* collect(chat()).pipe(Retry.none, against(server))
        assert.deepInclude(failure(end), { _tag: "AuthenticationError", status: 401 })
      }))

    for (
      const [name, reply] of [
        ["JSON", Server.json(Conversation.completion({ content: "Hi" }))],
        ["an error as JSON", Server.json({ error: { message: "over" } })],
        ["HTML", Server.text("<html>", 200, { "content-type": "text/html; charset=utf-8" })]
      ] as const
    ) {
      it.scopedLive(`an answer of ${name} is invalid`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(reply)
          const { end } = yield* collect(chat()).pipe(Client.atOnce, against(server))
          const error = failure(end)
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.match(error.message, /no stream of events but (application\/json|text\/html)/)
          assert.strictEqual(server.requests.length, 1)
        }))
    }

    it.scopedLive("each run of a Stream is a request of its own", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(ok)
        const stream = chat()
        yield* Effect.zip(collect(stream), collect(stream)).pipe(against(server))
        assert.strictEqual(server.requests.length, 2)
      }))

    it.effect("what replaces an operation answers whole, and no events", () =>
      Effect.gen(function*() {
        const replaced = OpenAiClient.replace(
          ChatCompletions.create,
          () => Effect.succeed(Conversation.completion({ content: "Hi" }))
        ).pipe(Layer.provide(Client.layer("http://fake", {}, Client.fake(() => Conversation.answer(done)).layer)))
        const { end, events } = yield* collect(chat()).pipe(Effect.provide(replaced))
        assert.deepStrictEqual({ events, end }, { events: [], end: Either.right(undefined) })
      }))

    it.effect("`stream` is no field of a request", () =>
      Effect.gen(function*() {
        const transport = Client.fake(() => Conversation.answer(done))
        const request = { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], stream: false } as const
        const results = yield* Effect.all([
          Effect.flip(ChatCompletions.create(request)),
          Effect.flip(Stream.runDrain(ChatCompletions.create.stream(request)))
        ]).pipe(Effect.provide(Client.layer("http://fake", {}, transport.layer)))
        for (const error of results) assert.deepInclude(error, { _tag: "InvalidRequestError", field: "stream" })
        assert.strictEqual(transport.requests.length, 0)
      }))
  })
})
