import type { ChatCompletions } from "@effect-openai/client"
import * as Extra from "@effect-openai/client/Extra"
import * as OpenAiError from "@effect-openai/client/OpenAiError"
import type * as Response from "@effect/ai/Response"
import * as Tool from "@effect/ai/Tool"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

type Completion = Pick<ChatCompletions.CreateChatCompletionResponse, "id" | "model" | "created">
type Usage = ChatCompletions.CompletionUsage | null | undefined

const operation = "createChatCompletion"

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls"
}

/** The calls decide, because some servers end a message with calls by `stop`. */
export const finishReason = (reason: string | null | undefined, hasCalls: boolean): Response.FinishReason =>
  hasCalls && (reason === "stop" || reasons[reason ?? ""] === undefined)
    ? "tool-calls"
    : reasons[reason ?? ""] ?? (reason ? "other" : "unknown")

/** The part that names the response. A timestamp out of range is left out. */
export const metadata = ({ created, id, model }: Completion): Response.ResponseMetadataPartEncoded => {
  const time = created === undefined ? undefined : DateTime.make(created * 1000)
  return {
    type: "response-metadata",
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { modelId: model }),
    ...(time?._tag === "Some" ? { timestamp: DateTime.formatIso(time.value) } : {})
  }
}

/** The part at the end of the response. */
export const finish = (
  reason: Response.FinishReason,
  usage: Usage,
  { service_tier, system_fingerprint }: {
    readonly service_tier?: string | null | undefined
    readonly system_fingerprint?: string | null | undefined
  }
): Response.FinishPartEncoded => ({
  type: "finish",
  reason,
  usage: {
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
    cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens
  },
  metadata: {
    openai: {
      ...(service_tier ? { serviceTier: service_tier } : {}),
      ...(system_fingerprint ? { systemFingerprint: system_fingerprint } : {})
    }
  }
})

/** The reasoning in a message or a delta. Servers use two names, some of them both with the same text. */
export const reasoningOf = (self: object): string => {
  const texts = [Extra.get(self, "reasoning_content"), Extra.get(self, "reasoning")]
  return texts.find((text): text is string => typeof text === "string" && text !== "") ?? ""
}

/** The text of a refusal is metadata of an empty text. */
export const refusal = (refusal: string): Response.TextPartEncoded => ({
  type: "text",
  text: "",
  metadata: { openai: { refusal } }
})

/** The error of a response that refuses to be the requested object. */
export const refused = (message: string): OpenAiError.RefusalError =>
  new OpenAiError.RefusalError({ operation, requestId: undefined, message })

/** A call with its arguments as a value. Servers send no arguments as an empty text. */
export const toolCall = (
  id: string,
  call: { readonly type: string; readonly function?: { readonly name: string; readonly arguments: string } }
): Effect.Effect<Response.ToolCallPartEncoded, OpenAiError.ToolCallError> => {
  const { function: called, type } = call
  if (type !== "function" || called === undefined) {
    return new OpenAiError.ToolCallError({
      operation,
      functionName: type,
      toolCallId: id,
      message: `The model calls a tool of the type ${type}, which is not a function`
    })
  }
  return Effect.try({
    try: () => called.arguments.trim() === "" ? {} : Tool.unsafeSecureJsonParse(called.arguments),
    catch: () =>
      new OpenAiError.ToolCallError({
        operation,
        functionName: called.name,
        toolCallId: id,
        message: `The arguments of ${called.name} are not JSON`
      })
  }).pipe(Effect.map((params) => ({ type: "tool-call", id, name: called.name, params })))
}
