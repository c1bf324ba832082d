import { Embeddings, Models } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Scenario from "../../Scenario.js"

const floatsOf = (base64: string): ReadonlyArray<number> => {
  const bytes = Either.getOrElse(Encoding.decodeBase64(base64), () => new Uint8Array())
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(index * 4, true))
}

const embed = (input: string | ReadonlyArray<string>, rest: { readonly encoding_format?: "base64" } = {}) =>
  Effect.flatMap(
    Scenario.CurrentSettings,
    ({ models }) =>
      Embeddings.create({ model: models.embedding, input: typeof input === "string" ? input : [...input], ...rest })
  )

/** Scenarios of models and embeddings. */
export const models: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "models/list",
    title: "listed models are retrieved unchanged",
    group: "happy",
    operations: ["listModels", "retrieveModel"],
    run: Effect.gen(function*() {
      const { data } = yield* Models.list()
      const first = yield* Scenario.present("a model is listed", data[0])
      yield* Scenario.that(
        "each model has a unique ID",
        new Set(data.map(({ id }) => id)).size === data.length,
        data.map(({ id }) => id)
      )
      const retrieved = yield* Effect.forEach([first, data.at(-1)!], ({ id }) => Models.retrieve({ model: id }))
      yield* Scenario.equal("the first and the last are retrieved as they are listed", retrieved, [first, data.at(-1)])
    })
  }),
  Scenario.make({
    id: "models/delete",
    title: "a deleted fine-tuned model no longer exists",
    group: "happy",
    operations: ["deleteModel", "retrieveModel", "listModels"],
    requires: ["stateful", "errors"],
    sequential: true,
    run: Effect.gen(function*() {
      const { models: { deletable } } = yield* Scenario.CurrentSettings
      if (deletable === undefined) {
        return yield* new Scenario.NotApplicable({ because: "the target names no model that may be deleted" })
      }
      const { data } = yield* Models.list()
      if (data.every(({ id }) => id !== deletable)) {
        return yield* new Scenario.NotApplicable({ because: `the target has no model ${deletable} (any more)` })
      }
      const deleted = yield* Models.delete({ model: deletable })
      yield* Scenario.equal("the deletion is confirmed", deleted, { id: deletable, object: "model", deleted: true })
      yield* Scenario.refused("it can't be retrieved", "NotFoundError", Models.retrieve({ model: deletable }))
      const left = yield* Models.list()
      yield* Scenario.equal("the other models still exist", left.data, data.filter(({ id }) => id !== deletable))
    })
  }),
  Scenario.make({
    id: "embeddings/create",
    title: "each text has an embedding, in the order of the texts",
    group: "happy",
    operations: ["createEmbedding"],
    run: Effect.gen(function*() {
      const one = yield* embed("Seven stars shine.")
      const vector = one.data[0]?.embedding
      yield* Scenario.that("one text has one embedding", one.data.length === 1, one.data.length)
      yield* Scenario.that(
        "the embedding holds numbers that are not all zero",
        Array.isArray(vector) && vector.some((value) => value !== 0),
        vector
      )
      const { data, usage } = yield* embed(["Seven stars shine.", "The harbour sleeps."])
      yield* Scenario.equal("two texts have two embeddings, numbered from 0", data.map(({ index }) => index), [0, 1])
      yield* Scenario.equal(
        "all embeddings have the same length",
        data.map(({ embedding }) => embedding.length),
        [vector?.length, vector?.length]
      )
      yield* Scenario.that(
        "different texts have different embeddings",
        JSON.stringify(data[0]!.embedding) !== JSON.stringify(data[1]!.embedding),
        "the same twice"
      )
      yield* Scenario.that("tokens were used", (usage?.prompt_tokens ?? 0) > 0 && (usage?.total_tokens ?? 0) > 0, usage)
    })
  }),
  Scenario.make({
    id: "embeddings/base64",
    title: "a base64 embedding is the same vector",
    group: "happy",
    operations: ["createEmbedding"],
    run: Effect.gen(function*() {
      const text = "Seven stars shine."
      const { data: [plain] } = yield* embed(text)
      const { data: [encoded] } = yield* embed(text, { encoding_format: "base64" })
      const numbers = plain?.embedding
      const base64 = encoded?.embedding
      if (!Array.isArray(numbers) || typeof base64 !== "string") {
        return yield* new Scenario.ScenarioFailure({
          expectation: "the embedding is a list of numbers by default, and text for base64",
          message: `They are ${typeof numbers} and ${typeof base64}`
        })
      }
      const decoded = floatsOf(base64)
      yield* Scenario.equal("both embeddings have the same length", decoded.length, numbers.length)
      // The numbers of a real model vary slightly.
      const distance = Math.hypot(...numbers.map((value, index) => value - decoded[index]!))
      yield* Scenario.that(
        "both embeddings are the same vector",
        distance < 0.01 * Math.max(1, Math.hypot(...numbers)),
        distance
      )
    })
  })
]
