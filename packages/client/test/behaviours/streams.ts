import type { OpenAiClient, Operation } from "@effect-openai/client"
import { ChatCompletions, ChatStream, Retry, Runs, RunStream } from "@effect-openai/client"
import { assert } from "@effect/vitest"
import { Effect, Either, Fiber, Logger, Option, Stream } from "effect"
import * as Behaviour from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import * as Conversation from "../utils/conversation.js"
import * as Server from "../utils/server.js"
import { begun, failsWith } from "./calls.js"

export const section = Behaviour.section("Streams of events", "streams.ts")
const { behaviour } = section

const { chunk, done, event } = Conversation

const chat = (options?: Operation.StreamOptions) =>
  ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }, options)

const run = (options?: Operation.StreamOptions) =>
  Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" }, options)

/** Returns the elements of a Stream, and how it ended. */
const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) => {
  const events: Array<A> = []
  return Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event))).pipe(
    Effect.either,
    Effect.map((end) => ({ events, end }))
  )
}

/** Runs a Stream over a body in these chunks. */
const of = <A, E>(
  on: Behaviour.Subject,
  stream: Stream.Stream<A, E, OpenAiClient.OpenAiClient>,
  pieces: ReadonlyArray<string | Uint8Array>
) => Effect.flatMap(Server.make(Conversation.reply(...pieces)), (server) => collect(stream).pipe(on.against(server)))

const chatOf = (on: Behaviour.Subject, ...pieces: ReadonlyArray<string | Uint8Array>) => of(on, chat(), pieces)

const runOf = (on: Behaviour.Subject, ...pieces: ReadonlyArray<string | Uint8Array>) => of(on, run(), pieces)

const failure = <A, E>(end: Either.Either<A, E>) => Either.getOrThrow(Either.flip(end))

const hello = chunk({ content: "Grüße, 世界 👋" })
const world = chunk({ content: "!" })

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
  const ways: ReadonlyArray<readonly [string, Server.Script]> = [
    ["in one chunk", Conversation.reply(bytes)],
    ["in chunks of one byte", Conversation.reply(...Array.from(bytes, (byte) => Buffer.of(byte)))]
  ]
  for (const [way, reply] of ways) {
    behaviour(13, `${name} ${way}`, (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(reply)
        const { end, events } = yield* collect(chat()).pipe(on.against(server))
        assert.deepStrictEqual(end, Either.right(undefined))
        assert.deepStrictEqual(events, [hello, world])
        assert.strictEqual(server.requests[0]!.headers.accept, "text/event-stream")
        assert.deepInclude(JSON.parse(server.requests[0]!.body().toString()), { stream: true })
      }))
  }
}

for (const ending of ["\n", "\r\n", "\r"]) {
  behaviour(
    13,
    `an event is emitted with its last line end: ${JSON.stringify(ending)}`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello).replaceAll("\n", ending)))
        const first = yield* Stream.runHead(chat()).pipe(on.against(server))
        assert.deepStrictEqual(first, Option.some(hello))
        yield* server.gone(0)
      })
  )
}

behaviour(14, "the last event may lack its blank line or its line end", (on) =>
  Effect.gen(function*() {
    for (const cut of [1, 2]) {
      const { end, events } = yield* chatOf(on, event(hello) + event(world).slice(0, -cut))
      assert.deepStrictEqual(events, [hello, world])
      assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 2 })
      const closed = yield* chatOf(on, event(hello) + done.slice(0, -cut))
      assert.deepStrictEqual(closed, { events: [hello], end: Either.right(undefined) })
    }
  }))

const ended = (index: number, finish_reason = "stop") =>
  event(chunk({}, { choices: [{ index, delta: {}, finish_reason }] }))

const completed = (request: object, ...pieces: ReadonlyArray<string>) => (on: Behaviour.Subject) =>
  Effect.map(
    of(
      on,
      ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], ...request }),
      pieces
    ),
    ({ end }) => Either.isRight(end) ? "complete" : end.left._tag
  )

