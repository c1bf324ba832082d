/**
 * Messages: the messages of a thread.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { Metadata, modifyRequest } from "./internal/metadata.js"
import { MessageId, ThreadId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// content
// -----------------------------------------------------------------------------

const imageFileType = Field.kind("content", "image_file")

const imageFileId = Field.string("The ID of the image's file.")

const imageFile = described("The image.")

/**
 * @since 0.1.0
 * @category content
 */
export const ImageFileContent = Tolerant.struct({
  type: imageFileType,
  image_file: Tolerant.struct({ file_id: imageFileId }, {}).pipe(imageFile)
}, {}).annotations({
  identifier: "MessageContentImageFileObject",
  title: "Image file",
  description: "An image in a message."
})

export interface ImageFileContent extends Schema.Schema.Type<typeof ImageFileContent> {}

const fileCitation = {
  type: Field.kind("annotation", "file_citation"),
  file_id: Field.string("The ID of the cited file."),
  quote: Field.string("The quoted text.")
}

const filePath = {
  type: Field.kind("annotation", "file_path"),
  file_id: Field.string("The ID of the generated file.")
}

const span = {
  text: Field.string("The text in the message that the annotation replaces."),
  start_index: Field.Integer.pipe(
    Schema.nonNegative(),
    described("The index in the message where that text starts, from 0.")
  ),
  end_index: Field.Integer.pipe(
    Schema.nonNegative(),
    described("The index in the message after that text's last character.")
  )
}

/**
 * @since 0.1.0
 * @category content
 */
export const FileCitation = Tolerant.struct({ type: fileCitation.type }, {
  text: span.text,
  file_citation: Tolerant.struct({}, { file_id: fileCitation.file_id, quote: fileCitation.quote }).pipe(
    described("The cited file.")
  ),
  start_index: span.start_index,
  end_index: span.end_index
}).annotations({
  identifier: "MessageContentTextAnnotationsFileCitationObject",
  title: "File citation",
  description: "A citation of a file in a message. The tool `retrieval` creates it."
})

export interface FileCitation extends Schema.Schema.Type<typeof FileCitation> {}

/**
 * @since 0.1.0
 * @category content
 */
export const FilePath = Tolerant.struct({ type: filePath.type }, {
  text: span.text,
  file_path: Tolerant.struct({}, { file_id: filePath.file_id }).pipe(described("The generated file.")),
  start_index: span.start_index,
  end_index: span.end_index
}).annotations({
  identifier: "MessageContentTextAnnotationsFilePathObject",
  title: "File path",
  description: "The path of a generated file in a message. The tool `code_interpreter` creates it."
})

export interface FilePath extends Schema.Schema.Type<typeof FilePath> {}

const textType = Field.kind("content", "text")

const text = described("The text and its annotations.")

const annotations = described("The citations and file paths in the text.")

/**
 * @since 0.1.0
 * @category content
 */
export const TextContent = Tolerant.struct({
  type: textType,
  text: Tolerant.struct({
    value: Field.string("The text.")
  }, {
    annotations: Schema.Array(Tolerant.union("type", FileCitation, FilePath)).pipe(annotations)
  }).pipe(text)
}, {}).annotations({ identifier: "MessageContentTextObject", title: "Text", description: "A text in a message." })

export interface TextContent extends Schema.Schema.Type<typeof TextContent> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

const roles = ["user", "assistant"] as const

const receivedRole = Schema.Literal(...roles).pipe(described("The author of the message: `user` or `assistant`."))

const receivedFileIds = Schema.Array(Schema.String).pipe(
  Schema.maxItems(10),
  described("The IDs of the files attached to the message, at most 10.", { default: [] })
)

/**
 * @since 0.1.0
 * @category models
 */
export const Message = Tolerant.struct({
  id: Field.string("The message's ID."),
  content: Schema.Array(Tolerant.union("type", ImageFileContent, TextContent)).pipe(
    described("The parts of the message: text and images.")
  )
}, {
  object: Field.objectType("thread.message"),
  created_at: Field.timestamp("the message was created"),
  thread_id: Field.string("The ID of the message's thread."),
  status: Schema.Literal("in_progress", "incomplete", "completed").pipe(described("The status of the message.")),
  incomplete_details: Schema.NullOr(Tolerant.struct({}, {
    reason: Schema.Literal("content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed").pipe(
      described("The reason why the message is incomplete.")
    )
  })).pipe(described("Why the message is incomplete; null otherwise.")),
  completed_at: Field.nullableTimestamp("the message was completed"),
  incomplete_at: Field.nullableTimestamp("the message became incomplete"),
  role: receivedRole,
  assistant_id: Field.nullableString("The ID of the assistant that wrote the message; null otherwise."),
  run_id: Field.nullableString("The ID of the run that wrote the message; null if a caller created it."),
  file_ids: receivedFileIds,
  metadata: Metadata
}).annotations({ identifier: "MessageObject", title: "Message", description: "A message on a thread." })

export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * The query of `list`.
 *
 * @since 0.1.0
 * @category models
 */
export const ListMessagesQuery = Struct.make({
  ...Pagination.ListQuery.fields,
  run_id: Schema.optional(Field.string("Only messages that this run wrote."))
})

export interface ListMessagesQuery extends Schema.Schema.Type<typeof ListMessagesQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListMessagesResponse = Pagination.page(Message).annotations({
  identifier: "ListMessagesResponse",
  description: "A page of messages."
})

export interface ListMessagesResponse extends Schema.Schema.Type<typeof ListMessagesResponse> {}

