/** Effect's client, generated from an OpenAPI document. It has no Schema of chat events, so this module defines one. */
import * as OpenAiClient from "@effect/ai-openai/OpenAiClient"
import * as OpenAiLanguageModel from "@effect/ai-openai/OpenAiLanguageModel"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { compete, type Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"
import { models } from "./models.js"

const ChatChunk = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("chat.completion.chunk"),
  created: Schema.Int,
  model: Schema.String,
  system_fingerprint: Schema.optionalWith(Schema.String, { nullable: true }),
  choices: Schema.Array(Schema.Struct({
    index: Schema.Int,
    delta: Schema.Struct({
      role: Schema.optional(Schema.String),
      content: Schema.optional(Schema.NullOr(Schema.String))
    }),
    finish_reason: Schema.NullOr(Schema.String)
  }))
})

const connect = (baseUrl: string): Tasks => {
  const live = OpenAiClient.layer({
    apiKey: Redacted.make("sk-bench"),
    // It knows only the tools of Assistants v2.
    apiUrl: baseUrl.replace(/v1$/, "v2")
  }).pipe(Layer.provide(NodeHttpClient.layerUndici))

  const run = <A, E>(use: (client: OpenAiClient.Service) => Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(Effect.flatMap(OpenAiClient.OpenAiClient, use).pipe(Effect.provide(live)))

  const calls = (concurrency: number) => (amount: number) => {
    let total = Payloads.none
    return run(({ client }) =>
      Effect.forEach(
        Array.from({ length: amount }),
        () =>
          Effect.map(client.getAssistant(Payloads.assistantId(0)), (assistant) => {
            total = Payloads.addAssistant(total, assistant)
          }),
        { concurrency, discard: true }
      )
    ).then(() => total)
  }
  const pages = () =>
    run(({ client }) =>
      Stream.paginateChunkEffect(
        undefined as string | undefined,
        (after) =>
          Effect.map(client.listAssistants({ limit: 100, after }), (page) => [
            Chunk.unsafeFromArray(page.data),
            page.has_more ? Option.some<string | undefined>(page.last_id) : Option.none()
          ])
      ).pipe(Stream.runFold(Payloads.none, Payloads.addAssistant))
    )
  const stream = () =>
    run((client) =>
      client.streamRequest(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/chat/completions"), {
          model: "gpt-4-turbo",
          messages: [{ role: "user", content: "Hi" }],
          stream: true
        }),
        ChatChunk
      ).pipe(Stream.runFold(Payloads.none, Payloads.addDelta))
    )
  const embeddings = (amount: number) =>
    run(({ client }) =>
      Effect.iterate({ left: amount, total: Payloads.none }, {
        while: ({ left }) => left > 0,
        body: ({ left, total }) =>
          Effect.map(
            client.createEmbedding({
              model: "text-embedding-3-small",
              input: Payloads.input,
              encoding_format: "float"
            }),
            ({ data }) => ({
              left: left - 1,
              total: data.reduce((total, { embedding }) => Payloads.addVector(total, embedding), total)
            })
          )
      })
    ).then(({ total }) => total)

  return {
    sequential: calls(1),
    concurrent: calls(64),
    pages,
    stream,
    "stream/single": stream,
    embeddings,
    ...models(OpenAiLanguageModel.layer({ model: "gpt-4-turbo" }).pipe(Layer.provide(live)))
  }
}

compete(connect)
