import { ChatCompletions, ChatStream, Extra, FetchHttpClient, Tool } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import type { ChatCompletions as Contract } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Server from "./utils/server.js"

const transports = { FetchHttpClient: FetchHttpClient.layer, UndiciHttpClient: UndiciHttpClient.layer }

const user = { role: "user", content: "How warm is it in Rome?" } as const

const args = "{\"city\":\"Rome\"}"

const call = (fields: object = {}, ofFunction: object = {}) => ({
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: args, ...ofFunction },
  ...fields
})

const signature = { extra_content: { google: { thought_signature: "c2ln" } } }

const custom = { id: "call_2", type: "custom", custom: { name: "shell", input: "ls" } }

const parts = [
  { type: "thinking", thinking: [{ type: "text", text: "Rome is south." }], closed: true },
  { type: "text", text: "Warm." }
]

/** A message of a server, and how it is sent back. */
interface Case {
  readonly name: string
  /** The message as the server sends it. */
  readonly received: object
  /** The deltas of the same message. */
  readonly deltas?: ReadonlyArray<object>
  /** Default: the message as received. */
  readonly sent?: object
}

const cases: ReadonlyArray<Case> = [
  {
    name: "a signature of a tool call (Gemini)",
    received: { role: "assistant", content: null, tool_calls: [call(signature)] },
    deltas: [{ role: "assistant", tool_calls: [{ index: 0, ...call(signature) }] }]
  },
  {
    name: "a field of a function (any server)",
    received: { role: "assistant", content: null, tool_calls: [call({}, { parsed: { city: "Rome" } })] },
    deltas: [{ role: "assistant", tool_calls: [call({}, { parsed: { city: "Rome" } })] }]
  },
  {
    name: "reasoning as text (DeepSeek, Kimi)",
    received: { role: "assistant", content: "Let me look.", reasoning_content: "A tool helps.", tool_calls: [call()] },
    deltas: [
      { role: "assistant", content: null, reasoning_content: "A tool" },
      { content: null, reasoning_content: " helps." },
      { content: "Let me " },
      { content: "look.", reasoning_content: null },
      { tool_calls: [{ index: 0, ...call({}, { arguments: "" }) }] },
      { tool_calls: [{ index: 0, function: { arguments: args } }] }
    ]
  },
  {
    name: "reasoning as a list, and an object (OpenRouter, LiteLLM)",
    received: {
      role: "assistant",
      content: "Warm.",
      reasoning_details: [{ type: "reasoning.text", text: "Rome", index: 0 }, {
        type: "reasoning.encrypted",
        data: "x"
      }],
      provider_specific_fields: { thought: "ab", type: "t", depth: 2 }
    },
    deltas: [
      { role: "assistant", reasoning_details: [{ type: "reasoning.text", text: "Rome", index: 0 }] },
      {
        reasoning_details: [{ type: "reasoning.encrypted", data: "x" }],
        provider_specific_fields: { thought: "a", type: "t" }
      },
      { content: "Warm.", provider_specific_fields: { thought: "b", type: "t", depth: 2 } }
    ]
  },
  {
    name: "content in parts (Mistral)",
    received: { role: "assistant", content: parts },
    deltas: [{ role: "assistant", content: [parts[0]] }, { content: "Warm." }],
    sent: { role: "assistant", content: parts }
  },
  {
    name: "a call of another type",
    received: { role: "assistant", content: null, tool_calls: [custom] },
    deltas: [
      { role: "assistant", tool_calls: [{ index: 0, ...custom, custom: { name: "shell", input: "l" } }] },
      { tool_calls: [{ index: 0, custom: { input: "s" } }] }
    ]
  },
  {
    name: "no role",
    received: { content: "Warm." },
    sent: { role: "assistant", content: "Warm." }
  },
  {
    name: "another role",
    received: { role: "model", content: "Warm." },
    deltas: [{ role: "model", content: "Warm." }],
    sent: { role: "assistant", content: "Warm." }
  },
  {
    name: "arguments as an object, and a number as ID",
    received: { role: "assistant", content: null, tool_calls: [call({ id: 7 }, { arguments: { city: "Rome" } })] },
    deltas: [{ role: "assistant", tool_calls: [call({ id: 7 }, { arguments: { city: "Rome" } })] }],
    sent: { role: "assistant", content: null, tool_calls: [call({ id: "7" })] }
  },
  {
    name: "audio, which a request only refers to",
    received: {
      role: "assistant",
      content: null,
      audio: { id: "audio_1", data: "UklG", expires_at: 1, transcript: "Hi" }
    },
    sent: { role: "assistant", content: null, audio: { id: "audio_1" } }
  },
  {
    name: "an empty list of calls, and a refusal",
    received: { role: "assistant", content: null, refusal: "No.", tool_calls: [] },
    deltas: [{ role: "assistant", refusal: "N" }, { refusal: "o.", tool_calls: [] }],
    sent: { role: "assistant", content: null, refusal: "No." }
  },
  {
    name: "annotations and a deprecated call",
    received: {
      role: "assistant",
      content: "Warm.",
      annotations: [],
      function_call: { name: "f", arguments: "{}", x: 1 }
    }
  }
]