for (
  const [name, request, pieces, expected] of [
    ["its finish_reason", {}, [event(hello), ended(0)], "complete"],
    ["its finish_reason, and usage after it", {}, [ended(0), event(chunk({}, { choices: [] }))], "complete"],
    ["a finish_reason of each choice", { n: 2 }, [ended(1), ended(0)], "complete"],
    ["a finish_reason of one choice of two", {}, [event(hello), ended(1)], "StreamInterruptedError"],
    ["a finish_reason of the only choice of two", { n: 2 }, [event(hello), ended(0)], "StreamInterruptedError"],
    ["no finish_reason", {}, [event(hello), ended(0, "None"), ended(0, "")], "StreamInterruptedError"],
    ["its finish_reason, and half of an event", {}, [ended(0), event(hello).slice(0, -10)], "StreamInterruptedError"],
    ["its finish_reason, and half of a line", {}, [ended(0), "dat"], "StreamInterruptedError"]
  ] as const
) {
  behaviour(
    14,
    `a chat that ends without [DONE], after ${name}: ${expected}`,
    (on) => Effect.map(completed(request, ...pieces)(on), (end) => assert.strictEqual(end, expected))
  )
}

behaviour(14, "a connection that is reset after the finish_reason is an interruption", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Conversation.broken(event(hello) + ended(0), "reset"))
    const { end, events } = yield* collect(chat()).pipe(on.against(server))
    assert.strictEqual(events.length, 2)
    assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 2 })
  }))

behaviour(14, "a run that ends without [DONE] is interrupted, even if it is completed", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* runOf(on, event(Conversation.run("completed"), "thread.run.completed"))
    assert.strictEqual(events.length, 1)
    assert.strictEqual(failure(end)._tag, "StreamInterruptedError")
  }))

behaviour(14, "an incomplete event is not emitted", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* chatOf(on, event(hello) + event(world).slice(0, -10))
    assert.deepStrictEqual(events, [hello])
    assert.deepInclude(failure(end), {
      _tag: "StreamInterruptedError",
      operation: "createChatCompletion",
      events: 1
    })
  }))

behaviour(14, "an empty body is an interruption", (on) =>
  Effect.gen(function*() {
    for (const reply of [Conversation.reply(), Server.raw("HTTP/1.1 204 No Content\r\n\r\n")]) {
      const server = yield* Server.make(reply)
      const { end, events } = yield* collect(chat()).pipe(on.against(server))
      assert.deepStrictEqual(events, [])
      assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 0 })
    }
  }))

for (const then of ["end", "reset"] as const) {
  behaviour(
    14,
    `a connection that breaks, by ${then}, emits the events before it fails`,
    (on) =>
      Effect.gen(function*() {
        const server = yield* Server.make(Conversation.broken(event(hello) + event(world), then))
        const { end, events } = yield* collect(chat()).pipe(on.against(server))
        assert.deepStrictEqual(events, [hello, world])
        assert.deepInclude(failure(end), { _tag: "StreamInterruptedError", events: 2 })
        assert.strictEqual(server.requests.length, 1)
      })
  )

  behaviour(14, `a connection that breaks, by ${then}, after the end has no effect`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Conversation.broken(event(hello) + done, then))
      const { end, events } = yield* collect(chat()).pipe(on.against(server))
      assert.deepStrictEqual({ events, end }, { events: [hello], end: Either.right(undefined) })
    }))
}

behaviour(14, "events after the end are ignored", (on) =>
  Effect.gen(function*() {
    for (const end of [done, event("[DONE]", "done"), event("", "done")]) {
      const result = yield* chatOf(on, `${event(hello)}${end}${event(world)}${event({ error: { message: "no" } })}`)
      assert.deepStrictEqual(result, { events: [hello], end: Either.right(undefined) })
    }
  }))

behaviour(14, "an event without data is skipped", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* runOf(on, `event: thread.run.created\n\n\n\n${event(1, "a")}${done}`)
    assert.deepStrictEqual(end, Either.right(undefined))
    assert.deepStrictEqual<unknown>(events, [{ event: "a", data: 1 }])
  }))

