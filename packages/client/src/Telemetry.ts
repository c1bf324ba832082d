/**
 * What spans tell of messages. Spans and metrics themselves need nothing but a tracer, `@effect/opentelemetry`'s say.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import { CurrentMessageContent } from "./internal/telemetry/inference.js"
import { messageContent } from "./internal/telemetry/messageContent.js"

/**
 * Puts the messages of chat completions on their spans, as `gen_ai.input.messages` and `gen_ai.output.messages`: JSON, as
 * the conventions for GenAI write it, without the client's own credentials. It is provided to the client's layer. Without
 * it no span, log or metric holds a message, a prompt or an answer.
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
