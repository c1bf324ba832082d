import { ChatCompletions, ChatStream, Runs, RunStream, Tool } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Schema, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Script from "./utils/script.js"
import * as Tracer from "./utils/tracer.js"

const { answer, chunk, done, event, message, requiresAction, run, toolCall } = Conversation

const weather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => city === "Atlantis" ? Effect.fail("no station") : Effect.succeed({ celsius: 21 })
})

const now = Tool.make("now", { parameters: Schema.Struct({}), handler: () => Effect.succeed("noon") })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const over = (transport: { readonly layer: ReturnType<typeof Script.make>["layer"] }) =>
  Effect.provide(Client.layer("http://fake", {}, transport.layer))

const bonn = toolCall(["a", "get_weather", "{\"city\":\"Bonn\"}"])
const noon = toolCall(["b", "now", ""])
const outputs = [{ tool_call_id: "a", output: "{\"celsius\":21}" }, { tool_call_id: "b", output: "noon" }]

describe("ChatCompletions.runTools.stream", () => {
  const create = "POST /chat/completions"
  const request: ChatCompletions.CreateRequest = {
    model: "gpt-4o",
    messages: [{ role: "user", content: "How warm is it?" }]
  }

  const calls = answer(
    event(chunk({ role: "assistant", content: "Let me see. " })),
    event(chunk({ tool_calls: [{ index: 0, ...bonn }, { index: 1, ...noon }] })),
    event(chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] })),
    done
  )
  const warm = answer(
    event(chunk({ content: "Warm" })),
    event(chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })),
    done
  )

  it.effect("emits the chunks of each round, the calls, their outputs, and the conversation", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()], [create, warm.clone()])
      const events = yield* collect(ChatCompletions.runTools.stream(request, [weather, now])).pipe(over(transport))
      assert.deepStrictEqual(
        events.map(({ event }) => event),
        [
          ...Array.from({ length: 3 }, () => "chat.completion.chunk"),
          "tool.call",
          "tool.call",
          "tool.output",
          "tool.output",
          ...Array.from({ length: 2 }, () => "chat.completion.chunk"),
          "conversation"
        ]
      )
      assert.deepStrictEqual(events.flatMap((one) => one.event === "tool.call" ? [one.data.id] : []), ["a", "b"])
      assert.sameDeepMembers(events.flatMap((one) => one.event === "tool.output" ? [one.data] : []), outputs)
      const last = events.at(-1)!
      assert(last.event === "conversation")
      assert.strictEqual(last.data.completion.choices[0]?.content, "Warm")
      assert.deepStrictEqual(last.data.messages, [
        ...request.messages,
        { role: "assistant", content: "Let me see. ", tool_calls: [bonn, noon] },
        ...outputs.map(({ output, tool_call_id }) => ({ role: "tool" as const, content: output, tool_call_id })),
        { role: "assistant", content: "Warm" }
      ])
      assert.deepStrictEqual(
        transport.requests[1]!.body.messages,
        JSON.parse(JSON.stringify(last.data.messages.slice(0, -1)))
      )
    }))

  it.effect("has its text in ChatStream.text", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()], [create, warm.clone()])
      const text = ChatCompletions.runTools.stream(request, [weather, now]).pipe(ChatStream.text)
      assert.deepStrictEqual(yield* collect(text).pipe(over(transport)), ["Let me see. ", "Warm"])
    }))

  it.effect("ends after maxRounds, and refuses several choices", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()])
      const events = yield* collect(
        ChatCompletions.runTools.stream(request, [weather, now], { maxRounds: 1 })
      ).pipe(over(transport))
      assert.strictEqual(events.at(-1)!.event, "conversation")
      const error = yield* collect(ChatCompletions.runTools.stream({ ...request, n: 2 }, [now])).pipe(
        over(transport),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "InvalidRequestError", field: "n" })
    }))

  it.effect("has a span around the loop, and one for each call", () =>
    Effect.gen(function*() {
      const { spans, tracer } = Tracer.make()
      const atlantis = answer(
        event(chunk({ tool_calls: [{ index: 0, ...toolCall(["a", "get_weather", "{\"city\":\"Atlantis\"}"]) }] })),
        done
      )
      const error = yield* collect(ChatCompletions.runTools.stream(request, [weather])).pipe(
        over(Script.make([create, atlantis])),
        Effect.withTracer(tracer),
        Effect.flip
      )
      assert.strictEqual(error, "no station")
      const loop = spans.findIndex(({ name }) => name === "invoke_agent")
      assert.deepInclude(spans[loop]!.attributes, { "gen_ai.operation.name": "invoke_agent", "error.type": "_OTHER" })
      const tool = spans.find(({ name }) => name === "execute_tool get_weather")!
      assert.strictEqual(tool.parent, `span-${loop + 1}`)
      assert.deepStrictEqual(tool.attributes, {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": "a",
        "gen_ai.tool.description": "The weather in a city",
        "error.type": "_OTHER"
      })
    }))

  it.effect("has the same spans where it is buffered", () =>
    Effect.gen(function*() {
      const { spans, tracer } = Tracer.make()
      yield* ChatCompletions.runTools(request, [now]).pipe(
        over(Script.make(
          [create, Conversation.completion({ content: null, tool_calls: [noon] }, "tool_calls")],
          [create, Conversation.completion({ content: "Noon" })]
        )),
        Effect.withTracer(tracer)
      )
      const named = spans.filter(({ name }) => !name.startsWith("http"))
      assert.deepStrictEqual(named.map(({ name }) => name), [
        "invoke_agent",
        "chat gpt-4o",
        "execute_tool now",
        "chat gpt-4o"
      ])
      const loop = `span-${spans.findIndex(({ name }) => name === "invoke_agent") + 1}`
      assert.deepStrictEqual(named.slice(1).map(({ parent }) => parent), [loop, loop, loop])
    }))
})