/**
 * `file_ids` has 1 to 10 IDs, or is left out.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateMessageRequest = Struct.make({
  role: Schema.Literal(...roles).pipe(
    described(
      "The author of the message: `user`, or `assistant` for a message that the caller writes as the assistant."
    )
  ),
  content: Schema.String.pipe(
    Schema.minLength(1),
    Schema.maxLength(256_000),
    described("The text of the message, 1 to 256,000 characters.")
  ),
  file_ids: Schema.optional(
    Schema.Array(Schema.String).pipe(
      Schema.minItems(1),
      Schema.maxItems(10),
      described("The IDs of the files to attach, 1 to 10. Default: none.", { default: [] })
    )
  ),
  metadata: Schema.optional(Metadata)
}).annotations({ identifier: "CreateMessageRequest", description: "Request to create a message." })

export interface CreateMessageRequest extends Schema.Schema.Type<typeof CreateMessageRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyMessageRequest = modifyRequest("ModifyMessageRequest", "a message")

export interface ModifyMessageRequest extends Schema.Schema.Type<typeof ModifyMessageRequest> {}

// -----------------------------------------------------------------------------
// deltas
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category deltas
 */
export const ImageFileContentDelta = Tolerant.struct({ type: imageFileType }, {
  index: Field.index("message's content"),
  image_file: Schema.optional(Tolerant.struct({}, { file_id: Schema.optional(imageFileId) }).pipe(imageFile))
}).annotations({
  identifier: "MessageDeltaContentImageFileObject",
  title: "Image file",
  description: "A part of an image in a stream."
})

export interface ImageFileContentDelta extends Schema.Schema.Type<typeof ImageFileContentDelta> {}

const partialSpan = {
  text: Schema.optional(span.text),
  start_index: Schema.optional(span.start_index),
  end_index: Schema.optional(span.end_index)
}

/**
 * @since 0.1.0
 * @category deltas
 */
export const FileCitationDelta = Tolerant.struct({ type: fileCitation.type }, {
  index: Field.index("text's annotations"),
  file_citation: Schema.optional(
    Tolerant.struct({}, {
      file_id: Schema.optional(fileCitation.file_id),
      quote: Schema.optional(fileCitation.quote)
    }).pipe(described("The cited file."))
  ),
  ...partialSpan
}).annotations({
  identifier: "MessageDeltaContentTextAnnotationsFileCitationObject",
  title: "File citation",
  description: "A part of a citation in a stream."
})

export interface FileCitationDelta extends Schema.Schema.Type<typeof FileCitationDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const FilePathDelta = Tolerant.struct({ type: filePath.type }, {
  index: Field.index("text's annotations"),
  file_path: Schema.optional(
    Tolerant.struct({}, { file_id: Schema.optional(filePath.file_id) }).pipe(described("The generated file."))
  ),
  ...partialSpan
}).annotations({
  identifier: "MessageDeltaContentTextAnnotationsFilePathObject",
  title: "File path",
  description: "A part of a file path in a stream."
})

export interface FilePathDelta extends Schema.Schema.Type<typeof FilePathDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const TextContentDelta = Tolerant.struct({ type: textType }, {
  index: Field.index("message's content"),
  text: Schema.optional(
    Tolerant.struct({}, {
      value: Schema.optional(Field.string("The text to append.")),
      annotations: Schema.optional(
        Schema.Array(Tolerant.union("type", FileCitationDelta, FilePathDelta)).pipe(annotations)
      )
    }).pipe(text)
  )
}).annotations({
  identifier: "MessageDeltaContentTextObject",
  title: "Text",
  description: "A part of a text in a stream."
})

export interface TextContentDelta extends Schema.Schema.Type<typeof TextContentDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const MessageDelta = Tolerant.struct({
  id: Field.string("The message's ID."),
  delta: Tolerant.struct({}, {
    role: Schema.optional(receivedRole),
    content: Schema.optional(
      Schema.Array(Tolerant.union("type", ImageFileContentDelta, TextContentDelta)).pipe(
        described("The changes of the message's content.")
      )
    ),
    file_ids: Schema.optional(receivedFileIds)
  }).pipe(described("The fields of the message that have changed."))
}, {
  object: Field.objectType("thread.message.delta")
}).annotations({
  identifier: "MessageDeltaObject",
  title: "Message delta",
  description: "The changes of a message in a stream."
})

export interface MessageDelta extends Schema.Schema.Type<typeof MessageDelta> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listMessages",
  summary: "List messages",
  description: "Returns a page of a thread's messages.",
  method: "GET",
  path: "/threads/{thread_id}/messages",
  parameters: { thread_id: ThreadId },
  query: ListMessagesQuery,
  success: Endpoint.json(ListMessagesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createMessage",
  summary: "Create message",
  description: "Adds a message to a thread. Fails while a run of the thread is active.",
  method: "POST",
  path: "/threads/{thread_id}/messages",
  parameters: { thread_id: ThreadId },
  body: Endpoint.json(CreateMessageRequest),
  success: Endpoint.json(Message),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getMessage",
  summary: "Retrieve message",
  description: "Returns a message.",
  method: "GET",
  path: "/threads/{thread_id}/messages/{message_id}",
  parameters: { thread_id: ThreadId, message_id: MessageId },
  success: Endpoint.json(Message),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyMessage",
  summary: "Modify message",
  description: "Changes the metadata and returns the message.",
  method: "POST",
  path: "/threads/{thread_id}/messages/{message_id}",
  parameters: { thread_id: ThreadId, message_id: MessageId },
  body: Endpoint.json(ModifyMessageRequest),
  success: Endpoint.json(Message),
  family: "assistants",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Messages",
  title: "Messages",
  description: "The messages of a thread.",
  operations: { list, create, retrieve, modify }
})
