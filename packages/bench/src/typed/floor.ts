/** Types that a program on Effect checks without any client. */
import { FetchHttpClient, HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Schema, Stream } from "effect"

const Assistant = Schema.Struct({ id: Schema.String, name: Schema.NullOr(Schema.String) })

export const program = HttpClient.get("/assistants/asst_abc123").pipe(
  Effect.flatMap(HttpClientResponse.schemaBodyJson(Assistant)),
  Stream.fromEffect,
  Stream.map(({ name }) => name),
  Stream.runCollect,
  Effect.provide(FetchHttpClient.layer)
)
