/**
 * The messages of chat completions, in requests and in responses.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as internal from "../internal/chatCompletions.js"
import { described } from "../internal/described.js"
import * as Field from "../internal/field.js"
import * as Struct from "../Struct.js"
import * as Tolerant from "../Tolerant.js"
import { ResponseToolCall, ToolCalls } from "./tools.js"

// -----------------------------------------------------------------------------
// content parts
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const TextContentPart = Struct.make({
  type: Field.kind("part", "text"),
  text: Field.string("The text.")
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartText",
  title: "Text content part",
  description: "A text in a message."
})

export interface TextContentPart extends Schema.Schema.Type<typeof TextContentPart> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ImageContentPart = Struct.make({
  type: Field.kind("part", "image_url"),
  image_url: Struct.make({
    url: Field.url("The URL of the image, or the image itself as a base64 `data:` URL."),
    detail: Schema.optional(
      Schema.Literal("auto", "low", "high").pipe(
        described("The detail level of the image.", { default: "auto" })
      )
    )
  }).pipe(described("The image."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartImage",
  title: "Image content part",
  description: "An image in a message."
})

export interface ImageContentPart extends Schema.Schema.Type<typeof ImageContentPart> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AudioContentPart = Struct.make({
  type: Field.kind("part", "input_audio"),
  input_audio: Struct.make({
    data: Field.string("The audio in base64."),
    format: Schema.Literal("wav", "mp3").pipe(described("The format of the audio: `wav` or `mp3`."))
  }).pipe(described("The audio."))
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartAudio",
  title: "Audio content part",
  description: "Audio in a message."
})

export interface AudioContentPart extends Schema.Schema.Type<typeof AudioContentPart> {}

/**
 * @since 0.1.0
 * @category models
 */
export const RefusalContentPart = Struct.make({
  type: Field.kind("part", "refusal"),
  refusal: Field.string("The refusal of the model.")
}).annotations({
  identifier: "ChatCompletionRequestMessageContentPartRefusal",
  title: "Refusal content part",
  description: "A refusal in a message of the assistant."
})

export interface RefusalContentPart extends Schema.Schema.Type<typeof RefusalContentPart> {}

/**
 * @since 0.1.0
 * @category models
 */
export const UserContentPart = Schema.Union(TextContentPart, ImageContentPart, AudioContentPart).annotations({
  identifier: "ChatCompletionRequestUserMessageContentPart",
  description: "A part of a user's message: text, an image or audio. Not every model accepts each."
})

export type UserContentPart = Schema.Schema.Type<typeof UserContentPart>

/**
 * @since 0.1.0
 * @category models
 */
export const AssistantContentPart = Schema.Union(TextContentPart, RefusalContentPart).annotations({
  identifier: "ChatCompletionRequestAssistantMessageContentPart",
  description: "A part of a message of the assistant: text or a refusal."
})

export type AssistantContentPart = Schema.Schema.Type<typeof AssistantContentPart>

// -----------------------------------------------------------------------------
// messages of a request
// -----------------------------------------------------------------------------

const text = internal.content(TextContentPart).pipe(described("The message as text, or as parts of text."))

const name = Schema.optional(Field.string("The author's name, to distinguish authors of the same role."))

const role = <const Role extends string>(value: Role): Schema.Literal<[Role]> =>
  Schema.Literal(value).pipe(described(`The role of the author, always \`${value}\`.`))

/**
 * @since 0.1.0
 * @category models
 */
export const DeveloperMessage = Struct.make({
  content: text,
  role: role("developer"),
  name
}).annotations({
  identifier: "ChatCompletionRequestDeveloperMessage",
  title: "Developer message",
  description: "Instructions of the developer. Models from `o1` on use it instead of the system message."
})

export interface DeveloperMessage extends Schema.Schema.Type<typeof DeveloperMessage> {}

/**
 * @since 0.1.0
 * @category models
 */
export const SystemMessage = Struct.make({
  content: text,
  role: role("system"),
  name
}).annotations({
  identifier: "ChatCompletionRequestSystemMessage",
  title: "System message",
  description: "Instructions of the developer, for models before `o1`."
})

export interface SystemMessage extends Schema.Schema.Type<typeof SystemMessage> {}

/**
 * @since 0.1.0
 * @category models
 */
export const UserMessage = Struct.make({
  content: internal.content(UserContentPart).pipe(
    described("The message as text, or as parts: text, images and audio.")
  ),
  role: role("user"),
  name
}).annotations({
  identifier: "ChatCompletionRequestUserMessage",
  title: "User message",
  description: "A message of the end user."
})

