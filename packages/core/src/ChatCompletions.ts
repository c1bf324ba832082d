/**
 * Chat completions: the model's response to a conversation, complete or as a stream of chunks.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CreateChatCompletionStreamResponse } from "./ChatCompletions/chunks.js"
import { Message, type MessageToSend, TextContentPart } from "./ChatCompletions/messages.js"
import { CreateChatCompletionResponse } from "./ChatCompletions/responses.js"
import { FunctionCallOption, Functions, Tool, ToolChoice } from "./ChatCompletions/tools.js"
import * as Endpoint from "./Endpoint.js"
import * as internal from "./internal/chatCompletions.js"
import * as completion from "./internal/completion.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"

/**
 * @since 0.1.0
 * @category models
 */
export * from "./ChatCompletions/chunks.js"

/**
 * @since 0.1.0
 * @category models
 */
export * from "./ChatCompletions/messages.js"

/**
 * @since 0.1.0
 * @category models
 */
export * from "./ChatCompletions/responses.js"

/**
 * @since 0.1.0
 * @category models
 */
export * from "./ChatCompletions/tools.js"

// -----------------------------------------------------------------------------
// settings
// -----------------------------------------------------------------------------

/**
 * The ID of a chat model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId(
  "o1",
  "o1-2024-12-17",
  "o1-preview",
  "o1-preview-2024-09-12",
  "o1-mini",
  "o1-mini-2024-09-12",
  "gpt-4o",
  "gpt-4o-2024-11-20",
  "gpt-4o-2024-08-06",
  "gpt-4o-2024-05-13",
  "gpt-4o-audio-preview",
  "gpt-4o-audio-preview-2024-10-01",
  "gpt-4o-audio-preview-2024-12-17",
  "gpt-4o-mini-audio-preview",
  "gpt-4o-mini-audio-preview-2024-12-17",
  "chatgpt-4o-latest",
  "gpt-4o-mini",
  "gpt-4o-mini-2024-07-18",
  "gpt-4-turbo",
  "gpt-4-turbo-2024-04-09",
  "gpt-4-0125-preview",
  "gpt-4-turbo-preview",
  "gpt-4-1106-preview",
  "gpt-4-vision-preview",
  "gpt-4",
  "gpt-4-0314",
  "gpt-4-0613",
  "gpt-4-32k",
  "gpt-4-32k-0314",
  "gpt-4-32k-0613",
  "gpt-3.5-turbo",
  "gpt-3.5-turbo-16k",
  "gpt-3.5-turbo-0301",
  "gpt-3.5-turbo-0613",
  "gpt-3.5-turbo-1106",
  "gpt-3.5-turbo-0125",
  "gpt-3.5-turbo-16k-0613"
)

export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatText = Struct.make({
  type: Field.kind("format", "text")
}).annotations({ identifier: "ResponseFormatText", description: "Requests plain text." })

export interface ResponseFormatText extends Schema.Schema.Type<typeof ResponseFormatText> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatJsonObject = Struct.make({
  type: Field.kind("format", "json_object")
}).annotations({
  identifier: "ResponseFormatJsonObject",
  description: "Requests any valid JSON. A message must also request JSON."
})

export interface ResponseFormatJsonObject extends Schema.Schema.Type<typeof ResponseFormatJsonObject> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatJsonSchema = Struct.make({
  type: Field.kind("format", "json_schema"),
  json_schema: Struct.make({
    description: Schema.optional(
      Field.string("The purpose of the format. The model uses it to decide how to respond.")
    ),
    name: Field.name("format"),
    schema: Schema.optional(Field.JsonSchema.pipe(described("The JSON Schema of the response."))),
    strict: Schema.optional(
      Schema.NullOr(Schema.Boolean).pipe(
        described("Whether the response always fits `schema`. Only a subset of JSON Schema is supported then.", {
          default: false
        })
      )
    )
  }).pipe(described("The format."))
}).annotations({
  identifier: "ResponseFormatJsonSchema",
  description: "Requests JSON that fits a JSON Schema."
})

export interface ResponseFormatJsonSchema extends Schema.Schema.Type<typeof ResponseFormatJsonSchema> {}

/**
 * @since 0.1.0
 * @category models
 */
export const PredictionContent = Struct.make({
  type: Field.kind("prediction", "content"),
  content: internal.content(TextContentPart).pipe(described("The expected text, or parts of text."))
}).annotations({
  identifier: "PredictionContent",
  title: "Static content",
  description: "The expected content of the response. The matching parts arrive faster."
})

export interface PredictionContent extends Schema.Schema.Type<typeof PredictionContent> {}

/**
 * @since 0.1.0
 * @category models
 */
export const StreamOptions = completion.StreamOptions

