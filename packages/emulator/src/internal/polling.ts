import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as addedHeaders from "./addedHeaders.js"
import { Settings } from "./settings.js"

/** Says in the response when to poll again. */
export const askToPoll = Effect.flatMap(
  Settings,
  ({ polling }) => addedHeaders.add({ "openai-poll-after-ms": String(Duration.toMillis(polling.after)) })
)