for (const almost of ["[DONE] ", "[done]", "[DONE]]", "\"[DONE]\"", "DONE"]) {
  behaviour(14, `${JSON.stringify(almost)} is not the end`, (on) =>
    Effect.gen(function*() {
      const { end } = yield* chatOf(on, event(hello) + event(almost))
      assert.strictEqual(failure(end)._tag, "InvalidResponseError")
    }))
}

const errors: ReadonlyArray<readonly [name: string, text: string, expected: object]> = [
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
  ["with a text", event({ error: "overloaded" }), { _tag: "InternalServerError", message: "overloaded" }],
  ["of an unknown shape", event({}, "error"), { _tag: "InternalServerError" }],
  [
    "with insufficient_quota",
    event({ error: { message: "pay", type: "insufficient_quota", code: "insufficient_quota" } }),
    { _tag: "InsufficientQuotaError", message: "pay" }
  ],
  [
    "next to a chunk",
    event({ ...world, error: { message: "bad gateway", code: 502 } }),
    { _tag: "InternalServerError", message: "bad gateway", status: 502 }
  ]
]
for (const [name, text, expected] of errors) {
  behaviour(15, `an error ${name} ends the stream after the events before it`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Conversation.reply(event(hello), text, event(world), done))
      const { end, events } = yield* collect(chat()).pipe(on.against(server))
      assert.deepStrictEqual(events, [hello])
      assert.deepInclude(failure(end), { operation: "createChatCompletion", ...expected })
      assert.strictEqual(server.requests.length, 1)
    }))
}

behaviour(15, "an error that is null is ignored", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* chatOf(on, event({ ...hello, error: null }) + done)
    assert.deepStrictEqual(end, Either.right(undefined))
    assert.deepStrictEqual<unknown>(events, [{ ...hello, error: null }])
  }))

behaviour(15, "a named event of an unknown kind may have a field `error`", (on) =>
  Effect.gen(function*() {
    const data = { error: { message: "of a tool" } }
    const { end, events } = yield* runOf(on, event(data, "thread.run.step.tool_failed") + done)
    assert.deepStrictEqual(end, Either.right(undefined))
    assert.deepStrictEqual<unknown>(events, [{ event: "thread.run.step.tool_failed", data }])
  }))

behaviour(15, "an error in a run's stream may have no name", (on) =>
  Effect.gen(function*() {
    const { end } = yield* runOf(on, event({ error: { message: "over" } }))
    assert.deepInclude(failure(end), { _tag: "InternalServerError", message: "over" })
  }))

behaviour(15, "an invalid event fails with its name and its position", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* runOf(
      on,
      event(Conversation.run(), "thread.run.created") + event({ id: {} }, "thread.run.queued") + done
    )
    assert.strictEqual(events.length, 1)
    const error = failure(end)
    assert.deepInclude(error, { _tag: "InvalidResponseError", operation: "createRun", status: 200 })
    assert.match(error.message, /^Event 1 of createRun, thread\.run\.queued, does not fit the contract at data\./)
  }))

behaviour(15, "an event that is not JSON fails with its text", (on) =>
  Effect.gen(function*() {
    const { end } = yield* chatOf(on, event(hello) + event("<html>") + event(world))
    assert.deepInclude(failure(end), {
      _tag: "InvalidResponseError",
      message: "Event 1 of createChatCompletion is not JSON: <html>"
    })
  }))

behaviour(15, "an invalid event is skipped with a warning by onInvalidEvent", (on) =>
  Effect.gen(function*() {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ logLevel, message }) => void logged.push([logLevel.label, message]))
    const pieces = [event(hello), event("<html>"), event({ choices: 1 }), event(world), done]
    const { end, events } = yield* of(on, chat({ onInvalidEvent: "skip" }), pieces).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    assert.deepStrictEqual({ events, end }, { events: [hello, world], end: Either.right(undefined) })
    assert.strictEqual(logged.length, 2)
    assert.deepStrictEqual(logged[0], ["WARN", ["Event 1 of createChatCompletion is not JSON: <html>"]])
    assert.match(JSON.stringify(logged[1]), /WARN.*Event 2 of createChatCompletion does not fit the contract at/)
  }))