export interface UserMessage extends Schema.Schema.Type<typeof UserMessage> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AssistantMessage = Struct.make({
  content: Schema.optional(
    Schema.Union(
      Schema.String,
      Schema.Array(AssistantContentPart).pipe(
        Schema.minItems(1),
        Schema.filter(
          (parts) =>
            parts.length === 1 || parts.every((part) => part.type === "text") || "has a refusal and other parts",
          { jsonSchema: {} }
        )
      ),
      Schema.Null
    ).pipe(described("The message as text, parts of text, or one refusal. Optional if there is a call."))
  ),
  refusal: Schema.optional(Field.nullableString("The refusal of the model.")),
  role: role("assistant"),
  name,
  audio: Schema.optional(
    Schema.NullOr(Struct.make({
      id: Field.string("The ID of the audio response.")
    })).pipe(described("An earlier audio response of the model."))
  ),
  tool_calls: Schema.optional(ToolCalls),
  function_call: Schema.optional(
    Schema.NullOr(Struct.make(internal.functionCall)).pipe(
      described("Deprecated: use `tool_calls`. The function call of the model.", { deprecated: true })
    )
  )
}).annotations({
  identifier: "ChatCompletionRequestAssistantMessage",
  title: "Assistant message",
  description: "An earlier message of the model. It has content, tool calls, or both."
})

export interface AssistantMessage extends Schema.Schema.Type<typeof AssistantMessage> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ToolMessage = Struct.make({
  role: role("tool"),
  content: internal.content(TextContentPart).pipe(described("The output as text, or as parts of text.")),
  tool_call_id: Field.string("The ID of the tool call."),
  name: Schema.optional(Field.string("The name of the function. The reference omits the field; the API accepts it."))
}).annotations({
  identifier: "ChatCompletionRequestToolMessage",
  title: "Tool message",
  description: "The output of a tool call."
})

export interface ToolMessage extends Schema.Schema.Type<typeof ToolMessage> {}

/**
 * Deprecated: use {@link ToolMessage}.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionMessage = Struct.make({
  role: role("function"),
  content: Field.nullableString("The output as text."),
  name: Field.string("The name of the function that was called.")
}).annotations({
  identifier: "ChatCompletionRequestFunctionMessage",
  title: "Function message",
  description: "The output of a function call.",
  jsonSchema: { deprecated: true }
})

export interface FunctionMessage extends Schema.Schema.Type<typeof FunctionMessage> {}

/**
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
  description: "A message of the conversation. Its type depends on its role."
})

export type Message = Schema.Schema.Type<typeof Message>

// -----------------------------------------------------------------------------
// messages of a response
// -----------------------------------------------------------------------------

/**
 * Some servers send the content as a list of parts. `content` is then their text, and `content_parts`, which is not
 * documented, is what the server sent. The role is always that of the assistant, whatever the server sent, so that the
 * message can be a message of the next request.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseMessage = Tolerant.struct({
  role: Tolerant.coerced(
    Schema.Literal("assistant").pipe(described("The role of the author, `assistant`.")),
    () => "assistant"
  )
}, {
  content: internal.receivedContent("The message as text, or null."),
  content_parts: internal.contentParts,
  refusal: Field.nullableString("The refusal of the model, or null."),
  tool_calls: Schema.optional(
    Tolerant.documentedAs(Schema.Array(Tolerant.union("type", ResponseToolCall)), ToolCalls)
  ),
  function_call: Schema.optional(
    internal.ResponseFunctionCall.pipe(
      described("Deprecated: use `tool_calls`. The function call of the model.", { deprecated: true })
    )
  ),
  audio: Schema.optional(
    Schema.NullOr(Tolerant.struct({
      id: Field.string("The ID of the audio response. Later messages refer to it.")
    }, {
      expires_at: Field.timestamp("the server deletes the audio response"),
      data: Field.string("The audio in base64, in the requested format."),
      transcript: Field.string("The transcript of the audio.")
    })).pipe(described("The audio response, if it was requested."))
  )
}).annotations({ identifier: "ChatCompletionResponseMessage", description: "A message of the model." })

export interface ResponseMessage extends Schema.Schema.Type<typeof ResponseMessage> {}

/**
 * A message that a client can send: a {@link Message}, or the message of a response as it was received, which the client
 * makes one of.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageToSend = Message | ResponseMessage
