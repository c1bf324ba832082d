import type { ChatCompletions } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/client/OpenAiError"
import * as IdGenerator from "@effect/ai/IdGenerator"
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import type { Memory } from "./memory.js"
import * as Parts from "./parts.js"

/** Returns the parts of a response. Choices that a server sends without being asked are parts of one message. */
export const make = Effect.fnUntraced(function*(
  completion: ChatCompletions.CreateChatCompletionResponse,
  memory: Memory,
  isObject: boolean
): Effect.fn.Return<
  Array<Response.PartEncoded>,
  OpenAiError.ToolCallError | OpenAiError.RefusalError,
  IdGenerator.IdGenerator
> {
  const ids = yield* IdGenerator.IdGenerator
  const parts: Array<Response.PartEncoded> = [Parts.metadata(completion)]
  let reason: string | undefined
  let hasCalls = false
  for (const { finish_reason, message } of completion.choices) {
    const reasoning = Parts.reasoningOf(message)
    if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning })
    if (message.content) parts.push({ type: "text", text: message.content })
    if (message.refusal) {
      if (isObject) return yield* Parts.refused(message.refusal)
      parts.push(Parts.refusal(message.refusal))
    }
    const tool_calls: Array<NonNullable<typeof message.tool_calls>[number]> = []
    for (const call of message.tool_calls ?? []) {
      const id = typeof call.id === "string" && call.id !== "" ? call.id : yield* ids.generateId()
      hasCalls = true
      tool_calls.push({ ...call, id } as typeof call)
      parts.push(yield* Parts.toolCall(id, call as Parameters<typeof Parts.toolCall>[1]))
    }
    memory.remember({ ...message, tool_calls })
    reason = finish_reason ?? reason
  }
  parts.push(Parts.finish(Parts.finishReason(reason, hasCalls), completion.usage, completion))
  return parts
})