behaviour(15, "an error is never skipped", (on) =>
  Effect.gen(function*() {
    const { end } = yield* of(on, chat({ onInvalidEvent: "skip" }), [event({ error: { message: "over" } }), done])
    assert.strictEqual(failure(end)._tag, "InternalServerError")
  }))

behaviour(16, "an idle stream times out, and closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.hush(event(hello)))
    yield* Effect.gen(function*() {
      const fiber = yield* begun(chat())
      const error = yield* Fiber.join(fiber).pipe(Client.advancing("1 minute"), failsWith("TimeoutError"))
      assert.deepInclude(error, { phase: "next", operation: "createChatCompletion" })
      yield* server.gone(0)
    }).pipe(on.against(server))
    assert.strictEqual(server.requests.length, 1)
  }))

behaviour(16, "interrupting a stream closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.hush(event(Conversation.run(), "thread.run.created")))
    yield* Effect.gen(function*() {
      yield* Fiber.interrupt(yield* begun(run()))
      yield* server.gone(0)
    }).pipe(on.against(server))
  }))

behaviour(16, "the end of a stream closes a connection that the server keeps open", (on) =>
  Effect.gen(function*() {
    for (
      const reply of [
        Server.hush(event(hello) + done),
        [...Server.hush(event(hello) + done), Server.forever(": ping\n\n")]
      ]
    ) {
      const server = yield* Server.make(reply)
      yield* Effect.gen(function*() {
        const fiber = yield* begun(chat())
        assert.isUndefined(yield* Fiber.join(fiber).pipe(Client.advancing("100 millis")))
        yield* server.gone(0)
      }).pipe(on.against(server))
    }
  }))

behaviour(
  16,
  "the connection of a stream is reused where the server ends the response",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Conversation.reply(event(hello), done, ": bye\n\n"))
      yield* Effect.repeatN(collect(chat()), 9).pipe(on.against(server))
      assert.strictEqual(server.requests.length, 10)
      // Undici reuses a connection only a little later, and therefore alternates between two.
      assert.isAtMost(server.connections(), 2)
    }),
  ({ withoutReuse }) => withoutReuse
)

behaviour(16, "a stream that is not read to its end closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.hush(event(hello) + event(world)))
    yield* chat().pipe(Stream.take(1), Stream.runDrain, on.against(server))
    yield* server.gone(0)
  }))

const ok = Conversation.reply(event(hello), done)

for (
  const [name, reply] of [
    ["429", Server.error(429)],
    ["500", Server.error(500)],
    ["a reset", Server.reset]
  ] as const
) {
  behaviour(4, `a chat whose stream begins with ${name} is retried`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(reply, ok)
      const { end, events } = yield* collect(chat()).pipe(Client.atOnce, on.against(server))
      assert.deepStrictEqual({ events, end }, { events: [hello], end: Either.right(undefined) })
      assert.strictEqual(server.requests.length, 2)
      assert.strictEqual(server.requests[1]!.body().toString(), server.requests[0]!.body().toString())
    }))
}

behaviour(4, "a run whose stream is reset before it begins is not retried", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.reset)
    const { end } = yield* collect(run()).pipe(Client.atOnce, on.against(server))
    assert.deepInclude(failure(end), { _tag: "TransportError", operation: "createRun" })
    assert.strictEqual(server.requests.length, 1)
  }))

behaviour(15, "an error response of a stream is a typed error", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(Server.error(401))
    const { end } = yield* collect(chat()).pipe(Retry.none, on.against(server))
    assert.deepInclude(failure(end), { _tag: "AuthenticationError", status: 401 })
  }))

