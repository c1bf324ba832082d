/** One call without a client, with modules that most programs on Effect use: `effect`, `FetchHttpClient` and `Schema`. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Assistant = Schema.Struct({
  id: Schema.String,
  created_at: Schema.Int,
  name: Schema.NullOr(Schema.String),
  model: Schema.String,
  instructions: Schema.NullOr(Schema.String)
})

HttpClient.get(`${process.env["OPENAI_BASE_URL"]}/assistants/asst_abc123`, {
  headers: { authorization: `Bearer ${process.env["OPENAI_API_KEY"]}`, "openai-beta": "assistants=v1" }
}).pipe(
  Effect.flatMap(HttpClientResponse.schemaBodyJson(Assistant)),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
).then((assistant) => console.log(assistant.name))
