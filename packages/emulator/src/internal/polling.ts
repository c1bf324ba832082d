import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Settings } from "./settings.js"

/** Says in the response when to poll again. */
export const askToPoll = Effect.flatMap(
  Settings,
  ({ polling }) =>
    HttpApp.appendPreResponseHandler((_, response) =>
      Effect.succeed(
        HttpServerResponse.setHeader(response, "openai-poll-after-ms", String(Duration.toMillis(polling.after)))
      )
    )
)
