import { Chat, LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, collect, completion, deltas, fake, over, scripted, toolkit } from "./utils.js"

const text = completion({ content: "Good day" })

describe("tools", () => {
  it.effect("calls tools in parallel and continues with their results", () =>
    Effect.gen(function*() {
      const chat = yield* Chat.empty
      const first = yield* chat.generateText({ prompt: "How warm is it?", toolkit })
      assert.strictEqual(first.finishReason, "tool-calls")
      assert.deepStrictEqual(first.toolResults.map(({ name, result }): unknown => [name, result]), [
        ["get_weather", { celsius: 21 }],
        ["now", "noon"]
      ])
      const second = yield* chat.generateText({ prompt: [], toolkit })
      assert.strictEqual(second.text, "It is warm.")
    }).pipe(over(scripted([
      {
        type: "function_calls",
        calls: [{ name: "get_weather", arguments: { city: "Lisbon" } }, { name: "now", arguments: {} }]
      },
      { type: "text", text: "It is warm." }
    ]))))

  it.effect("streams the arguments, and the results before the end", () =>
    Effect.gen(function*() {
      const start = (index: number, id: string, name: string) => ({
        index,
        id,
        type: "function",
        function: { name, arguments: "" }
      })
      const { layer } = fake(deltas(
        { role: "assistant", content: "Let me see. ", tool_calls: [start(0, "a", "get_weather")] },
        { tool_calls: [{ index: 0, function: { arguments: "{\"city\":" } }] },
        { tool_calls: [{ index: 0, function: { arguments: "\"Lisbon\"}" } }, start(1, "b", "now")] }
      ))
      const parts = yield* collect(LanguageModel.streamText({ prompt: "How warm is it?", toolkit })).pipe(over(layer))
      assert.deepStrictEqual(
        parts.map((part) =>
          part.type === "tool-call"
            ? `${part.type} ${part.id} ${JSON.stringify(part.params)}`
            : part.type === "tool-result"
            ? `${part.type} ${part.id} ${JSON.stringify(part.result)}`
            : "delta" in part
            ? `${part.type} ${part.id} ${part.delta}`
            : part.type === "finish"
            ? `${part.type} ${part.reason}`
            : part.type
        ),
        [
          "response-metadata",
          "text-start",
          "text-delta text-0 Let me see. ",
          "tool-params-start",
          "tool-params-delta a {\"city\":",
          "tool-params-delta a \"Lisbon\"}",
          "tool-params-start",
          "text-end",
          "tool-params-end",
          "tool-call a {\"city\":\"Lisbon\"}",
          "tool-params-end",
          "tool-call b {}",
          "tool-result a {\"celsius\":21}",
          "tool-result b \"noon\"",
          "finish tool-calls"
        ]
      )
    }))

  it.effect("streams calls of the emulator", () =>
    Effect.gen(function*() {
      const parts = yield* collect(LanguageModel.streamText({ prompt: "How warm is it?", toolkit }))
      assert.deepStrictEqual(
        parts.flatMap((part): Array<unknown> => part.type === "tool-result" ? [part.result] : []),
        [
          { celsius: 9 }
        ]
      )
    }).pipe(
      over(scripted([{ type: "function_calls", calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] }]))
    ))

  it.effect.each(
    [
      [undefined, "auto", 2],
      ["required", "required", 2],
      [{ tool: "now" }, { type: "function", function: { name: "now" } }, 2],
      [{ oneOf: ["now"] }, "auto", 1],
      [{ mode: "required", oneOf: ["now"] }, "required", 1]
    ] as const
  )("sends the choice %j", ([toolChoice, expected, count]) =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(text)
      yield* LanguageModel.generateText({ prompt: "Hello", toolkit, toolChoice }).pipe(
        over(layer, { parallel_tool_calls: false, strict: false })
      )
      assert.deepStrictEqual(bodies[0].tool_choice, expected)
      assert.strictEqual(bodies[0].tools.length, count)
      assert.strictEqual(bodies[0].parallel_tool_calls, false)
      assert.deepStrictEqual(bodies[0].tools.at(-1), {
        type: "function",
        function: {
          name: "now",
          parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
          strict: false
        }
      })
    }))

  // DeepSeek and Gemini refuse calls that come back without what they added.
  it.effect.each(["buffered", "streamed"])(
    "sends back what a server added to a call, %s",
    (mode) =>
      Effect.gen(function*() {
        const added = {
          reasoning_content: "A tool knows.",
          tool_calls: [{
            index: 0,
            ...call("a", "now", "{}", { extra_content: { google: { thought_signature: "s" } } })
          }]
        }
        const { bodies, layer } = fake(mode === "buffered" ? completion(added) : deltas(added), text)
        yield* Effect.gen(function*() {
          const chat = yield* Chat.empty
          yield* mode === "buffered"
            ? chat.generateText({ prompt: "When?", toolkit })
            : collect(chat.streamText({ prompt: "When?", toolkit }))
          yield* chat.generateText({ prompt: [], toolkit })
        }).pipe(over(layer))
        assert.deepStrictEqual(bodies[1].messages, [
          { role: "user", content: "When?" },
          {
            role: "assistant",
            content: null,
            reasoning_content: "A tool knows.",
            tool_calls: [call("a", "now", "{}", { extra_content: { google: { thought_signature: "s" } } })]
          },
          { role: "tool", tool_call_id: "a", content: "noon" }
        ])
      })
  )
})
