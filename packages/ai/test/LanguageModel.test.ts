import { OpenAiLanguageModel } from "@effect-openai/ai"
import { Extra } from "@effect-openai/client"
import { LanguageModel, Model } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import * as Utils from "./utils.js"

const { call, collect, completion, deltas, fake, over, scripted, toolkit } = Utils

const text = completion({ content: "Good day" })

describe("text", () => {
  it.effect("returns the text, the reason and the usage", () =>
    Effect.gen(function*() {
      const response = yield* LanguageModel.generateText({ prompt: "Hello" })
      assert.strictEqual(response.text, "Good day")
      assert.strictEqual(response.finishReason, "stop")
      assert.isAbove(response.usage.inputTokens!, 0)
      assert.strictEqual(response.usage.totalTokens, response.usage.inputTokens! + response.usage.outputTokens!)
      const [metadata] = response.content
      assert(metadata?.type === "response-metadata")
      assert.match(Option.getOrThrow(metadata.id), /^chatcmpl-/)
    }).pipe(over(scripted([{ type: "text", text: "Good day" }]))))

  it.effect("streams the text, and the usage at the end", () =>
    Effect.gen(function*() {
      const parts = yield* collect(LanguageModel.streamText({ prompt: "Hello" }))
      assert.deepStrictEqual(
        parts.flatMap((part) => part.type === "text-delta" && part.delta !== "" ? [part.delta] : []),
        ["Good ", "day"]
      )
      assert.strictEqual(parts[0]?.type, "response-metadata")
      const last = parts.at(-1)
      assert(last?.type === "finish")
      assert.strictEqual(last.reason, "stop")
      assert.isAbove(last.usage.outputTokens!, 0)
    }).pipe(over(scripted([{ type: "text", text: ["Good ", "day"] }]))))

  it.effect.each(
    [
      ["length", {}, "length"],
      ["content_filter", {}, "content-filter"],
      ["eos", {}, "other"],
      [null, {}, "unknown"],
      ["stop", { tool_calls: [call("a", "now", "")] }, "tool-calls"],
      ["function_call", {}, "tool-calls"]
    ] as const
  )("maps the reason %s", ([finish_reason, message, expected]) =>
    Effect.gen(function*() {
      const buffered = fake(completion(message, { finish_reason }))
      const options = { prompt: "Hello", toolkit, disableToolCallResolution: true } as const
      const response = yield* LanguageModel.generateText(options).pipe(over(buffered.layer))
      assert.strictEqual(response.finishReason, expected)
      const body = deltas(message, {}).body.replace("\"finish_reason\":\"stop\"", `"finish_reason":"${finish_reason}"`)
      const parts = yield* collect(LanguageModel.streamText(options)).pipe(over(fake({ body }).layer))
      assert(parts.at(-1)?.type === "finish")
      assert.strictEqual((parts.at(-1) as { reason?: string }).reason, finish_reason === null ? "other" : expected)
    }))

  it.effect("keeps a refusal as metadata of an empty text", () =>
    Effect.gen(function*() {
      const refusal = { openai: { refusal: "No." } }
      const { content, text } = yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(
        over(fake(completion({ refusal: "No." })).layer)
      )
      assert.strictEqual(text, "")
      assert.deepStrictEqual(content.flatMap((part) => part.type === "text" ? [part.metadata] : []), [refusal])
      const parts = yield* collect(LanguageModel.streamText({ prompt: "Hello" })).pipe(
        over(fake(deltas({ refusal: "N" }, { refusal: "o." })).layer)
      )
      assert.deepStrictEqual(parts.flatMap((part) => part.type === "text-end" ? [part.metadata] : []), [refusal])
    }))

  it.effect.each(["reasoning_content", "reasoning"])(
    "returns %s of a server as reasoning",
    (field) =>
      Effect.gen(function*() {
        const response = yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(
          over(fake(completion({ content: "Hi", [field]: "They greet." })).layer)
        )
        assert.strictEqual(response.reasoningText, "They greet.")
        assert.strictEqual(response.text, "Hi")
        const parts = yield* collect(LanguageModel.streamText({ prompt: "Hello" })).pipe(
          over(fake(deltas({ [field]: "They " }, { [field]: "greet." }, { content: "Hi" })).layer)
        )
        assert.deepStrictEqual(parts.map((part) => "delta" in part ? `${part.type} ${part.delta}` : part.type), [
          "response-metadata",
          "reasoning-start",
          "reasoning-delta They ",
          "reasoning-delta greet.",
          "reasoning-end",
          "text-start",
          "text-delta Hi",
          "text-end",
          "finish"
        ])
      })
  )

  it.effect("joins the choices of a server that splits one message", () =>
    Effect.gen(function*() {
      const choice = (index: number, message: object) => ({
        index,
        message: { role: "assistant", content: null, ...message },
        finish_reason: "tool_calls"
      })
      const response = yield* LanguageModel.generateText({ prompt: "Hello", toolkit }).pipe(
        over(
          fake(completion({}, {}, {
            choices: [choice(0, { content: "Let me see." }), choice(0, { tool_calls: [call("a", "now", "{}")] })]
          })).layer
        )
      )
      assert.strictEqual(response.text, "Let me see.")
      assert.deepStrictEqual(response.toolResults.map(({ result }) => result), ["noon"])
    }))
})

