/**
 * TrainingExamples: the lines of files for fine-tuning, in the format of each method.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ChatCompletions from "./ChatCompletions.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Struct from "./Struct.js"

const weight = Schema.optional(
  Schema.Literal(0, 1).pipe(described("Whether the message is trained: 0 or 1.", { default: 1 }))
)

const Message = Schema.Union(
  ChatCompletions.SystemMessage,
  ChatCompletions.UserMessage,
  Struct.make({ ...ChatCompletions.AssistantMessage.fields, weight }),
  ChatCompletions.ToolMessage,
  ChatCompletions.FunctionMessage
)

const tools = {
  tools: Schema.optional(Schema.Array(ChatCompletions.Tool).pipe(described("The tools that the model may call."))),
  parallel_tool_calls: ChatCompletions.CreateChatCompletionRequest.fields.parallel_tool_calls
}

const messages = Schema.Array(Message).pipe(Schema.minItems(1))

/**
 * A conversation, for chat models with the method `supervised`. It has a message of the assistant.
 *
 * @since 0.1.0
 * @category models
 */
export const ChatExample = Struct.make({
  messages: messages.pipe(
    Schema.filter((all) => all.some(({ role }) => role === "assistant") || "has no message from the assistant"),
    described("The conversation, with at least one message of the assistant.")
  ),
  ...tools,
  functions: ChatCompletions.CreateChatCompletionRequest.fields.functions
}).annotations({ identifier: "FineTuneChatRequestInput", description: "A conversation to train a chat model with." })

export interface ChatExample extends Schema.Schema.Type<typeof ChatExample> {}

/**
 * A prompt with its completion, for completion models.
 *
 * @since 0.1.0
 * @category models
 */
export const CompletionExample = Struct.make({
  prompt: Field.string("The prompt."),
  completion: Field.string("The completion.")
}).annotations({
  identifier: "FineTuneCompletionRequestInput",
  description: "A prompt and a completion to train a completion model with."
})

export interface CompletionExample extends Schema.Schema.Type<typeof CompletionExample> {}

const completion = (description: string) =>
  Schema.Array(ChatCompletions.AssistantMessage).pipe(Schema.itemsCount(1), described(description))

/**
 * Two responses to a conversation, of which one is better, for chat models with the method `dpo`.
 *
 * @since 0.1.0
 * @category models
 */
export const PreferenceExample = Struct.make({
  input: Struct.make({ messages: messages.pipe(described("The conversation.")), ...tools }),
  preferred_completion: completion("The better response: one message."),
  non_preferred_completion: completion("The other response: one message.")
}).annotations({
  identifier: "FineTunePreferenceRequestInput",
  description: "Two responses to train a chat model with."
})

export interface PreferenceExample extends Schema.Schema.Type<typeof PreferenceExample> {}

/**
 * The formats of training files.
 *
 * @since 0.1.0
 * @category models
 */
export const formats = {
  chat: ChatExample,
  completion: CompletionExample,
  preference: PreferenceExample
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type Format = keyof typeof formats

/**
 * The format that a base model and a method require.
 *
 * @since 0.1.0
 * @category accessors
 */
export const formatOf = (model: string, method: "supervised" | "dpo" = "supervised"): Format => {
  if (method === "dpo") return "preference"
  return /(^|:)(davinci|babbage)-002/.test(model) ? "completion" : "chat"
}

/**
 * The minimum number of examples in a training file: 10.
 *
 * @since 0.1.0
 * @category limits
 */
export const minExamples = 10
