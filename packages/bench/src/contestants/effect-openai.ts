/** Our client, over any transport. */
import * as Assistants from "@effect-openai/client/Assistants"
import * as ChatCompletions from "@effect-openai/client/ChatCompletions"
import * as Embeddings from "@effect-openai/client/Embeddings"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"

export const ours = (transport: Layer.Layer<HttpClient.HttpClient>) => (baseUrl: string): Tasks => {
  const live = OpenAiClient.layer({ apiKey: Redacted.make("sk-bench"), baseUrl }).pipe(Layer.provide(transport))
  const run = <A, E>(effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>): Promise<A> =>
    Effect.runPromise(Effect.provide(effect, live))

  const calls = (concurrency: number) => (amount: number) => {
    let total = Payloads.none
    const call = Effect.map(Assistants.retrieve({ assistant_id: Payloads.assistantId(0) }), (assistant) => {
      total = Payloads.addAssistant(total, assistant)
    })
    return run(Effect.forEach(Array.from({ length: amount }), () => call, { concurrency, discard: true })).then(() =>
      total
    )
  }
  const items = () => Assistants.list.items({ limit: 100 })
  const forEach = () => {
    let total = Payloads.none
    return run(
      Stream.runForEach(items(), (item) =>
        Effect.sync(() => {
          total = Payloads.addAssistant(total, item)
        }))
    ).then(() => total)
  }
  const fold = () => run(Stream.runFold(items(), Payloads.none, Payloads.addAssistant))
  const forEachChunk = () => {
    let total = Payloads.none
    return run(
      Stream.runForEachChunk(items(), (chunk) =>
        Effect.sync(() => {
          total = Chunk.reduce(chunk, total, Payloads.addAssistant)
        }))
    ).then(() => total)
  }
  const stream = () =>
    run(
      ChatCompletions.create.stream({ model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }] }).pipe(
        Stream.runFold(Payloads.none, Payloads.addDelta)
      )
    )
  const vectors = (encoding_format: "float" | "base64") => (amount: number) =>
    run(
      Effect.iterate({ left: amount, total: Payloads.none }, {
        while: ({ left }) => left > 0,
        body: ({ left, total }) =>
          Embeddings.create({ model: "text-embedding-3-small", input: Payloads.input, encoding_format }).pipe(
            Effect.flatMap(({ data }) =>
              Effect.reduce(data, total, (total, item) =>
                typeof item.embedding === "string"
                  ? Effect.map(Embeddings.vector(item), (vector) => Payloads.addVector(total, vector))
                  : Effect.succeed(Payloads.addVector(total, item.embedding)))
            ),
            Effect.map((total) => ({ left: left - 1, total }))
          )
      })
    ).then(({ total }) => total)

  return {
    sequential: calls(1),
    concurrent: calls(64),
    pages: forEach,
    "pages/runFold": fold,
    "pages/runForEachChunk": forEachChunk,
    stream,
    "stream/single": stream,
    embeddings: vectors("float"),
    "embeddings/base64": vectors("base64"),
    retry: calls(1),
    million: forEach,
    "million/runFold": fold,
    "million/runForEachChunk": forEachChunk
  }
}