const html = "<html><head><title>Sign in</title></head><body>now</body></html>"
for (
  const [name, reply, expected] of [
    ["a completion", Server.json(Conversation.completion({ content: "Hi" })), {
      _tag: "InvalidResponseError",
      message: /^The response is not a stream of events but application\/json: \{"id":"chatcmpl_1"/
    }],
    ["an error", Server.json({ error: { message: "over", code: 429 } }), {
      _tag: "RateLimitError",
      message: /^over$/
    }],
    [
      "an error over several lines, under the content type of events",
      Server.text(JSON.stringify({ error: { message: "over" } }, null, 2), 200, {
        "content-type": "text/event-stream"
      }),
      { _tag: "InternalServerError", message: /^over$/ }
    ],
    ["HTML", Server.text(html, 200, { "content-type": "text/html" }), {
      _tag: "InvalidResponseError",
      message: /^The response is not a stream of events but text\/html: Sign in$/
    }],
    ["text", Server.text("Unavailable", 200, { "content-type": "text/plain" }), {
      _tag: "InvalidResponseError",
      message: /but text\/plain: Unavailable$/
    }],
    ["endless text", Server.endless(200, "no event, ".repeat(1000) + "\n"), {
      _tag: "InvalidResponseError",
      message: /but text: no event/
    }]
  ] as const
) {
  behaviour(21, `${name} instead of a stream fails with the server's words`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(reply)
      const { end, events } = yield* collect(chat()).pipe(Client.atOnce, on.against(server))
      const error = failure(end)
      assert.strictEqual(error._tag, expected._tag)
      assert.match(error.message, expected.message)
      assert.deepStrictEqual([events.length, server.requests.length], [0, 1])
    }))
}

for (const type of ["application/json", "text/plain", "text/html", undefined]) {
  behaviour(13, `events under the content type ${type}`, (on) =>
    Effect.gen(function*() {
      const headers: Server.Headers = type === undefined ? {} : { "content-type": type }
      const server = yield* Server.make(Server.pieces([": begin\n\n", event(hello), done], headers))
      assert.deepStrictEqual(yield* collect(chat()).pipe(on.against(server)), {
        events: [hello],
        end: Either.right(undefined)
      })
    }))
}

behaviour(15, "an error between events, as a line of JSON, ends the stream", (on) =>
  Effect.gen(function*() {
    const { end, events } = yield* chatOf(
      on,
      event(hello),
      "{\"error\":{\"message\":\"over\",\"code\":503}}\n",
      event(world)
    )
    assert.deepStrictEqual(events, [hello])
    assert.deepInclude(failure(end), { _tag: "InternalServerError", message: "over", status: 503 })
  }))

for (const text of ["<p>Bad gateway</p>\n", "{\"log\":\n 1\n}\n", "not a field: at all\n\n"]) {
  behaviour(15, `text between events is not ignored: ${JSON.stringify(text)}`, (on) =>
    Effect.gen(function*() {
      const pieces = [event(hello), text, event(world), done]
      const failed = yield* chatOf(on, ...pieces)
      assert.deepStrictEqual(failed.events, [hello])
      assert.match(failure(failed.end).message, /^The text before event 1 of createChatCompletion is not an event: \S/)
      const skipped = yield* of(on, chat({ onInvalidEvent: "skip" }), pieces).pipe(
        Effect.provide(Logger.remove(Logger.defaultLogger))
      )
      assert.deepStrictEqual(skipped, { events: [hello, world], end: Either.right(undefined) })
    }))
}

const beats = [
  "data:",
  "data: ",
  "data: : keepalive",
  "data: ping",
  "data: [HEARTBEAT]",
  ": ping",
  "event: ping\ndata: 1"
]
for (const beat of beats) {
  behaviour(14, `a heartbeat is skipped: ${JSON.stringify(beat)}`, (on) =>
    Effect.gen(function*() {
      const pieces = [`${beat}\n\n`, event(hello), `${beat}\n\n`, event(world), `${beat}\n\n`, done]
      assert.deepStrictEqual(yield* chatOf(on, ...pieces), { events: [hello, world], end: Either.right(undefined) })
      const { end, events } = yield* runOf(
        on,
        `${beat}\n\n`,
        event(Conversation.run(), "thread.run.created"),
        `${beat}\n\n`,
        done
      )
      assert.deepStrictEqual(end, Either.right(undefined))
      // An event with another name is unknown.
      assert.deepStrictEqual<unknown>(events.filter(({ event }) => String(event) !== "ping").length, 1)
    }))
}

