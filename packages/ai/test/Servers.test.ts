import { Profile } from "@effect-openai/emulator"
import { Chat, LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { collect, over, scripted, toolkit } from "./utils.js"

const names = Object.keys(Profile.profiles) as ReadonlyArray<Profile.Name>

const weather = {
  type: "function_calls",
  calls: [{ name: "get_weather", arguments: { city: "Lisbon" } }, { name: "now", arguments: {} }]
} as const

describe("servers", () => {
  it.effect.each(names)("streams, calls tools and continues on %s", (name) =>
    Effect.gen(function*() {
      const server = scripted([weather, { type: "text", text: "{\"celsius\":21}" }], {
        profile: Profile.profiles[name]
      })
      yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        const parts = yield* collect(chat.streamText({ prompt: "How warm is it?", toolkit }))
        assert.deepStrictEqual(
          parts.flatMap((part): Array<unknown> => part.type === "tool-result" ? [part.result] : []),
          [{ celsius: 21 }, "noon"]
        )
        const last = parts.at(-1)
        assert(last?.type === "finish")
        assert.strictEqual(last.reason, "tool-calls")
        assert.strictEqual((yield* chat.generateText({ prompt: [], toolkit })).text, "{\"celsius\":21}")
      }).pipe(over(server))
      const { value } = yield* LanguageModel.generateObject({
        prompt: "How warm is it?",
        schema: Schema.Struct({ celsius: Schema.Number })
      }).pipe(over(
        scripted([{ type: "text", text: "{\"celsius\":21}" }], { profile: Profile.profiles[name] }),
        { structuredOutputs: "json_object" }
      ))
      assert.strictEqual(value.celsius, 21)
    }))
})