export interface StreamOptions extends completion.StreamOptions {}

// -----------------------------------------------------------------------------
// request
// -----------------------------------------------------------------------------

/**
 * Only the model and the messages are required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionRequest = Struct.make({
  // The Schema of a message, whose type says what clients make a message of.
  messages: Schema.Array(Schema.make<MessageToSend>(Message.ast)).pipe(
    Schema.minItems(1),
    described("The conversation so far. Not every model accepts each type of content.")
  ),
  model: ModelId.pipe(described("The ID of the model.")),
  store: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the completion is stored for distillation and evaluation.", { default: false })
    )
  ),
  reasoning_effort: Schema.optional(
    Schema.Literal("low", "medium", "high").pipe(
      described("The reasoning effort. Only for `o1` models.", { default: "medium" })
    )
  ),
  metadata: Schema.optional(
    Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
      described("Key-value pairs to find stored completions with.")
    )
  ),
  logprobs: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether to return the log probabilities of the tokens.", { default: false })
    )
  ),
  top_logprobs: Schema.optional(
    Schema.NullOr(Field.Integer.pipe(Schema.between(0, 20))).pipe(
      described("The number of most likely tokens to return for each position, from 0 to 20. Requires `logprobs`.")
    )
  ),
  max_tokens: Schema.optional(
    Schema.NullOr(Field.Integer).pipe(
      described(
        "Deprecated: use `max_completion_tokens`. The maximum number of tokens in the response. Not for `o1` models.",
        { deprecated: true }
      )
    )
  ),
  max_completion_tokens: Schema.optional(
    Schema.NullOr(Field.Integer).pipe(
      described("The maximum number of tokens in the response, reasoning tokens included.")
    )
  ),
  modalities: Schema.optional(
    Schema.NullOr(Schema.Array(Schema.Literal("text", "audio"))).pipe(
      described("The types of output. Default: `text`. Some models also support `audio`.")
    )
  ),
  prediction: Schema.optional(
    Schema.NullOr(PredictionContent).pipe(described("The expected content of the response."))
  ),
  audio: Schema.optional(
    Schema.NullOr(Struct.make({
      voice: Schema.Literal("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse").pipe(
        described("The voice. `alloy`, `echo` and `shimmer` are less expressive.")
      ),
      format: Schema.Literal("wav", "mp3", "flac", "opus", "pcm16").pipe(described("The format of the audio."))
    })).pipe(described("The options of audio output. Required if `modalities` has `audio`."))
  ),
  response_format: Schema.optional(
    Schema.Union(ResponseFormatText, ResponseFormatJsonObject, ResponseFormatJsonSchema).pipe(
      described("The format of the response: text, valid JSON, or JSON that fits a JSON Schema.")
    )
  ),
  service_tier: Schema.optional(
    Schema.NullOr(Schema.Literal("auto", "default")).pipe(
      described("The tier that processes the request. `auto` uses scale tier credits first; `default` does not.", {
        default: "auto"
      })
    )
  ),
  tools: Schema.optional(
    Schema.Array(Tool).pipe(Schema.maxItems(128), described("The tools that the model may call, at most 128."))
  ),
  tool_choice: Schema.optional(ToolChoice),
  parallel_tool_calls: Schema.optional(
    Schema.Boolean.pipe(described("Whether the model may call several tools in one response.", { default: true }))
  ),
  function_call: Schema.optional(
    Schema.Union(Schema.Literal("none", "auto"), FunctionCallOption).pipe(
      described(
        "Deprecated: use `tool_choice`. Default: `auto` if there are functions, otherwise `none`. Which function the " +
          "model calls: `none`, any (`auto`), or the named one.",
        { deprecated: true }
      )
    )
  ),
  functions: Schema.optional(
    Schema.Array(Functions).pipe(
      Schema.minItems(1),
      Schema.maxItems(128),
      described("Deprecated: use `tools`. The functions that the model may call, 1 to 128.", {
        deprecated: true
      })
    )
  ),
  ...completion.sampling
}).annotations({
  identifier: "CreateChatCompletionRequest",
  description: "Request to create a chat completion."
})

export interface CreateChatCompletionRequest extends Schema.Schema.Type<typeof CreateChatCompletionRequest> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createChatCompletion",
  summary: "Create chat completion",
  description: "Creates a response to a conversation, complete or as a stream of chunks.",
  method: "POST",
  path: "/chat/completions",
  body: Endpoint.json(CreateChatCompletionRequest),
  success: Endpoint.json(CreateChatCompletionResponse),
  events: Endpoint.events(CreateChatCompletionStreamResponse),
  inference: "chat",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "ChatCompletions",
  title: "Chat",
  description: "Model responses to a conversation.",
  operations: { create }
})
