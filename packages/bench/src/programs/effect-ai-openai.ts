import { OpenAiClient } from "@effect/ai-openai"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

OpenAiClient.OpenAiClient.pipe(
  Effect.flatMap(({ client }) => client.getAssistant("asst_abc123")),
  Effect.provide(
    OpenAiClient.layerConfig({ apiKey: Config.redacted("OPENAI_API_KEY"), apiUrl: Config.string("OPENAI_BASE_URL") })
      .pipe(Layer.provide(FetchHttpClient.layer))
  ),
  Effect.runPromise
).then((assistant) => console.log(assistant.name))
