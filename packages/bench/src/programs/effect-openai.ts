import * as Assistants from "@effect-openai/client/Assistants"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

Assistants.retrieve({ assistant_id: "asst_abc123" }).pipe(
  Effect.provide(OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))),
  Effect.runPromise
).then((assistant) => console.log(assistant.name))
