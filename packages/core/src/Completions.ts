/**
 * Completions: the API of models before chat.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CompletionUsage } from "./ChatCompletions/responses.js"
import * as Endpoint from "./Endpoint.js"
import { envelope, sampling } from "./internal/completion.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

/**
 * The ID of a completion model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId("gpt-3.5-turbo-instruct", "davinci-002", "babbage-002")

export type ModelId = Schema.Schema.Type<typeof ModelId>

const Prompt = Schema.Union(
  Schema.String,
  Schema.Array(Schema.String),
  Schema.Array(Field.Integer).pipe(Schema.minItems(1)),
  Schema.Array(Schema.Array(Field.Integer).pipe(Schema.minItems(1))).pipe(Schema.minItems(1))
)

const optional = <A>(schema: Schema.Schema<A>, description: string, value: unknown) =>
  Schema.optional(Schema.NullOr(schema).pipe(described(description, { default: value })))

/**
 * `best_of` must be at least `n`, and can't be combined with `stream`. `stream_options` requires `stream`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateCompletionRequest = Struct.make({
  model: ModelId.pipe(described("The ID of the model.")),
  prompt: Schema.NullOr(Prompt).pipe(described(
    "A text, an array of texts, the tokens of a text, or an array of texts as tokens. Null is the start of a document.",
    { default: "<|endoftext|>" }
  )),
  best_of: optional(
    Field.Integer.pipe(Schema.between(0, 20)),
    "The number of candidates, from 0 to 20, of which the `n` most likely are returned.",
    1
  ),
  echo: optional(Schema.Boolean, "Whether to return the prompt before each completion.", false),
  logprobs: optional(
    Field.Integer.pipe(Schema.between(0, 5)),
    "The number of most likely tokens to return for each position, from 0 to 5.",
    null
  ),
  max_tokens: optional(Field.Integer.pipe(Schema.greaterThanOrEqualTo(0)), "The maximum number of tokens.", 16),
  suffix: optional(
    Schema.String,
    "The text after the completion. Only for `gpt-3.5-turbo-instruct`.",
    null
  ),
  ...sampling
}).annotations({ identifier: "CreateCompletionRequest", description: "Request to complete texts." })

export interface CreateCompletionRequest extends Schema.Schema.Type<typeof CreateCompletionRequest> {}

const arrayOf = <A>(item: Schema.Schema<A>, description: string) =>
  Schema.optional(Schema.Array(item).pipe(described(description)))

const choiceText = { text: Field.string("The text.") }

/** Some servers have null for the first token. */
const orNull = <A>(schema: Schema.Schema<A>) => Tolerant.documentedAs(Schema.NullOr(schema), schema)

const choice = {
  index: Field.index("response's choices, counted over all prompts"),
  logprobs: Schema.NullOr(Tolerant.struct({}, {
    text_offset: arrayOf(Field.Integer, "The offset of each token in the text."),
    token_logprobs: arrayOf(orNull(Schema.Number), "The log probability of each token."),
    tokens: arrayOf(Schema.String, "The tokens."),
    top_logprobs: arrayOf(
      orNull(Schema.Record({ key: Schema.String, value: Schema.Number })),
      "The log probabilities of the most likely tokens at each position."
    )
  })).pipe(described("The log probabilities of the tokens; null if not requested."))
}

const fields = { ...envelope, object: Field.objectType("text_completion") }

const FinishReason = Schema.Literal("stop", "length", "content_filter").pipe(described(
  "Why the model stopped: `stop` at a natural end or a stop sequence, `length` at the maximum number of tokens, " +
    "`content_filter` if text was omitted."
))

/**
 * @since 0.1.0
 * @category models
 */
export const CreateCompletionResponse = Tolerant.struct({
  choices: Schema.Array(Tolerant.struct(choiceText, { ...choice, finish_reason: FinishReason })).pipe(
    described("The choices: `n` for each prompt.")
  )
}, {
  ...fields,
  usage: Schema.optional(CompletionUsage)
}).annotations({
  identifier: "CreateCompletionResponse",
  title: "Completion",
  description: "The completions of all prompts."
})

export interface CreateCompletionResponse extends Schema.Schema.Type<typeof CreateCompletionResponse> {}

/**
 * The chunk that reports the usage has no choices.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateCompletionStreamResponse = Tolerant.struct({}, {
  ...fields,
  choices: Schema.Array(Tolerant.struct({}, {
    ...choiceText,
    ...choice,
    finish_reason: Schema.NullOr(FinishReason).pipe(described("Why the model stopped; null until it has."))
  })).pipe(described("The choices that continue.")),
  usage: Schema.optional(
    Schema.NullOr(CompletionUsage).pipe(
      described("The token usage, only with `include_usage`; null in all chunks but the last.")
    )
  )
}).annotations({
  identifier: "CreateCompletionStreamResponse",
  title: "Completion chunk",
  description: "A part of a streamed response."
})

export interface CreateCompletionStreamResponse extends Schema.Schema.Type<typeof CreateCompletionStreamResponse> {}

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createCompletion",
  summary: "Create completion",
  description: "Completes texts. The response is complete or a stream of chunks.",
  method: "POST",
  path: "/completions",
  body: Endpoint.json(CreateCompletionRequest),
  success: Endpoint.json(CreateCompletionResponse),
  events: Endpoint.events(CreateCompletionStreamResponse),
  inference: "text_completion",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Completions",
  title: "Completions",
  description: "Texts completed by a model.",
  operations: { create }
})
