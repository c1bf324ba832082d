import { ChatCompletions, ChatStream, Models } from "@effect-openai/client"
import type * as Contract from "@effect-openai/core/ChatCompletions"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import * as sse from "../sse.js"
import * as given from "./given.js"
import { addsUp as usageAddsUp } from "./usage.js"

type Request = Omit<Contract.CreateChatCompletionRequest, "messages" | "model" | "stream">

const say = (content: string) => [{ role: "user", content } as const]

const ask = (content: string, fields: Request = {}) =>
  Effect.flatMap(given.model, (model) => ChatCompletions.create({ model, messages: say(content), ...fields }))

const chunksOf = (content: string, fields: Request = {}) =>
  Effect.flatMap(given.model, (model) =>
    Effect.map(
      Stream.runCollect(ChatCompletions.create.stream({ model, messages: say(content), ...fields })),
      Chunk.toReadonlyArray
    ))

const parses = Schema.decodeUnknownEither(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

const isObject = (text: string | null | undefined): boolean => Either.isRight(parses(text))

const weather = given.tool("get_weather")

/** A documented model that reasons. */
const reasoning = "o1"

const forced = { type: "function", function: { name: "get_weather" } } as const

export const chat: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "chat/create",
    title: "createChatCompletion replies to a conversation",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices, object, usage } = yield* ask("Say hello.")
      yield* Scenario.equal("the completion has one choice", [object, choices.length], ["chat.completion", 1])
      const { finish_reason, index, message } = choices[0]!
      yield* Scenario.equal("the choice ends with `stop`", [index, finish_reason, message.role], [
        0,
        "stop",
        "assistant"
      ])
      yield* Scenario.that("the message has text", (message.content ?? "").length > 0, message)
      yield* usageAddsUp(usage)
    })
  }),
  Scenario.make({
    id: "chat/choices",
    title: "a completion has `n` choices",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices } = yield* ask("Say hello.", { n: 3 })
      yield* Scenario.equal("the choices are numbered from 0", choices.map(({ index }) => index), [0, 1, 2])
      yield* Scenario.that("each choice has text", choices.every(({ message }) => message.content), choices)
    })
  }),
  Scenario.make({
    id: "chat/tools",
    title: "the model calls a function and replies to its output",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const model = yield* given.model
      const question = say("What does get_weather return for \"Lisbon\"?")
      const { choices: [choice] } = yield* ChatCompletions.create({
        model,
        messages: question,
        tools: [weather],
        tool_choice: forced
      })
      const [call, ...others] = (choice?.message.tool_calls ?? []).flatMap((call) =>
        call.type === "function" ? [call] : []
      )
      yield* Scenario.that("one function is called", call !== undefined && others.length === 0, choice)
      yield* Scenario.equal("the requested function is called", call!.function.name, "get_weather")
      yield* Scenario.that(
        "the arguments are a JSON object",
        isObject(call!.function.arguments),
        call!.function.arguments
      )
      const { id = "", function: called } = call!
      const { choices: [response] } = yield* ChatCompletions.create({
        model,
        messages: [
          ...question,
          { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: called }] },
          { role: "tool", tool_call_id: id, content: "21 degrees" }
        ],
        tools: [weather]
      })
      yield* Scenario.that(
        "the model replies to the output with text",
        (response?.message.content ?? "").length > 0,
        response
      )
    })
  }),
  Scenario.make({
    id: "chat/reasoning",
    title: "a reasoning model accepts a reasoning effort",
    group: "happy",
    operations: ["createChatCompletion", "listModels"],
    run: Effect.gen(function*() {
      const { data } = yield* Models.list()
      if (!data.some(({ id }) => id === reasoning)) {
        return yield* new Scenario.NotApplicable({ because: `the target has no model ${reasoning}` })
      }
      for (const reasoning_effort of ["low", "medium", "high"] as const) {
        const { choices: [choice] } = yield* ChatCompletions.create({
          model: reasoning,
          messages: say("Say hello."),
          reasoning_effort,
          max_completion_tokens: 1000
        })
        yield* Scenario.equal("the response has a message", choice?.message.role, "assistant")
      }
    })
  }),
  Scenario.make({
    id: "chat/json",
    title: "the text of a JSON completion is an object",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices: [choice] } = yield* ask("Greet me, in JSON.", { response_format: { type: "json_object" } })
      yield* Scenario.that("the text is an object of JSON", isObject(choice?.message.content), choice?.message.content)
    })
  }),
  Scenario.make({
    id: "chat/jsonSchema",
    title: "the text of a completion fits its JSON Schema",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices: [choice] } = yield* ask("Greet me, in JSON.", {
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "greeting",
            description: "A greeting.",
            schema: { type: "object", properties: { greeting: { type: "string" } }, required: ["greeting"] }
          }
        }
      })
      const text = choice?.message.content
      const greeting = Either.map(parses(text), (value) => typeof value["greeting"])
      yield* Scenario.that("the greeting is text", Either.getOrUndefined(greeting) === "string", text)
    })
  }),
  Scenario.make({
    id: "chat/functionCallNone",
    title: "a completion with `function_call: \"none\"` calls no function",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices: [choice] } = yield* ask("What is the weather in Lisbon?", {
        functions: [{ name: "get_weather" }],
        function_call: "none"
      })
      yield* Scenario.equal("the choice ends with `stop`", choice?.finish_reason, "stop")
    })
  }),
  Scenario.make({
    id: "chat/length",
    title: "a completion that reaches max_tokens ends with `length`",
    group: "happy",
    operations: ["createChatCompletion"],
    run: Effect.gen(function*() {
      const { choices: [choice], usage } = yield* ask("Count from one to a hundred, in words.", { max_tokens: 2 })
      yield* Scenario.equal("the choice was cut off", choice?.finish_reason, "length")
      yield* Scenario.that("the usage does not exceed max_tokens", (usage?.completion_tokens ?? 0) <= 2, usage)
    })
  }),
  Scenario.make({
    id: "chat/stream",
    title: "the chunks of a streamed completion add up to a message",
    group: "streams",
    operations: ["createChatCompletion"],
    requires: ["streams"],
    run: Effect.gen(function*() {
      const chunks = yield* chunksOf("Say hello to the world, please.")
      yield* Scenario.that("there are chunks", chunks.length > 1, chunks.length)
      yield* Scenario.that(
        "all chunks have the ID of one completion",
        new Set(chunks.map(({ id }) => id)).size === 1,
        chunks.map(({ id }) => id)
      )
      const choices = chunks.flatMap(({ choices }) => choices ?? [])
      yield* Scenario.equal("the first delta has the role", choices[0]?.delta?.role, "assistant")
      const reasons = choices.map(({ finish_reason }) => finish_reason).filter((reason) => typeof reason === "string")
      yield* Scenario.equal("the last chunk alone says why it ended", [reasons, choices.at(-1)?.finish_reason], [[
        "stop"
      ], "stop"])
      const { choices: [choice] } = chunks.reduce(ChatStream.apply, ChatStream.empty)
      yield* Scenario.that("the deltas add up to a text", (choice?.content ?? "").length > 0, choice)
      yield* Scenario.that(
        "the text comes in more than one piece",
        choices.filter(({ delta }) => delta?.content).length > 1,
        choices.map(({ delta }) => delta)
      )
    })
  }),
  Scenario.make({
    id: "chat/streamSame",
    title: "a streamed completion has the text of the same completion without streaming",
    group: "streams",
    operations: ["createChatCompletion"],
    requires: ["streams", "scripted"],
    run: Effect.gen(function*() {
      const content = "Say hello to the world, please."
      const { choices: [whole] } = yield* ask(content)
      const chunks = yield* chunksOf(content)
      const { choices: [choice] } = chunks.reduce(ChatStream.apply, ChatStream.empty)
      yield* Scenario.equal("the deltas add up to the same text", choice?.content, whole?.message.content)
    })
  }),
  Scenario.make({
    id: "chat/streamUsage",
    title: "a stream ends with the requested usage and [DONE]",
    group: "streams",
    operations: ["createChatCompletion"],
    requires: ["streams"],
    run: Effect.gen(function*() {
      const chunks = yield* chunksOf("Say hello.", { stream_options: { include_usage: true } })
      const last = chunks.at(-1)
      yield* Scenario.equal("the last chunk has no choices", last?.choices, [])
      const { completion_tokens = 0, prompt_tokens = 0, total_tokens = 0 } = last?.usage ?? {}
      yield* Scenario.that(
        "the tokens of the usage add up",
        completion_tokens > 0 && total_tokens === prompt_tokens + completion_tokens,
        last
      )
      const { text } = yield* Wire.send({
        method: "POST",
        path: "/chat/completions",
        json: { model: yield* given.model, messages: say("Say hello."), stream: true }
      })
      const events = sse.parse(text)
      yield* Scenario.equal("the last event is [DONE]", events.at(-1)?.data, "[DONE]")
      yield* Scenario.equal("`done` is emitted once", events.filter(({ data }) => data === "[DONE]").length, 1)
    })
  }),
  Scenario.make({
    id: "chat/streamTools",
    title: "the deltas of a function's arguments add up to JSON",
    group: "streams",
    operations: ["createChatCompletion"],
    requires: ["streams"],
    run: Effect.gen(function*() {
      const chunks = yield* chunksOf("What does get_weather return for \"Lisbon\"?", {
        tools: [weather],
        tool_choice: forced
      })
      const { choices: [choice] } = chunks.reduce(ChatStream.apply, ChatStream.empty)
      const [call, ...others] = choice?.tool_calls ?? []
      yield* Scenario.equal("one function is called", [call?.function.name, others.length], ["get_weather", 0])
      // Combining the chunks gives a call without an ID one of the client's own.
      const ids = chunks.flatMap(({ choices }) =>
        (choices ?? []).flatMap(({ delta }) => (delta?.tool_calls ?? []).flatMap(({ id }) => id ?? []))
      )
      yield* Scenario.that("the call has an ID", ids.some((id) => id !== ""), call)
      yield* Scenario.that(
        "the arguments are a JSON object",
        isObject(call?.function.arguments),
        call?.function.arguments
      )
      yield* Scenario.that("the choice has ended", typeof choice?.finish_reason === "string", choice)
    })
  }),
  Scenario.make({
    id: "chat/interrupt",
    title: "the next request succeeds after an aborted stream",
    group: "streams",
    operations: ["createChatCompletion"],
    requires: ["streams"],
    run: Effect.gen(function*() {
      const model = yield* given.model
      const first = yield* Stream.runCollect(Stream.take(
        ChatCompletions.create.stream({ model, messages: say("Count from one to fifty, in words.") }),
        1
      ))
      yield* Scenario.equal("the first chunk comes", first.length, 1)
      const { choices } = yield* ask("Say hello.")
      yield* Scenario.equal("the next request has a response", choices.length, 1)
    })
  })
]
