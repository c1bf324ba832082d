import { AiErrors, OpenAiEmbeddingModel } from "@effect-openai/ai"
import type { OpenAiClient } from "@effect-openai/client"
import { EmbeddingModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import { fake, scripted } from "./utils.js"

const model = "text-embedding-3-small"

const over = (client: Layer.Layer<OpenAiClient.OpenAiClient>, config: OpenAiEmbeddingModel.Config.Batched = {}) =>
  Effect.provide(OpenAiEmbeddingModel.layerBatched({ model, config }).pipe(Layer.provide(client)))

const embedMany = (texts: ReadonlyArray<string>) =>
  Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embedMany }) => embedMany(texts))

const answer = (...data: ReadonlyArray<object>) => ({ body: JSON.stringify({ object: "list", data }) })

describe("EmbeddingModel", () => {
  it.effect.each(["float", "base64"] as const)(
    "returns the vectors of the emulator as %s",
    (encoding_format) =>
      Effect.gen(function*() {
        const client = scripted([{ type: "text", text: "" }])
        const [cat, dog] = yield* embedMany(["a cat", "a dog"]).pipe(over(client, { encoding_format, dimensions: 8 }))
        const [again] = yield* embedMany(["a cat"]).pipe(over(client, { dimensions: 8 }))
        assert.strictEqual(cat!.length, 8)
        assert.notDeepEqual(cat, dog)
        cat!.forEach((number, index) => assert.closeTo(number, again![index]!, 1e-6))
      })
  )

  it.effect("sends the texts of one call in one request, and orders the vectors by index", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(answer({ index: 1, embedding: [0.2] }, { index: 0, embedding: [0.1] }))
      const vectors = yield* embedMany(["a", "b"]).pipe(
        OpenAiEmbeddingModel.withConfigOverride({ dimensions: 1 }),
        over(layer)
      )
      assert.deepStrictEqual(vectors, [[0.1], [0.2]])
      assert.deepStrictEqual(bodies, [{ model, input: ["a", "b"], dimensions: 1 }])
    }))

  it.effect("collects texts for the time of the window", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake(answer({ embedding: [0.1] }, { embedding: [0.2] }))
      yield* Effect.gen(function*() {
        const { embed } = yield* EmbeddingModel.EmbeddingModel
        const fibers = yield* Effect.forEach(["a", "b"], (text) => Effect.fork(embed(text)))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [[0.1], [0.2]])
      }).pipe(
        Effect.provide(
          OpenAiEmbeddingModel.model(model, { mode: "data-loader", window: "1 second" }).pipe(Layer.provide(layer))
        )
      )
      assert.deepStrictEqual(bodies.map(({ input }) => input), [["a", "b"]])
    }))

  it.effect.each(
    [
      ["a missing vector", [{ embedding: [0.1] }], "data"],
      [
        "an index that is not asked for",
        [{ index: 0, embedding: [0.1] }, { index: 2, embedding: [0.1] }],
        "data[1].index"
      ],
      ["an index that occurs twice", [{ index: 1, embedding: [0.1] }, { index: 1, embedding: [0.1] }], "data[1].index"],
      ["a vector that is not base64", [{ embedding: "?" }, { embedding: [0.1] }], "data[0].embedding"]
    ] as const
  )("fails with MalformedOutput for %s", ([_, data, field]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(embedMany(["a", "b"]).pipe(over(fake(answer(...data)).layer)))
      assert(error._tag === "MalformedOutput")
      const cause = Option.getOrThrow(AiErrors.clientError(error))
      assert(cause._tag === "InvalidResponseError")
      assert.strictEqual(cause.field, field)
    }))
})
