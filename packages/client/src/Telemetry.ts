/**
 * Messages on spans. Spans and metrics themselves only need a tracer, for example that of `@effect/opentelemetry`.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import { CurrentMessageContent } from "./internal/telemetry/inference.js"
import { messageContent } from "./internal/telemetry/messageContent.js"

/**
 * Adds the messages of chat completions to their spans, as `gen_ai.input.messages` and `gen_ai.output.messages`, in the
 * JSON of the semantic conventions for generative AI. The client's credentials are removed. Default: no span, log or metric
 * has a message. Provide the layer to the client's layer.
 *
 * @example
 * import { OpenAiClient, Telemetry } from "@effect-openai/client"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(Telemetry.layerMessageContent))
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMessageContent: Layer.Layer<never> = Layer.succeed(CurrentMessageContent, messageContent)