behaviour(14, "a heartbeat as JSON is an event without content", (on) =>
  Effect.gen(function*() {
    const beat = event({ type: "ping" })
    const snapshot = yield* ChatStream.final(chat()).pipe(
      on.against(yield* Server.make(Conversation.reply(beat, event(hello), beat, event(world), beat, done)))
    )
    assert.strictEqual(snapshot.choices[0]?.content, "Grüße, 世界 👋!")
    const { end, events } = yield* runOf(on, beat, event(Conversation.run(), "thread.run.created"), beat, done)
    assert.deepStrictEqual(end, Either.right(undefined))
    assert.deepStrictEqual(events.map(({ event }) => String(event)), ["message", "thread.run.created", "message"])
  }))

behaviour(13, "each run of a Stream sends a request", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(ok)
    const stream = chat()
    yield* Effect.zip(collect(stream), collect(stream)).pipe(on.against(server))
    assert.strictEqual(server.requests.length, 2)
  }))

// -----------------------------------------------------------------------------
// 17: accumulated events
// -----------------------------------------------------------------------------

behaviour(17, "a chat adds up: its text, its calls by index, its end", (on) =>
  Effect.gen(function*() {
    const call = (index: number, fields: object) => chunk({ tool_calls: [{ index, ...fields }] })
    const server = yield* Server.make(Conversation.reply(
      ...[
        chunk({ role: "assistant", content: "Hel" }),
        chunk({ content: "lo" }),
        call(0, { id: "call_1", type: "function", function: { name: "f", arguments: "{\"a\"" } }),
        call(1, { id: "call_2", type: "function", function: { name: "g", arguments: "" } }),
        call(0, { function: { arguments: ":1}" } }),
        call(1, { function: { arguments: "{}" } }),
        chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] })
      ].map((data) => event(data)),
      done
    ))
    const { choices } = yield* ChatStream.final(chat()).pipe(on.against(server))
    assert.strictEqual(choices[0]!.content, "Hello")
    assert.strictEqual(choices[0]!.finish_reason, "tool_calls")
    assert.deepStrictEqual(
      choices[0]!.tool_calls.map(({ function: called, id }) => [id, called.name, called.arguments]),
      [["call_1", "f", "{\"a\":1}"], ["call_2", "g", "{}"]]
    )
  }))

behaviour(17, "a run adds up: its text, its message, its steps, its end", (on) =>
  Effect.gen(function*() {
    const steps = Conversation.step("step_1", { type: "tool_calls", tool_calls: [] })
    const delta = (fields: object) =>
      event({
        id: "step_1",
        object: "thread.run.step.delta",
        delta: { step_details: { type: "tool_calls", tool_calls: [{ index: 0, type: "function", ...fields }] } }
      }, "thread.run.step.delta")
    const says = (value: string) =>
      event({
        id: "msg_1",
        object: "thread.message.delta",
        delta: { content: [{ index: 0, type: "text", text: { value } }] }
      }, "thread.message.delta")
    const server = yield* Server.make(Conversation.reply(
      event(Conversation.run(), "thread.run.created"),
      event(steps, "thread.run.step.created"),
      delta({ id: "call_1", function: { name: "f", arguments: "{\"a\"" } }),
      delta({ function: { arguments: ":1}" } }),
      event(Conversation.message(), "thread.message.created"),
      says("Hel"),
      says("lo"),
      event(Conversation.run("completed"), "thread.run.completed"),
      event("[DONE]", "done")
    ))
    const final = yield* RunStream.final(run()).pipe(on.against(server))
    assert.strictEqual(final.run?.status, "completed")
    assert.deepStrictEqual(final.messages, [Conversation.message("msg_1", [Conversation.text("Hello")])])
    const details = final.steps[0]!.step_details
    assert(details.type === "tool_calls")
    assert.deepInclude(details.tool_calls[0], { id: "call_1", type: "function" })
    assert.deepInclude((details.tool_calls[0] as { readonly function: object }).function, {
      name: "f",
      arguments: "{\"a\":1}"
    })
  }))
