/**
 * A complete chat completion and its token usage.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as internal from "../internal/chatCompletions.js"
import { described } from "../internal/described.js"
import * as Field from "../internal/field.js"
import * as Tolerant from "../Tolerant.js"
import { ResponseMessage } from "./messages.js"

/**
 * @since 0.1.0
 * @category models
 */
export const TokenLogprob = internal.TokenLogprob

export interface TokenLogprob extends internal.TokenLogprob {}

/**
 * @since 0.1.0
 * @category models
 */
export const CompletionUsage = Tolerant.struct({}, {
  completion_tokens: Field.integer("The number of generated tokens."),
  prompt_tokens: Field.integer("The number of tokens in the prompt."),
  total_tokens: Field.integer("The number of tokens in the prompt and the completion."),
  completion_tokens_details: Schema.optional(
    Tolerant.struct({}, {
      accepted_prediction_tokens: Schema.optional(
        Field.integer("The number of predicted tokens that occurred in the completion.")
      ),
      audio_tokens: Schema.optional(Field.integer("The number of generated audio tokens.")),
      reasoning_tokens: Schema.optional(Field.integer("The number of reasoning tokens.")),
      rejected_prediction_tokens: Schema.optional(
        Field.integer("The number of predicted tokens that did not occur. They are billed too.")
      )
    }).pipe(described("The types of the generated tokens."))
  ),
  prompt_tokens_details: Schema.optional(
    Tolerant.struct({}, {
      audio_tokens: Schema.optional(Field.integer("The number of audio tokens in the prompt.")),
      cached_tokens: Schema.optional(Field.integer("The number of cached tokens in the prompt."))
    }).pipe(described("The types of the prompt's tokens."))
  )
}).annotations({ identifier: "CompletionUsage", description: "The token usage of a request." })

export interface CompletionUsage extends Schema.Schema.Type<typeof CompletionUsage> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionResponse = Tolerant.struct({
  choices: Schema.Array(Tolerant.struct({ message: ResponseMessage }, {
    finish_reason: internal.FinishReason,
    index: internal.choiceIndex,
    logprobs: internal.Logprobs
  })).pipe(described("The choices. Their number is `n`."))
}, {
  ...internal.envelope,
  object: Field.objectType("chat.completion"),
  usage: Schema.optional(CompletionUsage)
}).annotations({
  identifier: "CreateChatCompletionResponse",
  title: "Chat completion",
  description: "The model's response to a conversation."
})

export interface CreateChatCompletionResponse extends Schema.Schema.Type<typeof CreateChatCompletionResponse> {}
