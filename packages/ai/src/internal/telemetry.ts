import type { ChatCompletions } from "@effect-openai/client"
import type * as Response from "@effect/ai/Response"
import * as Telemetry from "@effect/ai/Telemetry"
import type { Span } from "effect/Tracer"

/** Adds the request to the span of `@effect/ai`. The client's own span, with the server and the attempts, is within it. */
export const annotateRequest = (span: Span, request: ChatCompletions.CreateRequest): void =>
  Telemetry.addGenAIAnnotations(span, {
    system: "openai",
    operation: { name: "chat" },
    request: {
      model: request.model,
      temperature: request.temperature,
      topP: request.top_p,
      maxTokens: request.max_completion_tokens ?? request.max_tokens
    }
  })

/** Adds what a part says about the response. */
export const annotatePart = (span: Span, part: Response.PartEncoded | Response.StreamPartEncoded): void => {
  if (part.type === "response-metadata") {
    Telemetry.addGenAIAnnotations(span, { response: { id: part.id, model: part.modelId } })
  }
  if (part.type === "finish") {
    Telemetry.addGenAIAnnotations(span, {
      response: { finishReasons: [part.reason] },
      usage: { inputTokens: part.usage.inputTokens, outputTokens: part.usage.outputTokens }
    })
  }
}
