/** The models of `@effect-openai/ai`, over our client. */
import * as OpenAiLanguageModel from "@effect-openai/ai/OpenAiLanguageModel"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { compete } from "../contestant.js"
import { models } from "./models.js"

compete((baseUrl) =>
  models(
    OpenAiLanguageModel.layer({ model: "gpt-4-turbo" }).pipe(
      Layer.provide(OpenAiClient.layer({ apiKey: Redacted.make("sk-bench"), baseUrl })),
      Layer.provide(UndiciHttpClient.layer),
      Layer.orDie
    )
  )
)
