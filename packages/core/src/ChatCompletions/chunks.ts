/**
 * The chunks of a streamed chat completion.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as internal from "../internal/chatCompletions.js"
import { described } from "../internal/described.js"
import * as Field from "../internal/field.js"
import * as Tolerant from "../Tolerant.js"
import { CompletionUsage } from "./responses.js"

const functionCall = Tolerant.struct({}, {
  name: Schema.optional(internal.functionCall.name),
  arguments: Schema.optional(Field.text("The next part of the arguments."))
})

/**
 * Chunks of one call have the same `index`. Servers that leave it out send the `id`.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolCallChunk = Tolerant.struct({}, {
  index: Field.index("message's calls"),
  id: Schema.optional(Schema.String.pipe(internal.toolCallId)),
  type: Schema.optional(Schema.Literal("function").pipe(described("The type of the tool, always `function`."))),
  function: Schema.optional(functionCall.pipe(described("The function to call.")))
}).annotations({
  identifier: "ChatCompletionMessageToolCallChunk",
  description: "A part of a tool call in a stream."
})

export interface ToolCallChunk extends Schema.Schema.Type<typeof ToolCallChunk> {}

/**
 * @since 0.1.0
 * @category models
 */
export const StreamResponseDelta = Tolerant.struct({}, {
  content: Schema.optional(internal.receivedContent("The next part of the text.")),
  content_parts: internal.contentParts,
  function_call: Schema.optional(
    functionCall.pipe(
      described("Deprecated: use `tool_calls`. The next part of the function call.", { deprecated: true })
    )
  ),
  tool_calls: Schema.optional(Schema.Array(ToolCallChunk).pipe(described("The next parts of tool calls."))),
  role: Schema.optional(
    Schema.Literal("system", "user", "assistant", "tool").pipe(
      described("The role of the author, in the first chunk: `assistant`.")
    )
  ),
  refusal: Schema.optional(Field.nullableString("The next part of the refusal."))
}).annotations({ identifier: "ChatCompletionStreamResponseDelta", description: "The part of a message in a chunk." })

export interface StreamResponseDelta extends Schema.Schema.Type<typeof StreamResponseDelta> {}

/**
 * The chunk that reports the usage has no choices.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionStreamResponse = Tolerant.struct({}, {
  ...internal.envelope,
  object: Field.objectType("chat.completion.chunk"),
  choices: Schema.Array(Tolerant.struct({}, {
    delta: StreamResponseDelta,
    logprobs: Schema.optional(internal.Logprobs),
    finish_reason: Schema.NullOr(internal.FinishReason).pipe(described("Why the model stopped; null until it has.")),
    index: internal.choiceIndex
  })).pipe(described("The choices that continue. Empty in the chunk that reports the usage.")),
  usage: Schema.optional(
    Schema.NullOr(CompletionUsage).pipe(
      described("The token usage, only with `include_usage`; null in all chunks but the last.")
    )
  )
}).annotations({
  identifier: "CreateChatCompletionStreamResponse",
  title: "Chat completion chunk",
  description: "A part of a streamed response."
})

export interface CreateChatCompletionStreamResponse
  extends Schema.Schema.Type<typeof CreateChatCompletionStreamResponse>
{}
