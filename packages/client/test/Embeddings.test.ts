import { Embeddings } from "@effect-openai/client"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Either, FastCheck as fc } from "effect"
import * as Client from "./utils/client.js"

const embedding = (embedding: string | ReadonlyArray<number>) => ({
  object: "embedding" as const,
  index: 0,
  embedding
})

const base64 = (vector: Float32Array) => Buffer.from(vector.buffer).toString("base64")

describe("Embeddings", () => {
  it.effect("returns the same vectors for both encodings", () =>
    Effect.gen(function*() {
      const vector = Float32Array.of(0.25, -1, 3.5)
      for (const sent of [[...vector], base64(vector)]) {
        const { data } = yield* Embeddings.create({ model: "text-embedding-3-small", input: ["a"] }).pipe(
          Effect.provide(
            Client.layer(
              "http://fake",
              {},
              Client.fake(() => Client.success({ object: "list", model: "m", data: [embedding(sent)] })).layer
            )
          )
        )
        assert.deepStrictEqual(yield* Effect.forEach(data, Embeddings.vector), [vector])
      }
    }))

  it.prop("decodes base64 to the numbers", { vector: fc.float32Array() }, ({ vector }) => {
    assert.deepStrictEqual(Embeddings.vector(embedding(base64(vector))), Either.right(vector))
    assert.deepStrictEqual(Embeddings.vector(embedding([...vector])), Either.right(vector))
  })

  it.prop(
    "decodes a long vector with and without Node's Buffer",
    { vector: fc.float32Array({ minLength: 1500, maxLength: 1536 }) },
    ({ vector }) => {
      const text = base64(vector)
      const inside = Embeddings.vector(embedding(text))
      vi.stubGlobal("Buffer", undefined)
      const outside = Embeddings.vector(embedding(text))
      vi.unstubAllGlobals()
      assert.deepStrictEqual(inside, Either.right(vector))
      assert.deepStrictEqual(outside, Either.right(vector))
    }
  )

  it("decodes base64 with line breaks", () => {
    const text = base64(Float32Array.of(1, 2, 3))
    assert.deepStrictEqual(
      Embeddings.vector(embedding(`${text.slice(0, 8)}\r\n${text.slice(8)}`)),
      Either.right(Float32Array.of(1, 2, 3))
    )
  })

  it("decodes an empty text to an empty vector", () => {
    assert.deepStrictEqual(Embeddings.vector(embedding("")), Either.right(new Float32Array(0)))
    assert.deepStrictEqual(Embeddings.vector(embedding([])), Either.right(new Float32Array(0)))
  })

  for (
    const [name, text] of [
      ["no base64", "not base64!"],
      ["a cut text", base64(Float32Array.of(1, 2)).slice(0, -3)],
      ["bytes that are not floats", Buffer.from("abcdef").toString("base64")],
      ["text that is not ASCII", "ÄÖÜß"],
      // Node's decoder skips the one and accepts the other. It decodes texts beyond 4 KB.
      ["a long text with a foreign character", `${base64(new Float32Array(1536)).slice(0, -4)}!AAA`],
      ["a long text with a character of which Node sees a half", `\u0141${base64(new Float32Array(1536)).slice(1)}`],
      ["a long text that is padded in its middle", `${base64(new Float32Array(1536)).replace("AAAA", "AA==")}`],
      ["a long text with underscores", base64(new Float32Array(1536)).replace("A", "_")],
      ["a long text in the alphabet for URLs", base64(new Float32Array(1536)).replace("A", "-")]
    ] as const
  ) {
    it(`fails for ${name}`, () => {
      const error = Either.getOrThrow(Either.flip(Embeddings.vector(embedding(text))))
      assert.strictEqual(error._tag, "DecodeException")
    })
  }

  const almost = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 2 }))))
    .map(
      ([bytes, changes]) =>
        changes.reduce(
          (text, [at, change]) =>
            text.slice(0, at % (text.length + 1)) + change + text.slice((at + 1) % (text.length + 2)),
          Buffer.from(bytes).toString("base64")
        )
    )
  const foreign = fc.array(fc.constantFrom("AAAA", "A", "B", "/", "+", "=", "-", "_", "!", "\n", "\u0141", "é", "🙂"))
    .map((parts) => parts.join(""))
  it.prop(
    "decodes any text to a vector or an error, with and without Node's Buffer",
    { text: fc.oneof(fc.string({ unit: "binary" }), almost, foreign) },
    ({ text }) => {
      const inside = Embeddings.vector(embedding(text))
      vi.stubGlobal("Buffer", undefined)
      const outside = Embeddings.vector(embedding(text))
      vi.unstubAllGlobals()
      assert.deepStrictEqual(inside, outside)
    },
    { fastCheck: { seed: 7, numRuns: 5000 } }
  )
})
