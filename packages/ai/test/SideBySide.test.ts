import { OpenAiEmbeddingModel, OpenAiLanguageModel } from "@effect-openai/ai"
import { Chat, EmbeddingModel, LanguageModel } from "@effect/ai"
import * as Other from "@effect/ai-openai"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { completion, fake, scripted, server, toolkit, tools } from "./utils.js"

/** A message of a model, which the servers of both APIs send. */
interface Said {
  readonly text?: string
  readonly call?: readonly [name: string, args: string]
}

const usage = { input_tokens: 3, output_tokens: 5, total_tokens: 8 }

const responseOf = ({ call, text }: Said) => ({
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  model: "gpt-4o",
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  tool_choice: "auto",
  tools: [],
  output: [
    ...(text === undefined ? [] : [{
      id: "msg_1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [], logprobs: [] }]
    }]),
    ...(call === undefined ? [] : [{
      id: "fc_1",
      type: "function_call",
      status: "completed",
      call_id: "a",
      name: call[0],
      arguments: call[1]
    }])
  ],
  usage: {
    ...usage,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 }
  }
})

const other = (transport: Layer.Layer<HttpClient.HttpClient>) =>
  Other.OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provide(transport))

/** The other provider, whose server sends the messages as responses. */
const responses = (...said: ReadonlyArray<Said>) => {
  let count = 0
  const transport = HttpClient.make((request) =>
    Effect.sync(() =>
      HttpClientResponse.fromWeb(request, new Response(JSON.stringify(responseOf(said[count++]!)), { status: 200 }))
    )
  )
  return Other.OpenAiLanguageModel.layer({ model: "gpt-4o" }).pipe(
    Layer.provide(other(Layer.succeed(HttpClient.HttpClient, transport)))
  )
}

/** This provider, whose server sends the messages as chat completions. */
const chatCompletions = (...said: ReadonlyArray<Said>) =>
  OpenAiLanguageModel.layer({ model: "gpt-4o" }).pipe(
    Layer.provide(
      fake(...said.map(({ call, text }) =>
        completion({
          ...(text === undefined ? {} : { content: text }),
          ...(call === undefined ? {} : {
            tool_calls: [{ id: "a", type: "function", function: { name: call[0], arguments: call[1] } }]
          })
        })
      )).layer
    )
  )

describe.each([["chat completions", chatCompletions], ["responses", responses]] as const)(
  "the same program over %s",
  (_, layer) => {
    it.effect("returns text, reason and usage", () =>
      Effect.gen(function*() {
        const response = yield* LanguageModel.generateText({ prompt: "Hello" })
        assert.strictEqual(response.text, "Good day")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepInclude(response.usage, { inputTokens: 3, outputTokens: 5, totalTokens: 8 })
        assert.deepStrictEqual(response.content.map(({ type }) => type), ["response-metadata", "text", "finish"])
      }).pipe(Effect.provide(layer({ text: "Good day" }))))

    it.effect("returns an object", () =>
      Effect.gen(function*() {
        const schema = Schema.Struct({ age: Schema.NumberFromString })
        const { value } = yield* LanguageModel.generateObject({ prompt: "Who?", schema })
        assert.deepStrictEqual(value, { age: 36 })
      }).pipe(Effect.provide(layer({ text: "{\"age\":\"36\"}" }))))

    it.effect("calls a tool and continues", () =>
      Effect.gen(function*() {
        const chat = yield* Chat.empty
        const first = yield* chat.generateText({ prompt: "How warm is it?", toolkit })
        assert.strictEqual(first.finishReason, "tool-calls")
        assert.deepStrictEqual(first.toolCalls.map(({ id, name, params }): unknown => [id, name, params]), [
          ["a", "get_weather", { city: "Lisbon" }]
        ])
        assert.deepStrictEqual(first.toolResults.map(({ result }): unknown => result), [{ celsius: 21 }])
        assert.strictEqual((yield* chat.generateText({ prompt: [], toolkit })).text, "Warm")
      }).pipe(
        Effect.provide([layer({ call: ["get_weather", "{\"city\":\"Lisbon\"}"] }, { text: "Warm" }), tools])
      ))

    it.effect("fails with MalformedOutput for arguments that are not JSON, and for an object that does not fit", () =>
      Effect.gen(function*() {
        const call = yield* Effect.flip(LanguageModel.generateText({ prompt: "Hello", toolkit }))
        assert.strictEqual(call._tag, "MalformedOutput")
        const object = yield* Effect.flip(
          LanguageModel.generateObject({ prompt: "Who?", schema: Schema.Struct({ age: Schema.Number }) })
        )
        assert.strictEqual(object._tag, "MalformedOutput")
      }).pipe(Effect.provide([layer({ call: ["now", "{"] }, { text: "{}" }), tools])))
  }
)

describe("a server that has chat completions only", () => {
  const program = LanguageModel.generateText({ prompt: "Hello" })

  it.effect("has no response for the other provider", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(program)
      assert(error._tag === "HttpResponseError")
      assert.strictEqual(error.response.status, 404)
    }).pipe(
      Effect.provide(
        Other.OpenAiLanguageModel.layer({ model: "gpt-4o" }).pipe(
          Layer.provide(other(server([{ type: "text", text: "Good day" }])))
        )
      )
    ))

  it.effect("has the same vectors for both", () =>
    Effect.gen(function*() {
      const embed = Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embedMany }) => embedMany(["a cat", "a dog"]))
      const model = "text-embedding-3-small"
      const own = yield* embed.pipe(
        Effect.provide(
          OpenAiEmbeddingModel.layerBatched({ model }).pipe(Layer.provide(scripted([{ type: "text", text: "" }])))
        )
      )
      const others = yield* embed.pipe(
        Effect.provide(
          Other.OpenAiEmbeddingModel.layerBatched({ model }).pipe(
            Layer.provide(other(server([{ type: "text", text: "" }])))
          )
        )
      )
      assert.deepStrictEqual(own, others)
    }))
})