/** A completion as a server sends it. */
const completionOf = (message: object) => ({
  ...Conversation.completion({}),
  choices: [{ index: 0, message, finish_reason: "stop" }]
})

const last = Server.json(Conversation.completion({ content: "Fine." }))

const request: ChatCompletions.CreateRequest = { model: "m", messages: [user] }

const weather = Tool.make("weather", {
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => Effect.succeed(`21 in ${city}`)
})

/** The messages of the second request. */
const sentTo = (server: Server.TestServer): ReadonlyArray<Record<string, unknown>> =>
  JSON.parse(String(server.requests[1]!.body())).messages

const next = (message: Contract.ResponseMessage) =>
  ChatCompletions.create({ ...request, messages: [...request.messages, message] })

for (const [transport, layer] of Object.entries(transports)) {
  const against = (server: Server.TestServer) => Effect.provide(Client.layer(server.origin, {}, layer))

  describe(`A message of a response goes back over ${transport}`, () => {
    for (const { deltas, name, received, sent = received } of cases) {
      it.scopedLive(`with ${name}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.json(completionOf(received)), last)
          const { choices } = yield* ChatCompletions.create(request).pipe(against(server))
          yield* next(choices[0]!.message).pipe(against(server))
          assert.deepStrictEqual(sentTo(server), [user, sent])
        }))

      if (deltas !== undefined) {
        it.scopedLive(`with ${name}, streamed`, () =>
          Effect.gen(function*() {
            const chunks = deltas.map((delta) => Conversation.event(Conversation.chunk(delta)))
            const server = yield* Server.make(Conversation.reply(...chunks, Conversation.done), last)
            const { choices } = yield* ChatStream.final(ChatCompletions.create.stream(request)).pipe(against(server))
            yield* next(ChatStream.message(choices[0]!)).pipe(against(server))
            assert.deepStrictEqual(sentTo(server), [user, sent])
          }))
      }

      const calls = "tool_calls" in sent ? sent.tool_calls as ReadonlyArray<{ type: string; id: string }> : []
      if (calls.some(({ type }) => type === "function")) {
        it.scopedLive(`with ${name}, in a tool loop`, () =>
          Effect.gen(function*() {
            const server = yield* Server.make(Server.json(completionOf(received)), last)
            const { completion } = yield* ChatCompletions.runTools(request, [weather]).pipe(against(server))
            assert.strictEqual(completion.choices[0]!.message.content, "Fine.")
            assert.deepStrictEqual(sentTo(server), [
              user,
              sent,
              ...calls.map(({ id }) => ({ role: "tool", content: "21 in Rome", tool_call_id: id }))
            ])
          }))
      }
    }
  })
}

describe("ChatCompletions.runTools", () => {
  const runTools = (fields: object, ...choices: ReadonlyArray<object>) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ ...Conversation.completion({}), choices }), last)
      const exit = yield* ChatCompletions.runTools({ ...request, ...fields }, [weather], { onError: "output" }).pipe(
        Effect.either,
        Effect.provide(Client.layer(server.origin))
      )
      return { exit, server }
    })

  const choice = (message: object) => ({
    index: 0,
    message: { role: "assistant", ...message },
    finish_reason: "tool_calls"
  })

  it.scopedLive("joins a message that is split into choices, for its text and its calls", () =>
    Effect.gen(function*() {
      const { server } = yield* runTools(
        {},
        choice({ content: "Let me look." }),
        choice({ tool_calls: [call()] }),
        choice({ content: "Soon.", reasoning: "Hm.", tool_calls: [call({ id: "call_2" })] })
      )
      assert.deepStrictEqual(sentTo(server)[1], {
        role: "assistant",
        content: "Let me look.\nSoon.",
        reasoning: "Hm.",
        tool_calls: [call(), call({ id: "call_2" })]
      })
      assert.deepStrictEqual(sentTo(server).slice(2).map((message) => message["tool_call_id"]), ["call_1", "call_2"])
    }))

  it.scopedLive("refuses a request for several choices", () =>
    Effect.gen(function*() {
      const { exit, server } = yield* runTools({ n: 2 }, choice({ content: "Hi" }))
      assert(exit._tag === "Left")
      assert.deepInclude<object>(exit.left, {
        _tag: "InvalidRequestError",
        operation: "createChatCompletion",
        field: "n"
      })
      assert.lengthOf(server.requests, 0)
      for (const n of [1, null, undefined]) {
        assert.strictEqual((yield* runTools({ n }, choice({ content: "Hi" }))).exit._tag, "Right")
      }
    }))

  it.scopedLive("gives calls without an ID one of its own each", () =>
    Effect.gen(function*() {
      const { server } = yield* runTools(
        {},
        choice({ tool_calls: ["", null, undefined, "mine"].map((id) => call({ id })) })
      )
      const [, message, ...outputs] = sentTo(server)
      const ids = (message!["tool_calls"] as ReadonlyArray<{ readonly id: string }>).map(({ id }) => id)
      assert.strictEqual(new Set(ids.filter((id) => typeof id === "string" && id !== "")).size, 4)
      assert.strictEqual(ids[3], "mine")
      assert.deepStrictEqual(outputs.map((output) => output["tool_call_id"]), ids)
    }))

  it.scopedLive("sends an output for a call of another type too", () =>
    Effect.gen(function*() {
      const { server } = yield* runTools({}, choice({ content: null, tool_calls: [call(), custom] }))
      assert.deepStrictEqual(sentTo(server).slice(1), [
        { role: "assistant", content: null, tool_calls: [call(), custom] },
        { role: "tool", content: "21 in Rome", tool_call_id: "call_1" },
        {
          role: "tool",
          content: "{\"error\":\"The model called custom, which is not one of the tools\"}",
          tool_call_id: "call_2"
        }
      ])
    }))

  it.scopedLive("ends with calls of other types only", () =>
    Effect.gen(function*() {
      const { exit, server } = yield* runTools({}, choice({ content: null, tool_calls: [custom] }))
      assert(exit._tag === "Right")
      assert.deepStrictEqual<unknown>(exit.right.completion.choices[0]!.message.tool_calls, [custom])
      assert.lengthOf(server.requests, 1)
    }))
})

describe("ChatCompletions.create", () => {
  it.scopedLive("sends fields that are not documented in an assistant's message, and still checks the others", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(last)
      const sends = (message: object) =>
        ChatCompletions.create({ ...request, messages: [user, message as Contract.AssistantMessage] }).pipe(
          Effect.provide(Client.layer(server.origin))
        )
      yield* sends({ role: "assistant", content: "", reasoning_content: "Hm.", tool_calls: [call(signature)] })
      for (
        const [field, message] of [
          ["content", { content: 1 }],
          ["name", { content: "Hi", name: 1 }],
          ["tool_calls[0].function.arguments", { tool_calls: [call({}, { arguments: {} })] }],
          ["tool_calls", { tool_calls: "none" }],
          ["audio.id", { audio: { id: 1 } }]
        ] as const
      ) {
        const error = yield* Effect.flip(sends({ role: "assistant", ...message }))
        assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: `messages[1].${field}` })
      }
      const misspelled = yield* Effect.flip(sends({ role: "user", content: "Hi", nmae: "Ada" }))
      assert.deepInclude<object>(misspelled, { _tag: "InvalidRequestError", field: "messages[1].nmae" })
      assert.lengthOf(server.requests, 1)
    }))

  it("accepts the message of a response and of a streamed choice by their types", () => {
    const requests = (message: Contract.ResponseMessage, choice: ChatStream.Choice) => [
      next(message),
      next(ChatStream.message(choice)),
      next({ ...message, ...Extra.fields({ prefix: true }) })
    ]
    assert.isFunction(requests)
  })
})
