import {
  Assistants,
  ChatCompletions,
  ChatStream,
  Completions,
  Embeddings,
  FetchHttpClient,
  Files,
  Messages,
  Models,
  type OpenAiClient,
  Retry,
  Runs,
  RunStream,
  Threads
} from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { FileSource } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Stream, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Server from "./utils/server.js"

// Responses that users of this API have reported, and what a program receives for each.

const { chunk, completion, done, event } = Conversation

const transports = { FetchHttpClient: FetchHttpClient.layer, UndiciHttpClient: UndiciHttpClient.layer }

type Call = Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, OpenAiClient.OpenAiClient>

/** What a program receives: a value, or the fields of an error. A text can be a regular expression. */
type Expected = { readonly value: unknown } | { readonly error: Readonly<Record<string, unknown>> }

type Case = readonly [title: string, call: Call, reply: Server.Script, expected: Expected]

const value = (value: unknown): Expected => ({ value })

const error = (_tag: string, fields: Readonly<Record<string, unknown>> = {}): Expected => ({
  error: { _tag, ...fields }
})

// -----------------------------------------------------------------------------
// chats
// -----------------------------------------------------------------------------

const request = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] }
const stream = ChatCompletions.create.stream(request)
const chat = ChatCompletions.create(request)

/** The first choice of a response. */
const choice = Effect.map(chat, ({ choices: [first] }) => first?.message.content)

/** The first choice of a stream, as `text/reason`. */
const streamed = Effect.map(
  ChatStream.final(stream),
  ({ choices: [first] }) => `${first?.content}/${first?.finish_reason}`
)

const end = (finish_reason = "stop", delta = {}) => chunk({}, { choices: [{ index: 0, delta, finish_reason }] })

const events = (...data: ReadonlyArray<unknown>) => Conversation.reply(data.map((one) => event(one)).join("") + done)

const text = (body: string) => Conversation.reply(body)

const called = (mediaType: string, body: string) => Server.pieces([body], { "content-type": mediaType })

const filters = { hate: { filtered: false, severity: "safe" } }
const nothing = { id: "", object: "", created: 0, model: "" }

const responses: ReadonlyArray<Case> = [
  [
    "a response without `object` whose choice has no index",
    choice,
    Server.json({ id: "msg_1", model: "claude", choices: [{ finish_reason: "stop", message: { content: "Hi" } }] }),
    value("Hi")
  ],
  ["a choice without finish_reason", choice, Server.json({ choices: [{ message: { content: "Hi" } }] }), value("Hi")],
  [
    "content as a list of parts",
    Effect.map(chat, ({ choices: [first] }) => first?.message),
    Server.json(completion({
      content: [{ type: "thinking", thinking: [{ type: "text", text: "300 / 150" }] }, {
        type: "text",
        text: "2 hours."
      }]
    })),
    value(/2 hours\./)
  ],
  [
    "choices that are null",
    chat,
    Server.json({ ...completion({}), choices: null }),
    error("InvalidResponseError", { field: "choices" })
  ],
  [
    "JSON with an end of events behind it",
    chat,
    called("text/event-stream", `${JSON.stringify(completion({ content: "Hi" }))}\n\ndata: [DONE]\n\n`),
    error("InvalidResponseError", { message: /not JSON.*chatcmpl_1/ })
  ]
]

const chunks: ReadonlyArray<Case> = [
  [
    "chunks that have results of a filter only, and no delta",
    streamed,
    events(
      { ...nothing, choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: filters }] },
      chunk({ role: "assistant" }),
      chunk({ content: "Blue" }),
      end("stop", { content: "." }),
      { ...nothing, usage: null, choices: [{ index: 0, finish_reason: null, content_filter_results: filters }] }
    ),
    value("Blue./stop")
  ],
  [
    "a first chunk with an empty ID and model",
    Effect.map(ChatStream.final(stream), ({ id, model }) => [id, model]),
    events({ ...nothing, choices: [] }, chunk({ content: "Hi" }), end()),
    value(["chatcmpl_1", "gpt-4o"])
  ],
  [
    "a chunk with usage and without choices",
    Effect.map(ChatStream.final(stream), ({ choices: [first], usage }) => [first?.content, usage?.total_tokens]),
    events(chunk({ content: "Hi" }), end(), { object: "chat.completion.chunk", usage: { total_tokens: 2974 } }),
    value(["Hi", 2974])
  ],
  [
    "chunks with empty usage",
    Effect.map(ChatStream.final(stream), ({ usage }) => usage?.total_tokens),
    events(chunk({ content: "Hi" }, { usage: {} }), { ...end(), usage: { total_tokens: 6 } }),
    value(6)
  ],
  [
    "a chunk without ID and model",
    streamed,
    events({ choices: [{ index: 0, delta: { content: "Hi" } }] }, end("stop", { content: "!" })),
    value("Hi!/stop")
  ],
  [
    "data without a space, a role that is null, and a finish_reason \"None\" and \"\"",
    streamed,
    text(
      [
        { choices: [{ index: 0, delta: { role: null, content: "转", function_call: null }, finish_reason: "None" }] },
        end("", { content: "!" }),
        end("stop", { role: null, content: "" })
      ].map((data) => `data:${JSON.stringify(data)}\n\n\n`).join("") + "data:[DONE]\n\n"
    ),
    value("转!/stop")
  ],
  [
    "tool_calls that are an object",
    streamed,
    events({ choices: [{ index: 0, delta: { tool_calls: { index: 0, function: { name: "f", arguments: "{" } } } }] }),
    error("InvalidResponseError", { field: /tool_calls/ })
  ],
  [
    "chunks of completions with only a text",
    Stream.runCollect(Completions.create.stream({ model: "m", prompt: "Hi" })).pipe(
      Effect.map((chunks) => Array.from(chunks, ({ choices }) => choices?.[0]?.text))
    ),
    events({ choices: [{ text: "a" }] }, { type: "ping" }, { choices: [{ text: "b", index: null, logprobs: null }] }),
    value(["a", undefined, "b"])
  ]
]

