import { OpenAiTokenizer } from "@effect-openai/ai"
import { Prompt, Tokenizer } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const tokens = (prompt: Prompt.RawInput, model: string, encoding?: OpenAiTokenizer.Encoding) =>
  Effect.flatMap(Tokenizer.Tokenizer, ({ tokenize }) => tokenize(prompt)).pipe(
    Effect.provide(OpenAiTokenizer.layer({ model, encoding }))
  )

describe("Tokenizer", () => {
  it.effect("encodes by the model, or by the encoding", () =>
    Effect.gen(function*() {
      const [later, earlier, own] = yield* Effect.all([
        tokens("hello world", "gpt-4o-mini"),
        tokens("hello world", "gpt-4-turbo"),
        tokens("hello world", "Qwen/Qwen3-8B")
      ])
      // Seven tokens frame a message and the response.
      assert.deepStrictEqual(later.slice(3, -4), [24912, 2375])
      assert.deepStrictEqual(earlier.slice(3, -4), [15339, 1917])
      assert.deepStrictEqual(own, later)
      assert.deepStrictEqual(yield* tokens("hello world", "Qwen/Qwen3-8B", "cl100k_base"), earlier)
    }))

  it.effect("counts all parts, and special tokens as text", () =>
    Effect.gen(function*() {
      const prompt = Prompt.make([
        { role: "system", content: "Be brief." },
        { role: "user", content: [{ type: "text", text: "<|endoftext|>" }] },
        {
          role: "assistant",
          content: [{ type: "tool-call", id: "a", name: "now", params: { zone: "UTC" }, providerExecuted: false }]
        },
        {
          role: "tool",
          content: [{
            type: "tool-result",
            id: "a",
            name: "now",
            isFailure: false,
            result: "noon",
            providerExecuted: false
          }]
        }
      ])
      const all = yield* tokens(prompt, "gpt-4o")
      const system = yield* tokens([{ role: "system", content: "Be brief." }], "gpt-4o")
      assert.isAbove(all.length, system.length + 20)
    }))

  it.effect("keeps the last messages that fit", () =>
    Effect.gen(function*() {
      const tokenizer = yield* Tokenizer.Tokenizer
      const user = (content: string) => ({ role: "user" as const, content })
      const prompt = Prompt.make([user("first ".repeat(50)), user("last")])
      assert.deepStrictEqual((yield* tokenizer.truncate(prompt, 20)).content, prompt.content.slice(1))
    }).pipe(Effect.provide(OpenAiTokenizer.layer({ model: "gpt-4o" }))))
})
