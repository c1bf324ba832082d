import type { CreateChatCompletionStreamResponse } from "@effect-openai/core/ChatCompletions"
import * as ChatStream from "../../ChatStream.js"
import type { MessageContent } from "./inference.js"

/** A message of a request or a response. A streamed one has no `role`. */
interface Message {
  readonly role?: unknown
  readonly content?: unknown
  readonly refusal?: unknown
  readonly tool_call_id?: unknown
  readonly tool_calls?: unknown
}

interface Part {
  readonly type?: unknown
  readonly text?: unknown
}

interface Call {
  readonly id?: unknown
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown }
}

const asArray = <A>(value: unknown): ReadonlyArray<A> => Array.isArray(value) ? value : []

const partsOf = (content: unknown): ReadonlyArray<object> =>
  typeof content === "string"
    ? content === "" ? [] : [{ type: "text", content }]
    : asArray<Part>(content).map((part) => part.type === "text" ? { type: "text", content: part.text } : part)

/** Converts a message to the form of the conventions. */
const describe = ({ content, refusal, role = "assistant", tool_call_id, tool_calls }: Message) => ({
  role,
  parts: [
    ...(tool_call_id === undefined
      ? [...partsOf(content), ...partsOf(refusal)]
      : [{ type: "tool_call_response", id: tool_call_id, response: content }]),
    ...asArray<Call>(tool_calls).map((call) => ({
      type: "tool_call",
      id: call.id,
      name: call.function?.name,
      arguments: call.function?.arguments
    }))
  ]
})

/** Messages as the conventions for generative AI write them: as JSON, because attributes can't be objects. */
export const messageContent: MessageContent = {
  input: (request: { readonly messages?: unknown }) =>
    request.messages === undefined ? undefined : JSON.stringify(asArray<Message>(request.messages).map(describe)),
  output: (responseBody: { readonly choices?: unknown }) =>
    responseBody.choices === undefined ? undefined : JSON.stringify(
      asArray<Message & { readonly message?: Message; readonly finish_reason?: unknown }>(responseBody.choices).map(
        (choice) => ({ ...describe(choice.message ?? choice), finish_reason: choice.finish_reason })
      )
    ),
  append: (responseBody, chunk) => ({
    ...responseBody,
    ...chunk,
    ...ChatStream.apply(
      responseBody as ChatStream.Snapshot | undefined ?? ChatStream.empty,
      // Validated before. The only streamed inference with messages is a chat completion.
      chunk as CreateChatCompletionStreamResponse
    )
  })
}