describe("Runs.runTools.stream", () => {
  const create = "POST /threads/thread_1/runs"
  const submit = "POST /threads/thread_1/runs/run_1/submit_tool_outputs"
  const cancel = "POST /threads/thread_1/runs/run_1/cancel"
  const request = { thread_id: "thread_1", assistant_id: "asst_1", tools: [] }

  const calls = answer(
    event(run(), "thread.run.created"),
    event(
      {
        ...requiresAction(),
        required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: [bonn, noon] } }
      },
      "thread.run.requires_action"
    ),
    event("[DONE]", "done")
  )
  const warm = answer(
    event(message(), "thread.message.created"),
    event(
      {
        id: "msg_1",
        object: "thread.message.delta",
        delta: { content: [{ index: 0, type: "text", text: { value: "Warm" } }] }
      },
      "thread.message.delta"
    ),
    event(run("completed"), "thread.run.completed"),
    event("[DONE]", "done")
  )

  it.effect("emits the events of each round, the calls and their outputs", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()], [submit, warm.clone()])
      const events = yield* collect(Runs.runTools.stream(request, [weather, now])).pipe(over(transport))
      assert.deepStrictEqual(
        events.map(({ event }) => event as string),
        [
          "thread.run.created",
          "thread.run.requires_action",
          "tool.call",
          "tool.call",
          "tool.output",
          "tool.output",
          "thread.message.created",
          "thread.message.delta",
          "thread.run.completed"
        ]
      )
      assert.deepStrictEqual(transport.requests[1]!.body, { tool_outputs: outputs, stream: true })
    }))

  it.effect("has its text in RunStream.text", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()], [submit, warm.clone()])
      const text = Runs.runTools.stream(request, [weather, now]).pipe(RunStream.text)
      assert.deepStrictEqual(yield* collect(text).pipe(over(transport)), ["Warm"])
    }))

  it.effect("cancels the run where the Stream fails, with cancelOnFailure", () =>
    Effect.gen(function*() {
      const transport = Script.make([create, calls.clone()], [cancel, run("cancelling")])
      const error = yield* collect(Runs.runTools.stream(request, [now], { cancelOnFailure: true })).pipe(
        over(transport),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "ToolCallError", functionName: "get_weather", operation: "createRun" })
      assert.deepStrictEqual(transport.routes(), [create, cancel])
    }))
})

describe("ChatCompletions.parse", () => {
  const Weather = Schema.Struct({ city: Schema.String, at: Schema.Date })
  const request = { model: "gpt-4o", messages: [{ role: "user" as const, content: "It is 21 °C in Lisbon." }] }

  const parsed = (message: object, finish_reason?: Parameters<typeof Conversation.completion>[1]) => {
    const transport = Script.make(["POST /chat/completions", Conversation.completion(message, finish_reason)])
    return Effect.map(
      Effect.either(ChatCompletions.parse(Weather, request, { name: "weather" })).pipe(over(transport)),
      (result) => ({ result, body: transport.requests[0]!.body })
    )
  }

  it.effect("sends the JSON Schema, and returns the decoded value", () =>
    Effect.gen(function*() {
      const { body, result } = yield* parsed({ content: "{\"city\":\"Lisbon\",\"at\":\"2024-04-15T00:00:00Z\"}" })
      assert.deepInclude(result, { _tag: "Right", right: { city: "Lisbon", at: new Date("2024-04-15T00:00:00Z") } })
      assert.deepInclude(body.response_format.json_schema, { name: "weather", strict: true })
      assert.deepStrictEqual(body.response_format.json_schema.schema.required, ["city", "at"])
    }))

  it.effect("fails with the refusal, or with the field that does not fit", () =>
    Effect.gen(function*() {
      const refused = yield* parsed({ content: null, refusal: "I can't help with that." })
      assert.deepInclude(yield* Effect.flip(refused.result), {
        _tag: "RefusalError",
        message: "I can't help with that."
      })
      const filtered = yield* parsed({ content: null }, "content_filter")
      assert.deepInclude(yield* Effect.flip(filtered.result), { _tag: "RefusalError" })
      const wrong = yield* parsed({ content: "{\"city\":1}" })
      assert.deepInclude(yield* Effect.flip(wrong.result), {
        _tag: "InvalidResponseError",
        field: "choices[0].message.content.city"
      })
      const cut = yield* parsed({ content: "{\"city\":\"Lis" }, "length")
      const error = yield* Effect.flip(cut.result)
      assert.strictEqual(error._tag, "InvalidResponseError")
      assert.match(error.message, /^The response was cut at max_tokens/)
    }))

  it.effect("fails for a Schema without a JSON Schema", () =>
    Effect.gen(function*() {
      const error = yield* ChatCompletions.parse(Schema.BigIntFromSelf, request).pipe(
        over(Script.make()),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "InvalidRequestError", field: "response_format" })
    }))
})
