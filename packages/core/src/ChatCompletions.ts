/**
 * Chat completions: the model's answer to a conversation, whole or as a stream of chunks.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { Integer } from "./internal/integer.js"
import { modelId } from "./internal/modelId.js"
import * as Tolerant from "./Tolerant.js"

/** A name of a function or of a format. */
const Identifier = Schema.String.pipe(Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/))

/** A JSON Schema. */
const JsonSchema = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** What is documented without null, and is null with some servers. */
const nullable = <A>(schema: Schema.Schema<A>) => Tolerant.documentedAs(Schema.NullOr(schema), schema)

/** A field that is left out as documented, or null with some servers. */
const orNull = <A>(schema: Schema.Schema<A>) => Schema.optional(nullable(schema))

/** A number of tokens in an answer. */
const count = (description: string) => Tolerant.unlimited(Integer.pipe(described(description)))

// -----------------------------------------------------------------------------
// content parts
// -----------------------------------------------------------------------------

/**
 * A part of a message: text.
 *
 * @since 0.1.0
 * @category models
 */
export const TextContentPart = Schema.Struct({
  type: Schema.Literal("text").pipe(described("The kind of part, `text`.")),
  text: Schema.String.pipe(described("The text."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartText",
  title: "Text content part",
  description: "A part of a message: text."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface TextContentPart extends Schema.Schema.Type<typeof TextContentPart> {}

/**
 * A part of a message: an image.
 *
 * @since 0.1.0
 * @category models
 */
export const ImageContentPart = Schema.Struct({
  type: Schema.Literal("image_url").pipe(described("The kind of part, `image_url`.")),
  image_url: Schema.Struct({
    url: Schema.String.annotations({ jsonSchema: { format: "uri" } }).pipe(
      described("Where the image is, or the image itself as a `data:` URL in base64.")
    ),
    detail: Schema.optional(
      Schema.Literal("auto", "low", "high").pipe(
        described("How closely the model looks at the image.", { default: "auto" })
      )
    )
  }).pipe(described("The image."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartImage",
  title: "Image content part",
  description: "A part of a message: an image."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ImageContentPart extends Schema.Schema.Type<typeof ImageContentPart> {}

/**
 * A part of a message: recorded sound.
 *
 * @since 0.1.0
 * @category models
 */
export const AudioContentPart = Schema.Struct({
  type: Schema.Literal("input_audio").pipe(described("The kind of part, `input_audio`.")),
  input_audio: Schema.Struct({
    data: Schema.String.pipe(described("The sound in base64.")),
    format: Schema.Literal("wav", "mp3").pipe(described("How the sound is encoded, `wav` or `mp3`."))
  }).pipe(described("The sound."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartAudio",
  title: "Audio content part",
  description: "A part of a message: recorded sound."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface AudioContentPart extends Schema.Schema.Type<typeof AudioContentPart> {}

/**
 * A part of a message of the assistant: its refusal.
 *
 * @since 0.1.0
 * @category models
 */
export const RefusalContentPart = Schema.Struct({
  type: Schema.Literal("refusal").pipe(described("The kind of part, `refusal`.")),
  refusal: Schema.String.pipe(described("The words in which the model refused."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartRefusal",
  title: "Refusal content part",
  description: "A part of a message of the assistant: its refusal."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface RefusalContentPart extends Schema.Schema.Type<typeof RefusalContentPart> {}

/**
 * A part of a user's message.
 *
 * @since 0.1.0
 * @category models
 */
export const UserContentPart = Schema.Union(TextContentPart, ImageContentPart, AudioContentPart).annotations({
  identifier: "ChatCompletionRequestUserMessageContentPart",
  description: "A part of a user's message: text, an image or sound. Not every model takes each."
})

/**
 * @since 0.1.0
 * @category models
 */
export type UserContentPart = Schema.Schema.Type<typeof UserContentPart>

/**
 * A part of a message of the assistant.
 *
 * @since 0.1.0
 * @category models
 */
export const AssistantContentPart = Schema.Union(TextContentPart, RefusalContentPart).annotations({
  identifier: "ChatCompletionRequestAssistantMessageContentPart",
  description: "A part of a message of the assistant: text, or its refusal."
})

/**
 * @since 0.1.0
 * @category models
 */
export type AssistantContentPart = Schema.Schema.Type<typeof AssistantContentPart>

// -----------------------------------------------------------------------------
// tools
// -----------------------------------------------------------------------------

/**
 * A tool that the model may call: a function.
 *
 * @since 0.1.0
 * @category models
 */
export const Tool = Schema.Struct({
  type: Schema.Literal("function").pipe(described("The kind of tool, `function`.")),
  function: Common.FunctionObject
}).annotations({
  identifier: "ChatCompletionTool",
  description: "A tool that the model may call: a function."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Tool extends Schema.Schema.Type<typeof Tool> {}

/**
 * Makes the model call one tool.
 *
 * @since 0.1.0
 * @category models
 */
export const NamedToolChoice = Schema.Struct({
  type: Schema.Literal("function").pipe(described("The kind of tool, `function`.")),
  function: Schema.Struct({
    name: Schema.String.pipe(described("The name of the function to call."))
  }).pipe(described("The function to call."))
}).annotations({
  identifier: "ChatCompletionNamedToolChoice",
  description: "Makes the model call one tool."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface NamedToolChoice extends Schema.Schema.Type<typeof NamedToolChoice> {}

/**
 * Which tools the model calls: `none`, those it finds fit (`auto`), at least one (`required`), or the one that is
 * named.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolChoice = Schema.Union(Schema.Literal("none", "auto", "required"), NamedToolChoice).annotations({
  identifier: "ChatCompletionToolChoiceOption",
  description:
    "Which tools the model calls: `none`, those it finds fit (`auto`), at least one (`required`), or the one " +
    "that is named. Unless told it is `auto` where there are tools, else `none`."
})

/**
 * @since 0.1.0
 * @category models
 */
export type ToolChoice = Schema.Schema.Type<typeof ToolChoice>

/**
 * Deprecated in favor of {@link NamedToolChoice}. Makes the model call one function.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionCallOption = Schema.Struct({
  name: Schema.String.pipe(described("The name of the function to call."))
}).annotations({
  identifier: "ChatCompletionFunctionCallOption",
  description: "Makes the model call one function."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface FunctionCallOption extends Schema.Schema.Type<typeof FunctionCallOption> {}

/**
 * Deprecated in favor of {@link Tool}. A function that the model may call.
 *
 * @since 0.1.0
 * @category models
 */
export const Functions = Schema.Struct({
  name: Identifier.pipe(described("The function's name: letters, digits, underscores and dashes, 64 at the most.")),
  description: Schema.optional(
    Schema.String.pipe(described("What the function does; the model decides by it when and how to call the function."))
  ),
  parameters: Schema.optional(
    JsonSchema.pipe(described("The arguments as a JSON Schema object. Left out, the function takes none."))
  )
}).annotations({
  identifier: "ChatCompletionFunctions",
  description: "A function that the model may call.",
  jsonSchema: { deprecated: true }
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Functions extends Schema.Schema.Type<typeof Functions> {}

const functionCall = {
  name: Schema.String.pipe(described("The name of the function to call.")),
  arguments: Schema.String.pipe(
    described("The arguments as the model wrote them: JSON most of the time, and not always what the function takes.")
  )
}

const toolCallId = described("The ID of the call, by which its output is told.")

/**
 * The model's call of a tool.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolCall = Schema.Struct({
  id: Schema.String.pipe(toolCallId),
  type: Schema.Literal("function").pipe(described("The kind of tool, `function`.")),
  function: Schema.Struct(functionCall).pipe(described("The function to call."))
}).annotations({
  identifier: "ChatCompletionMessageToolCall",
  description: "The model's call of a tool."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolCall extends Schema.Schema.Type<typeof ToolCall> {}

/**
 * The model's calls of tools.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolCalls = Schema.Array(ToolCall).annotations({
  identifier: "ChatCompletionMessageToolCalls",
  description: "The model's calls of tools."
})

/**
 * @since 0.1.0
 * @category models
 */
export type ToolCalls = Schema.Schema.Type<typeof ToolCalls>

/**
 * A piece of a call of a tool, as a stream has it. Pieces of one call have the same `index`; servers that leave it
 * out send the `id`.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolCallChunk = Schema.Struct({
  index: Tolerant.optional(
    Tolerant.unlimited(Integer.pipe(described("The place of the call among the calls, from 0.")))
  ),
  id: orNull(Schema.String.pipe(toolCallId)),
  type: orNull(Tolerant.literals("function").pipe(described("The kind of tool, `function`."))),
  function: orNull(
    Schema.Struct({
      name: orNull(functionCall.name),
      arguments: orNull(Schema.String.pipe(described("The next piece of the arguments.")))
    }).pipe(described("The function to call."))
  )
}).annotations({
  identifier: "ChatCompletionMessageToolCallChunk",
  description: "A piece of a call of a tool, as a stream has it."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolCallChunk extends Schema.Schema.Type<typeof ToolCallChunk> {}

// -----------------------------------------------------------------------------
// messages
// -----------------------------------------------------------------------------

/** Text, or parts. */
const content = <Part>(part: Schema.Schema<Part>) =>
  Schema.Union(Schema.String, Schema.Array(part).pipe(Schema.minItems(1)))

const name = Schema.optional(
  Schema.String.pipe(described("A name that tells the author from others of the same role."))
)

/**
 * What the developer tells the model to do. It takes the place of the system message with `o1` and later models.
 *
 * @since 0.1.0
 * @category models
 */
export const DeveloperMessage = Schema.Struct({
  content: content(TextContentPart).pipe(described("The message's text, or parts of text.")),
  role: Schema.Literal("developer").pipe(described("Whose message it is: `developer`.")),
  name
}).annotations({
  identifier: "ChatCompletionRequestDeveloperMessage",
  title: "Developer message",
  description:
    "What the developer tells the model to do. It takes the place of the system message with `o1` and later " +
    "models."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface DeveloperMessage extends Schema.Schema.Type<typeof DeveloperMessage> {}

/**
 * What the developer tells models before `o1` to do.
 *
 * @since 0.1.0
 * @category models
 */
export const SystemMessage = Schema.Struct({
  content: content(TextContentPart).pipe(described("The message's text, or parts of text.")),
  role: Schema.Literal("system").pipe(described("Whose message it is: `system`.")),
  name
}).annotations({
  identifier: "ChatCompletionRequestSystemMessage",
  title: "System message",
  description: "What the developer tells models before `o1` to do."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SystemMessage extends Schema.Schema.Type<typeof SystemMessage> {}

/**
 * What the end user says.
 *
 * @since 0.1.0
 * @category models
 */
export const UserMessage = Schema.Struct({
  content: content(UserContentPart).pipe(described("The message's text, or parts of text, images and sound.")),
  role: Schema.Literal("user").pipe(described("Whose message it is: `user`.")),
  name
}).annotations({
  identifier: "ChatCompletionRequestUserMessage",
  title: "User message",
  description: "What the end user says."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface UserMessage extends Schema.Schema.Type<typeof UserMessage> {}

/**
 * What the model answered before. It has content, a call, or both.
 *
 * @since 0.1.0
 * @category models
 */
export const AssistantMessage = Schema.Struct({
  content: Schema.optional(
    Schema.Union(
      Schema.String,
      Schema.Array(AssistantContentPart).pipe(
        Schema.minItems(1),
        Schema.filter(
          (parts) =>
            parts.length === 1 || parts.every((part) => part.type === "text") ||
            "has a refusal beside other parts",
          { jsonSchema: {} }
        )
      ),
      Schema.Null
    ).pipe(described("The message's text, parts of text, or one refusal. Optional beside a call."))
  ),
  refusal: Schema.optional(Schema.NullOr(Schema.String).pipe(described("The words in which the model refused."))),
  role: Schema.Literal("assistant").pipe(described("Whose message it is: `assistant`.")),
  name,
  audio: Schema.optional(
    Schema.NullOr(Schema.Struct({
      id: Schema.String.pipe(described("The ID of the spoken answer."))
    })).pipe(described("What the model said aloud before."))
  ),
  tool_calls: Schema.optional(ToolCalls),
  function_call: Schema.optional(
    Schema.NullOr(Schema.Struct(functionCall)).pipe(
      described("Deprecated in favor of `tool_calls`. The function that the model called.", { deprecated: true })
    )
  )
}).annotations({
  identifier: "ChatCompletionRequestAssistantMessage",
  title: "Assistant message",
  description: "What the model answered before. It has content, a call, or both."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface AssistantMessage extends Schema.Schema.Type<typeof AssistantMessage> {}

/**
 * The output of a tool that the model called.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolMessage = Schema.Struct({
  role: Schema.Literal("tool").pipe(described("Whose message it is: `tool`.")),
  content: content(TextContentPart).pipe(described("The output as text, or as parts of text.")),
  tool_call_id: Schema.String.pipe(described("The ID of the call that this is the output of.")),
  name: Schema.optional(
    Schema.String.pipe(described("The name of the function. The reference omits the field; the API accepts it."))
  )
}).annotations({
  identifier: "ChatCompletionRequestToolMessage",
  title: "Tool message",
  description: "The output of a tool that the model called."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolMessage extends Schema.Schema.Type<typeof ToolMessage> {}

/**
 * Deprecated in favor of {@link ToolMessage}. The output of a function that the model called.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionMessage = Schema.Struct({
  role: Schema.Literal("function").pipe(described("Whose message it is: `function`.")),
  content: Schema.NullOr(Schema.String).pipe(described("The output as text.")),
  name: Schema.String.pipe(described("The name of the function that was called."))
}).annotations({
  identifier: "ChatCompletionRequestFunctionMessage",
  title: "Function message",
  description: "The output of a function that the model called.",
  jsonSchema: { deprecated: true }
})

/**
 * @since 0.1.0
 * @category models
 */
export interface FunctionMessage extends Schema.Schema.Type<typeof FunctionMessage> {}

/**
 * A message of the conversation, told apart by its role.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = Schema.Union(
  DeveloperMessage,
  SystemMessage,
  UserMessage,
  AssistantMessage,
  ToolMessage,
  FunctionMessage
).annotations({
  identifier: "ChatCompletionRequestMessage",
  description: "A message of the conversation, told apart by its role."
})

/**
 * @since 0.1.0
 * @category models
 */
export type Message = Schema.Schema.Type<typeof Message>

// -----------------------------------------------------------------------------
// settings
// -----------------------------------------------------------------------------

/**
 * The ID of a model that chats: one of those that the documentation names, or any other.
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

/**
 * @since 0.1.0
 * @category models
 */
export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * Asks for plain text.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatText = Schema.Struct({
  type: Schema.Literal("text").pipe(described("The kind of format, `text`."))
}).annotations({ identifier: "ResponseFormatText", description: "Asks for plain text." })

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseFormatText extends Schema.Schema.Type<typeof ResponseFormatText> {}

/**
 * Asks for valid JSON of any shape. A message must ask for JSON too.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatJsonObject = Schema.Struct({
  type: Schema.Literal("json_object").pipe(described("The kind of format, `json_object`."))
}).annotations({
  identifier: "ResponseFormatJsonObject",
  description: "Asks for valid JSON of any shape. A message must ask for JSON too."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseFormatJsonObject extends Schema.Schema.Type<typeof ResponseFormatJsonObject> {}

/**
 * Asks for JSON that fits a JSON Schema.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatJsonSchema = Schema.Struct({
  type: Schema.Literal("json_schema").pipe(described("The kind of format, `json_schema`.")),
  json_schema: Schema.Struct({
    description: Schema.optional(
      Schema.String.pipe(described("What the format is for; the model decides by it how to answer."))
    ),
    name: Identifier.pipe(described("The format's name: letters, digits, underscores and dashes, 64 at the most.")),
    schema: Schema.optional(JsonSchema.pipe(described("The JSON Schema that the answer is to fit."))),
    strict: Schema.optional(
      Schema.NullOr(Schema.Boolean).pipe(
        described("Whether the model must keep to `schema` exactly; only a part of JSON Schema is supported then.", {
          default: false
        })
      )
    )
  }).pipe(described("The format."))
}).annotations({
  identifier: "ResponseFormatJsonSchema",
  description: "Asks for JSON that fits a JSON Schema."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseFormatJsonSchema extends Schema.Schema.Type<typeof ResponseFormatJsonSchema> {}

/**
 * Text that the answer is expected to repeat for the most part. What matches comes faster.
 *
 * @since 0.1.0
 * @category models
 */
export const PredictionContent = Schema.Struct({
  type: Schema.Literal("content").pipe(described("The kind of prediction, `content`.")),
  content: content(TextContentPart).pipe(described("The expected text, or parts of it."))
}).annotations({
  identifier: "PredictionContent",
  title: "Static content",
  description: "Text that the answer is expected to repeat for the most part. What matches comes faster."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface PredictionContent extends Schema.Schema.Type<typeof PredictionContent> {}

/**
 * How an answer is streamed.
 *
 * @since 0.1.0
 * @category models
 */
export const StreamOptions = Schema.Struct({
  include_usage: Schema.optional(
    Schema.Boolean.pipe(
      described("Whether one more chunk, without choices, tells the tokens used; `usage` is null in all before it.")
    )
  )
}).annotations({ identifier: "ChatCompletionStreamOptions", description: "How an answer is streamed." })

/**
 * @since 0.1.0
 * @category models
 */
export interface StreamOptions extends Schema.Schema.Type<typeof StreamOptions> {}

// -----------------------------------------------------------------------------
// request
// -----------------------------------------------------------------------------

const penalty = (description: string) =>
  Schema.optional(
    Schema.NullOr(Schema.Number.pipe(Schema.between(-2, 2))).pipe(described(description, { default: 0 }))
  )

/**
 * What a chat completion is created from. Only the model and the messages are required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionRequest = Schema.Struct({
  messages: Schema.Array(Message).pipe(
    Schema.minItems(1),
    described("The conversation so far. Which kinds of content a model takes differs.")
  ),
  model: ModelId.pipe(described("The ID of the model.")),
  store: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the completion is kept for distillation and evaluation.", { default: false })
    )
  ),
  reasoning_effort: Schema.optional(
    Schema.Literal("low", "medium", "high").pipe(
      described("How long a model thinks before it answers. Only for `o1` models.", { default: "medium" })
    )
  ),
  metadata: Schema.optional(
    Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
      described("Pairs of strings by which kept completions are found.")
    )
  ),
  frequency_penalty: penalty("How much a token is avoided the more often it has come, from -2 to 2."),
  logit_bias: Schema.optional(
    Schema.NullOr(
      Schema.Record({ key: Schema.String, value: Integer.pipe(Schema.between(-100, 100)) })
    ).pipe(
      described("How likely tokens become, by their IDs, from -100 (never) to 100 (always).", { default: null })
    )
  ),
  logprobs: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the log probabilities of the tokens are answered.", { default: false })
    )
  ),
  top_logprobs: Schema.optional(
    Schema.NullOr(Integer.pipe(Schema.between(0, 20))).pipe(
      described("How many of the likeliest tokens are answered for each place, from 0 to 20. It needs `logprobs`.")
    )
  ),
  max_tokens: Schema.optional(
    Schema.NullOr(Integer).pipe(
      described(
        "Deprecated in favor of `max_completion_tokens`, and not for `o1` models. The most tokens of an answer.",
        { deprecated: true }
      )
    )
  ),
  max_completion_tokens: Schema.optional(
    Schema.NullOr(Integer).pipe(described("The most tokens of an answer, those of its reasoning included."))
  ),
  n: Schema.optional(
    Schema.NullOr(Integer.pipe(Schema.between(1, 128))).pipe(
      described("How many choices are made, from 1 to 128. Each costs its tokens.", { default: 1 })
    )
  ),
  modalities: Schema.optional(
    Schema.NullOr(Schema.Array(Schema.Literal("text", "audio"))).pipe(
      described("What the answer is: `text` unless told, and `audio` too where the model can speak.")
    )
  ),
  prediction: Schema.optional(
    Schema.NullOr(PredictionContent).pipe(described("Text that the answer is expected to repeat for the most part."))
  ),
  audio: Schema.optional(
    Schema.NullOr(Schema.Struct({
      voice: Schema.Literal("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse").pipe(
        described("The voice. `alloy`, `echo` and `shimmer` are the less expressive ones.")
      ),
      format: Schema.Literal("wav", "mp3", "flac", "opus", "pcm16").pipe(described("How the sound is encoded."))
    })).pipe(described("How the answer is spoken. Required where `modalities` has `audio`."))
  ),
  presence_penalty: penalty("How much a token is avoided once it has come, from -2 to 2."),
  response_format: Schema.optional(
    Schema.Union(ResponseFormatText, ResponseFormatJsonObject, ResponseFormatJsonSchema).pipe(
      described("The format of the answer: text, valid JSON, or JSON that fits a JSON Schema.")
    )
  ),
  seed: Schema.optional(
    Schema.NullOr(
      Schema.Number.pipe(
        // Beyond the integers that `Integer` takes: those that a JavaScript number counts exactly.
        Schema.filter((value) => Number.isInteger(value) || "is no integer", { jsonSchema: { type: "integer" } }),
        Schema.between(-(2 ** 63), 2 ** 63)
        // Of numbers at random hardly any is an integer.
      ).annotations({ arbitrary: () => (fc) => fc.maxSafeInteger() })
    ).pipe(
      described("In beta. The same seed makes the same answer likely, as long as `system_fingerprint` stays.")
    )
  ),
  service_tier: Schema.optional(
    Schema.NullOr(Schema.Literal("auto", "default")).pipe(
      described("What the request is served by: `auto` uses the scale tier's credits first, `default` does not.", {
        default: "auto"
      })
    )
  ),
  stop: Schema.optional(
    Schema.Union(
      Schema.String,
      Schema.Array(Schema.String).pipe(Schema.minItems(1), Schema.maxItems(4)),
      Schema.Null
    ).pipe(described("A text, or up to 4, at which the answer ends.", { default: null }))
  ),
  stream: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the answer comes as a stream of chunks, which `[DONE]` ends.", { default: false })
    )
  ),
  stream_options: Schema.optional(
    Schema.NullOr(StreamOptions).pipe(described("How the answer is streamed. Only beside `stream`.", { default: null }))
  ),
  temperature: Schema.optional(
    Schema.NullOr(Schema.Number.pipe(Schema.between(0, 2))).pipe(
      described("The sampling temperature from 0 to 2; higher is more random.", { default: 1 })
    )
  ),
  top_p: Schema.optional(
    Schema.NullOr(Schema.Number.pipe(Schema.between(0, 1))).pipe(described(
      "Nucleus sampling from 0 to 1: only tokens within this probability mass count. An alternative to `temperature`.",
      { default: 1 }
    ))
  ),
  tools: Schema.optional(
    Schema.Array(Tool).pipe(Schema.maxItems(128), described("The tools that the model may call, 128 at the most."))
  ),
  tool_choice: Schema.optional(ToolChoice),
  parallel_tool_calls: Schema.optional(
    Schema.Boolean.pipe(described("Whether the model may call several tools at once.", { default: true }))
  ),
  user: Schema.optional(Schema.String.pipe(described("An ID of the caller's end user, by which abuse can be traced."))),
  function_call: Schema.optional(
    Schema.Union(Schema.Literal("none", "auto"), FunctionCallOption).pipe(
      described(
        "Deprecated in favor of `tool_choice`. Which function the model calls: `none`, one it finds fit (`auto`), or " +
          "the one that is named. Unless told it is `auto` where there are functions, else `none`.",
        { deprecated: true }
      )
    )
  ),
  functions: Schema.optional(
    Schema.Array(Functions).pipe(
      Schema.minItems(1),
      Schema.maxItems(128),
      described("Deprecated in favor of `tools`. The functions that the model may call, 1 to 128.", {
        deprecated: true
      })
    )
  )
}).annotations({
  identifier: "CreateChatCompletionRequest",
  description: "What a chat completion is created from."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateChatCompletionRequest extends Schema.Schema.Type<typeof CreateChatCompletionRequest> {}

// -----------------------------------------------------------------------------
// answer
// -----------------------------------------------------------------------------

const token = {
  token: Schema.String.pipe(described("The token.")),
  logprob: Schema.Number.pipe(
    described("The token's log probability; `-9999.0` where it is not among the 20 likeliest.")
  ),
  bytes: Tolerant.optional(
    Schema.NullOr(Schema.Array(Tolerant.unlimited(Integer))).pipe(
      described("The token's bytes in UTF-8, for characters that span tokens; null where it has none.")
    )
  )
}

/**
 * How likely a token was, and which others were.
 *
 * @since 0.1.0
 * @category models
 */
export const TokenLogprob = Schema.Struct({
  ...token,
  top_logprobs: Tolerant.optional(
    Schema.Array(Schema.Struct(token)).pipe(
      described("The likeliest tokens at this place; at times fewer than were asked for.")
    )
  )
}).annotations({
  identifier: "ChatCompletionTokenLogprob",
  description: "How likely a token was, and which others were."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface TokenLogprob extends Schema.Schema.Type<typeof TokenLogprob> {}

const Logprobs = Schema.NullOr(Schema.Struct({
  content: Tolerant.optional(
    Schema.NullOr(Schema.Array(TokenLogprob)).pipe(described("The tokens of the content."))
  ),
  refusal: Tolerant.optional(
    Schema.NullOr(Schema.Array(TokenLogprob)).pipe(described("The tokens of the refusal."))
  )
})).pipe(described("How likely the choice's tokens were; null unless asked for."))

const FinishReason = Tolerant.literals("stop", "length", "tool_calls", "content_filter", "function_call").pipe(
  described(
    "Why the model ended: `stop` at its natural end or a stop text, `length` at the most tokens, `tool_calls` or " +
      "`function_call` to have something called, `content_filter` where content was held back. Some servers say " +
      "`stop` for calls too."
  )
)

const choiceIndex = Tolerant.unlimited(Integer.pipe(described("The place of the choice among the choices, from 0.")))

/**
 * A message of the model.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseMessage = Schema.Struct({
  content: Tolerant.optional(Schema.NullOr(Schema.String).pipe(described("The message's text, or null."))),
  refusal: Tolerant.optional(
    Schema.NullOr(Schema.String).pipe(described("The words in which the model refused, or null."))
  ),
  tool_calls: Schema.optional(Tolerant.documentedAs(
    Schema.NullOr(Schema.Array(Schema.Struct({
      ...ToolCall.fields,
      type: Schema.optional(Tolerant.literals("function"))
    }))),
    ToolCalls
  )),
  role: Tolerant.literals("assistant").pipe(described("Whose message it is: `assistant`.")),
  function_call: orNull(
    Schema.Struct(functionCall).pipe(
      described("Deprecated in favor of `tool_calls`. The function that the model calls.", { deprecated: true })
    )
  ),
  audio: Schema.optional(
    Schema.NullOr(Schema.Struct({
      id: Schema.String.pipe(described("The ID of the spoken answer, by which later messages name it.")),
      expires_at: Common.timestamp("Until when the server keeps the spoken answer, as a Unix time in seconds."),
      data: Schema.String.pipe(described("The sound in base64, in the format that was asked for.")),
      transcript: Schema.String.pipe(described("What is said."))
    })).pipe(described("The spoken answer, where one was asked for."))
  )
}).annotations({ identifier: "ChatCompletionResponseMessage", description: "A message of the model." })

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseMessage extends Schema.Schema.Type<typeof ResponseMessage> {}

/**
 * How many tokens a request used.
 *
 * @since 0.1.0
 * @category models
 */
export const CompletionUsage = Schema.Struct({
  completion_tokens: count("How many tokens were made."),
  prompt_tokens: count("How many tokens the prompt has."),
  total_tokens: count("How many tokens were used, of the prompt and made."),
  completion_tokens_details: orNull(
    Schema.Struct({
      accepted_prediction_tokens: orNull(count("How many tokens of the prediction came true.")),
      audio_tokens: orNull(count("How many tokens of sound were made.")),
      reasoning_tokens: orNull(count("How many tokens were made for reasoning.")),
      rejected_prediction_tokens: orNull(
        count("How many tokens of the prediction did not come true; they count all the same.")
      )
    }).pipe(described("What the tokens that were made are."))
  ),
  prompt_tokens_details: orNull(
    Schema.Struct({
      audio_tokens: orNull(count("How many tokens of sound the prompt has.")),
      cached_tokens: orNull(count("How many tokens of the prompt were in the cache."))
    }).pipe(described("What the tokens of the prompt are."))
  )
}).annotations({ identifier: "CompletionUsage", description: "How many tokens a request used." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CompletionUsage extends Schema.Schema.Type<typeof CompletionUsage> {}

/** What an answer and a chunk of it have in common. */
const envelope = {
  id: Tolerant.optional(Schema.String.pipe(described("The completion's ID, the same in all its chunks."))),
  created: Tolerant.optional(
    Common.timestamp("When the completion was created, as a Unix time in seconds; the same in all its chunks.")
  ),
  model: Schema.String.pipe(described("The model that answered.")),
  service_tier: Schema.optional(
    Schema.NullOr(Tolerant.literals("scale", "default")).pipe(
      described("What the request was served by, where the request named a tier.")
    )
  ),
  system_fingerprint: orNull(
    Schema.String.pipe(described("The state of the server; where it changes, the same `seed` may answer otherwise."))
  )
}

/**
 * The chat completion object: the model's answer to a conversation.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionResponse = Schema.Struct({
  ...envelope,
  object: Tolerant.literals("chat.completion").pipe(described("The object type, always `chat.completion`.")),
  choices: Schema.Array(Schema.Struct({
    finish_reason: nullable(FinishReason),
    index: choiceIndex,
    message: ResponseMessage,
    logprobs: Tolerant.optional(Logprobs)
  })).pipe(described("The answers, as many as `n` asked for.")),
  usage: orNull(CompletionUsage)
}).annotations({
  identifier: "CreateChatCompletionResponse",
  title: "Chat completion",
  description: "The model's answer to a conversation."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateChatCompletionResponse extends Schema.Schema.Type<typeof CreateChatCompletionResponse> {}

/**
 * What a chunk adds to a message.
 *
 * @since 0.1.0
 * @category models
 */
export const StreamResponseDelta = Schema.Struct({
  content: Schema.optional(Schema.NullOr(Schema.String).pipe(described("The next piece of the text."))),
  function_call: orNull(
    Schema.Struct({
      name: orNull(functionCall.name),
      arguments: orNull(Schema.String.pipe(described("The next piece of the arguments.")))
    }).pipe(
      described("Deprecated in favor of `tool_calls`. The next piece of the function call.", { deprecated: true })
    )
  ),
  tool_calls: orNull(Schema.Array(ToolCallChunk).pipe(described("The next pieces of calls of tools."))),
  role: orNull(
    Tolerant.literals("system", "user", "assistant", "tool").pipe(
      described("Whose message it is, in the first chunk: `assistant`.")
    )
  ),
  refusal: Schema.optional(Schema.NullOr(Schema.String).pipe(described("The next piece of the refusal.")))
}).annotations({ identifier: "ChatCompletionStreamResponseDelta", description: "What a chunk adds to a message." })

/**
 * @since 0.1.0
 * @category models
 */
export interface StreamResponseDelta extends Schema.Schema.Type<typeof StreamResponseDelta> {}

/**
 * The chat completion chunk object: a piece of a streamed answer. The chunk that tells the usage has no choices.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateChatCompletionStreamResponse = Schema.Struct({
  ...envelope,
  object: Tolerant.literals("chat.completion.chunk").pipe(
    described("The object type, always `chat.completion.chunk`.")
  ),
  choices: nullable(
    Schema.Array(Schema.Struct({
      delta: StreamResponseDelta,
      logprobs: Schema.optional(Logprobs),
      finish_reason: Tolerant.optional(
        Schema.NullOr(FinishReason).pipe(described("Why the model ended, as in a whole answer; null until it has."))
      ),
      index: choiceIndex
    })).pipe(described("The choices that go on; none in the chunk that tells the usage."))
  ),
  usage: Schema.optional(
    Schema.NullOr(CompletionUsage).pipe(
      described("How many tokens were used: only where `include_usage` asked for it, and null in all chunks but one.")
    )
  )
}).annotations({
  identifier: "CreateChatCompletionStreamResponse",
  title: "Chat completion chunk",
  description: "A piece of a streamed answer."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateChatCompletionStreamResponse
  extends Schema.Schema.Type<typeof CreateChatCompletionStreamResponse>
{}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create chat completion.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createChatCompletion",
  summary: "Create chat completion",
  description: "Answers a conversation, whole or as a stream of chunks.",
  method: "POST",
  path: "/chat/completions",
  body: Endpoint.json(CreateChatCompletionRequest),
  success: Endpoint.json(CreateChatCompletionResponse),
  events: Endpoint.events(CreateChatCompletionStreamResponse),
  replayable: true
})