// -----------------------------------------------------------------------------
// streams
// -----------------------------------------------------------------------------

const hi = event(chunk({ content: "Hi" }))
const stop = event(end())

const streams: ReadonlyArray<Case> = [
  ["a ping as JSON", streamed, events(chunk({ content: "Hi" }), { type: "ping" }, end()), value("Hi/stop")],
  [
    "a comment that is sent as data",
    streamed,
    text(`data: : keepalive\n\n${hi}data: : keepalive\n\n${stop}${done}`),
    value("Hi/stop")
  ],
  [
    "an ID with each event, and comments between them",
    streamed,
    text(`: PROCESSING\n\n: ping\n\nid: 1\n${hi}: ping\n\n: keep-alive\n\nid: 2\n${stop}: ping\n\nid: 3\n${done}`),
    value("Hi/stop")
  ],
  ["events under application/json", streamed, called("application/json", hi + stop + done), value("Hi/stop")],
  [
    "an error as JSON instead of events",
    streamed,
    Server.json({ error: { message: "Provider returned error: Too Many Requests", code: 429 }, user_id: "user_x" }),
    error("RateLimitError", { message: /Too Many Requests/, code: "429" })
  ],
  [
    "a completion instead of events",
    streamed,
    Server.json(completion({ content: "Hi" })),
    error("InvalidResponseError", { message: /not a stream of events but application\/json: .*chatcmpl_1/ })
  ],
  ["a stream without [DONE] whose choice has ended", streamed, text(hi + stop), value("Hi/stop")],
  ["a stream that is cut before the finish_reason", streamed, text(hi), error("StreamInterruptedError", { events: 1 })],
  [
    "an error as the only event",
    streamed,
    text(event({ error: { message: "Rate limit exceeded: free-models-per-day", code: 429 }, user_id: "u" })),
    error("RateLimitError", { message: /free-models-per-day/ })
  ],
  [
    "an error event with its message twice",
    streamed,
    text(event({ error: { message: "Compute error." }, message: "Compute error." }, "error")),
    error("InternalServerError", { message: "Compute error." })
  ],
  [
    "a comment in the middle of an event",
    streamed,
    text(`${hi}${hi.slice(0, 60)}: keepalive\n\n${hi.slice(60)}${stop}${done}`),
    error("InvalidResponseError", { message: /^Event 1 of createChatCompletion is not JSON/ })
  ],
  [
    "a stream that takes longer than the timeout of an attempt",
    Effect.map(
      ChatStream.final(Stream.tap(stream, () => TestClock.adjust("4 minutes"))),
      ({ choices: [first] }) => first?.content
    ),
    Conversation.reply(...Array.from({ length: 6 }, () => hi), stop, done),
    value("HiHiHiHiHiHi")
  ],
  [
    "a run that ends incomplete",
    Effect.map(
      RunStream.final(Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" })),
      ({ run }) => [run?.status, run?.incomplete_details?.reason, run?.usage?.total_tokens]
    ),
    text(
      event(Conversation.run(), "thread.run.created") +
        event(Conversation.run("in_progress"), "thread.run.in_progress") +
        event(
          Conversation.run("incomplete", {
            incomplete_details: { reason: "content_filter" },
            usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
          }),
          "thread.run.incomplete"
        ) + event("[DONE]", "done")
    ),
    value(["incomplete", "content_filter", 2])
  ]
]

// -----------------------------------------------------------------------------
// lists and objects
// -----------------------------------------------------------------------------

const models = Effect.map(Models.list(), ({ data }) => data.map(({ id }) => id))
const vectors = Effect.map(
  Embeddings.create({ model: "m", input: "a" }),
  ({ data }) => data.map(({ embedding }) => embedding)
)

const objects: ReadonlyArray<Case> = [
  [
    "models without `object`",
    models,
    Server.json({ data: [{ id: "a/b", name: "A", created: 1, context_length: 256_000 }] }),
    value(["a/b"])
  ],
  ["models without `created`", models, Server.json({ object: "list", data: [{ id: "a" }] }), value(["a"])],
  ["models that are null", models, Server.json({ object: "list", data: null }), value([])],
  [
    "models without an object around them",
    models,
    Server.json([{ id: "a/b", object: "model" }]),
    error("InvalidResponseError", { message: /a\/b|\[/ })
  ],
  [
    "embeddings without `object`",
    vectors,
    Server.json({ data: [{ embedding: [0.5, 0.25], index: 0 }], model: "m" }),
    value([[0.5, 0.25]])
  ],
  [
    "embeddings without usage and index",
    vectors,
    Server.json({ object: "list", data: [{ embedding: [0, 1, -1] }], usage: {} }),
    value([[0, 1, -1]])
  ],
  [
    "an assistant without file_ids",
    Effect.map(Assistants.retrieve({ assistant_id: "asst_1" }), ({ id }) => id),
    Server.json({ id: "asst_1", tools: [{ type: "file_search" }], tool_resources: {}, response_format: "auto" }),
    value("asst_1")
  ],
  [
    "a citation without a quote",
    Effect.map(Messages.retrieve({ thread_id: "t", message_id: "m" }), ({ content: [first] }) => first),
    Server.json({
      id: "m",
      content: [{
        type: "text",
        text: { value: "a", annotations: [{ type: "file_citation", file_citation: { file_id: "f" } }] }
      }]
    }),
    value(/file_citation/)
  ],
  [
    "a time in milliseconds",
    Effect.map(Threads.retrieve({ thread_id: "t" }), ({ created_at }) => created_at),
    Server.json({ id: "t", object: "thread", created_at: 1_717_870_104_000, metadata: {} }),
    value(1_717_870_104_000)
  ],
  [
    "a file without an ID",
    Files.upload({ file: FileSource.fromBytes("a.txt", "hi"), purpose: "assistants" }),
    Server.json({ status: "success", file_id: "97bb7d73" }),
    error("InvalidResponseError", { field: "id" })
  ],
  [
    "a deletion with an empty response",
    Files.delete({ file_id: "file-1" }),
    Server.raw("HTTP/1.1 204 No Content\r\n\r\n"),
    error("InvalidResponseError", { status: 204 })
  ]
]

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

const problem = { type: "https://example.com/problem", title: "One or more validation errors occurred.", status: 400 }

const errors: ReadonlyArray<Case> = [
  [
    "an error without an envelope",
    chat,
    Server.json({ object: "error", message: "Tool call id was null", type: "invalid_request_error", code: 400 }, 400),
    error("BadRequestError", { message: "Tool call id was null", type: "invalid_request_error" })
  ],
  [
    "a 429 with an empty body",
    chat,
    Server.text("", 429, { "content-type": "application/json", "retry-after": "3" }),
    error("RateLimitError", { message: "The server responded with status 429", retryAfter: Duration.seconds(3) })
  ],
  [
    "problem details",
    chat,
    Server.json(problem, 400, { "content-type": "application/problem+json" }),
    error("BadRequestError", { message: /validation errors/ })
  ],
  [
    "an error as text",
    models,
    Server.json({ error: "Missing scopes: api.model.read." }, 403),
    error("PermissionDeniedError", { message: /Missing scopes/ })
  ]
]

// -----------------------------------------------------------------------------
// tests
// -----------------------------------------------------------------------------

const equal = (actual: unknown, expected: unknown) =>
  expected instanceof RegExp
    ? assert.match(typeof actual === "string" ? actual : JSON.stringify(actual), expected)
    : assert.deepStrictEqual(actual, expected)

for (const [name, transport] of Object.entries(transports)) {
  for (const [kind, cases] of Object.entries({ responses, chunks, streams, objects, errors })) {
    describe(`Reported ${kind} over ${name}`, () => {
      for (const [title, call, reply, expected] of cases) {
        it.scoped(title, () =>
          Effect.gen(function*() {
            const server = yield* Server.make(reply)
            const result = yield* call.pipe(
              Retry.none,
              Effect.either,
              Effect.provide(Client.layer(server.origin, {}, transport))
            )
            if ("value" in expected) equal(Either.getOrThrowWith(result, (error) => error), expected.value)
            else {
              const found: object = Either.getOrThrow(Either.flip(result))
              for (const [field, value] of Object.entries(expected.error)) {
                equal(found[field as keyof typeof found], value)
              }
            }
          }))
      }
    })
  }
}
