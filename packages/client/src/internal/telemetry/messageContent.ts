import type { CreateChatCompletionStreamResponse } from "@effect-openai/core/ChatCompletions"
import * as ChatStream from "../../ChatStream.js"
import type { MessageContent } from "./inference.js"

/** A message of a request or an answer, as far as it is known; a streamed one has no `role`. */
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

/** A message in the words of the conventions. */
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

/** Messages as the conventions for GenAI write them: JSON, as the attributes of spans hold no objects. */
export const messageContent: MessageContent = {
  input: (request: { readonly messages?: unknown }) =>
    request.messages === undefined ? undefined : JSON.stringify(asArray<Message>(request.messages).map(describe)),
  output: (answer: { readonly choices?: unknown }) =>
    answer.choices === undefined ? undefined : JSON.stringify(
      asArray<Message & { readonly message?: Message; readonly finish_reason?: unknown }>(answer.choices).map(
        (choice) => ({ ...describe(choice.message ?? choice), finish_reason: choice.finish_reason })
      )
    ),
  append: (answer, chunk) => ({
    ...answer,
    ...chunk,
    ...ChatStream.apply(
      answer as ChatStream.Snapshot | undefined ?? ChatStream.empty,
      // Checked when it came; only a chat completion is an inference that streams.
      chunk as CreateChatCompletionStreamResponse
    )
  })
}