describe("configuration", () => {
  it.effect("merges the fields of the model and of the call, extra fields included", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(text)
      yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(
        OpenAiLanguageModel.withConfigOverride({ temperature: 1, ...Extra.fields({ top_k: 1 }) }),
        OpenAiLanguageModel.withConfigOverride({ top_p: 0.5, seed: 7 }),
        over(layer, {
          temperature: 0,
          top_p: 1,
          parallel_tool_calls: false,
          ...Extra.fields({ top_k: 20, min_p: 0.1 })
        })
      )
      assert.deepStrictEqual(bodies, [{
        model: "gpt-4o",
        messages: [{ role: "user", content: "Hello" }],
        temperature: 1,
        top_p: 0.5,
        seed: 7,
        top_k: 1,
        min_p: 0.1
      }])
    }))

  it.effect("requests the usage of a stream, unless the configuration says otherwise", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(deltas({ content: "Hi" }))
      const stream = collect(LanguageModel.streamText({ prompt: "Hello" }))
      yield* stream.pipe(over(layer))
      yield* stream.pipe(over(layer, { stream_options: null }))
      assert.deepStrictEqual(bodies.map((body) => [body.stream, body.stream_options]), [
        [true, { include_usage: true }],
        [true, undefined]
      ])
    }))

  it.effect.each(
    [["gpt-4o", "system"], ["o3-mini", "developer"], ["olmo-2", "system"], ["gpt-5", "developer"]] as const
  )(
    "sends system messages to %s as %s",
    ([model, role]) =>
      Effect.gen(function*() {
        const { bodies, layer } = fake(text)
        const prompt = [{ role: "system" as const, content: "Be brief." }, { role: "user" as const, content: "Hello" }]
        yield* LanguageModel.generateText({ prompt }).pipe(
          OpenAiLanguageModel.withConfigOverride({ model }),
          over(layer)
        )
        assert.strictEqual(bodies[0].model, model)
        assert.deepStrictEqual(bodies[0].messages[0], { role, content: "Be brief." })
      })
  )

  it.effect("is a Model that states its provider", () =>
    Effect.gen(function*() {
      const provider = yield* Effect.provide(
        Effect.zipLeft(Model.ProviderName, LanguageModel.generateText({ prompt: "Hello" })),
        OpenAiLanguageModel.model("gpt-4o").pipe(Layer.provide(fake(text).layer))
      )
      assert.strictEqual(provider, "openai")
    }))
})

const Person = Schema.Struct({ name: Schema.String, age: Schema.Number }).annotations({
  identifier: "@app/Person",
  description: "A person"
})

describe("objects", () => {
  const ada = "{\"name\":\"Ada\",\"age\":36}"

  it.effect("returns the decoded value, and requests a strict JSON Schema", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(completion({ content: ada }))
      const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person, objectName: "a person" })
        .pipe(over(layer))
      assert.deepStrictEqual(value, { name: "Ada", age: 36 })
      assert.deepStrictEqual(bodies[0].response_format, {
        type: "json_schema",
        json_schema: {
          name: "a_person",
          description: "A person",
          strict: true,
          schema: {
            type: "object",
            required: ["name", "age"],
            properties: { name: { type: "string" }, age: { type: "number" } },
            additionalProperties: false,
            description: "A person"
          }
        }
      })
    }))

  it.effect("describes the JSON Schema to a server that only knows json_object", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(completion({ content: ada }))
      const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person }).pipe(
        over(layer, { structuredOutputs: "json_object" })
      )
      assert.deepStrictEqual(value, { name: "Ada", age: 36 })
      assert.deepStrictEqual(bodies[0].response_format, { type: "json_object" })
      const [instructions, user] = bodies[0].messages
      assert.strictEqual(instructions.role, "system")
      assert.include(instructions.content, "\"required\":[\"name\",\"age\"]")
      assert.deepStrictEqual(user, { role: "user", content: "Who?" })
    }))

  it.effect("is accepted by the emulator", () =>
    Effect.gen(function*() {
      const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person })
      assert.deepStrictEqual(value, { name: "Ada", age: 36 })
    }).pipe(over(scripted([{ type: "text", text: ada }]))))
})
