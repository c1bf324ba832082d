import { Assistants, ChatCompletions, Models, OpenAiClient, Retry, Runs, Threads, Tool } from "@effect-openai/client"
import { Emulator, Model, Script } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"

/** A client of an emulator in the same process, as the README shows it. */
const client = (options?: Emulator.Options) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provide(Emulator.layer(options)))

const weather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
})

const begin = (content = "Hi") =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4", tools: Tool.definitions([weather]) })
    const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content }] })
    return { assistant_id, thread_id }
  })

const turns = [
  {
    when: { message: "get_weather" },
    replies: [{ type: "function_calls", calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] }]
  },
  { replies: [{ type: "text", text: "Hello" }] }
] as const

const models = [
  { name: "the built-in model", model: Model.layerScripted },
  { name: "a script", model: Script.layer({ turns: [...turns, turns[1]] }) },
  {
    name: "a model of the program",
    model: Layer.succeed(Model.Model, {
      reply: ({ messages, toolCalls }: Model.Prompt) =>
        Effect.as(
          Effect.yieldNow(),
          messages.at(-1)!.content.includes("get_weather") && toolCalls.length === 0
            ? Model.functionCalls({ name: "get_weather", arguments: "{\"city\":\"Oslo\"}" })
            : Model.text("Hello")
        )
    })
  }
]

// Under `it.effect` the time does not change: a sleep would never end.
describe.each([{ name: "it.effect", test: it.effect }, { name: "it.live", test: it.live }])("$name", ({ test }) => {
  describe.each(models)("$name", ({ model }) => {
    test("polls runs without a pause", () =>
      Effect.gen(function*() {
        const ids = yield* begin()
        for (let count = 0; count < 10; count++) {
          const run = yield* Runs.createAndPoll({ ...ids })
          assert.strictEqual(run.status, "completed")
        }
      }).pipe(Effect.provide(client({ model }))))

    test("polls a run that continues with its outputs", () =>
      Effect.gen(function*() {
        const ids = yield* begin("get_weather in \"Oslo\"")
        const run = yield* Runs.createAndPoll(ids)
        assert.strictEqual(run.status, "requires_action")
        const action = run.required_action
        if (action?.type !== "submit_tool_outputs") return assert.fail("the run requires no outputs")
        const tool_outputs = action.submit_tool_outputs.tool_calls.map(({ id }) => ({
          tool_call_id: String(id),
          output: "cold"
        }))
        const path = { thread_id: ids.thread_id, run_id: run.id }
        const ended = yield* Runs.submitToolOutputsAndPoll({ ...path, tool_outputs })
        assert.strictEqual(ended.status, "completed")
        assert.strictEqual((yield* Runs.poll(path)).status, "completed")
      }).pipe(Effect.provide(client({ model }))))

    test("runs tools", () =>
      Effect.gen(function*() {
        const ids = yield* begin("get_weather in \"Oslo\"")
        const run = yield* Runs.runTools(ids, [weather])
        assert.strictEqual(run.status, "completed")
      }).pipe(Effect.provide(client({ model }))))
  })

  test("runs the tools of a chat", () =>
    Effect.gen(function*() {
      const { messages } = yield* ChatCompletions.runTools(
        { model: "gpt-4", messages: [{ role: "user", content: "get_weather in \"Oslo\"" }] },
        [weather]
      )
      assert.deepStrictEqual(messages.map(({ role }) => role), ["user", "assistant", "tool", "assistant"])
    }).pipe(Effect.provide(client())))

  for (
    const fault of [
      { type: "status", status: 503 },
      { type: "status", status: 429 },
      { type: "rate_limit" },
      { type: "reset" },
      { type: "cut", after_bytes: 10 }
    ] as const
  ) {
    test(`retries after ${fault.type} ${"status" in fault ? fault.status : ""}`, () =>
      Effect.gen(function*() {
        let retries = 0
        yield* Models.list().pipe(Retry.policy({
          onRetry: () =>
            Effect.sync(() => {
              retries++
            })
        }))
        assert.strictEqual(retries, 2)
      }).pipe(Effect.provide(client({ faults: { rules: [{ times: 2, fault }] } }))))
  }
})
