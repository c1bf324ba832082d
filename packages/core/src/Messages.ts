/**
 * Messages: what users and assistants say on a thread.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { index } from "./internal/delta.js"
import { described } from "./internal/described.js"
import { Integer } from "./internal/integer.js"
import { Metadata } from "./internal/metadata.js"
import { MessageId, ThreadId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// content
// -----------------------------------------------------------------------------

const imageFileType = Schema.Literal("image_file").pipe(described("The kind of content, `image_file`."))

const imageFileId = Schema.String.pipe(described("The ID of the image's file."))

const imageFile = described("Where the image is.")

/**
 * An image in a message.
 *
 * @since 0.1.0
 * @category content
 */
export const ImageFileContent = Schema.Struct({
  type: imageFileType,
  image_file: Schema.Struct({ file_id: imageFileId }).pipe(imageFile)
}).annotations({
  identifier: "MessageContentImageFileObject",
  title: "Image file",
  description: "An image in a message."
})

/**
 * @since 0.1.0
 * @category content
 */
export interface ImageFileContent extends Schema.Schema.Type<typeof ImageFileContent> {}

const fileCitation = {
  type: Schema.Literal("file_citation").pipe(described("The kind of annotation, `file_citation`.")),
  file_id: Schema.String.pipe(described("The ID of the cited file.")),
  quote: Schema.String.pipe(described("The cited words."))
}

const filePath = {
  type: Schema.Literal("file_path").pipe(described("The kind of annotation, `file_path`.")),
  file_id: Schema.String.pipe(described("The ID of the file that was made."))
}

const span = {
  text: Schema.String.pipe(described("The text in the message that the annotation stands for.")),
  start_index: Tolerant.unlimited(
    Integer.pipe(Schema.nonNegative(), described("Where in the message that text begins, counted from 0."))
  ),
  end_index: Tolerant.unlimited(
    Integer.pipe(
      Schema.nonNegative(),
      described("Where in the message that text ends: the place after its last character.")
    )
  )
}

/**
 * A text in a message that cites a file; made by the tool `retrieval`.
 *
 * @since 0.1.0
 * @category content
 */
export const FileCitation = Schema.Struct({
  type: fileCitation.type,
  text: span.text,
  file_citation: Schema.Struct({ file_id: fileCitation.file_id, quote: fileCitation.quote }).pipe(
    described("What is cited.")
  ),
  start_index: span.start_index,
  end_index: span.end_index
}).annotations({
  identifier: "MessageContentTextAnnotationsFileCitationObject",
  title: "File citation",
  description: "A text in a message that cites a file; made by the tool `retrieval`."
})

/**
 * @since 0.1.0
 * @category content
 */
export interface FileCitation extends Schema.Schema.Type<typeof FileCitation> {}

/**
 * A text in a message that names a file; made by the tool `code_interpreter`.
 *
 * @since 0.1.0
 * @category content
 */
export const FilePath = Schema.Struct({
  type: filePath.type,
  text: span.text,
  file_path: Schema.Struct({ file_id: filePath.file_id }).pipe(described("Which file is named.")),
  start_index: span.start_index,
  end_index: span.end_index
}).annotations({
  identifier: "MessageContentTextAnnotationsFilePathObject",
  title: "File path",
  description: "A text in a message that names a file; made by the tool `code_interpreter`."
})

/**
 * @since 0.1.0
 * @category content
 */
export interface FilePath extends Schema.Schema.Type<typeof FilePath> {}

const textType = Schema.Literal("text").pipe(described("The kind of content, `text`."))

const text = described("The text and what is noted on it.")

const annotations = described("Citations and paths of files in the text.")

/**
 * A text in a message.
 *
 * @since 0.1.0
 * @category content
 */
export const TextContent = Schema.Struct({
  type: textType,
  text: Schema.Struct({
    value: Schema.String.pipe(described("The text.")),
    annotations: Schema.Array(Tolerant.union("type", FileCitation, FilePath)).pipe(annotations)
  }).pipe(text)
}).annotations({ identifier: "MessageContentTextObject", title: "Text", description: "A text in a message." })

/**
 * @since 0.1.0
 * @category content
 */
export interface TextContent extends Schema.Schema.Type<typeof TextContent> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

const roles = ["user", "assistant"] as const

const answeredRole = Tolerant.literals(...roles).pipe(described("Who the message is from: `user` or `assistant`."))

const answeredFileIds = Tolerant.unlimited(
  Schema.Array(Schema.String).pipe(
    Schema.maxItems(10),
    described("The IDs of the files attached to the message, 10 at the most.", { default: [] })
  )
)

/**
 * A message as the server answers it.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = Schema.Struct({
  id: Schema.String.pipe(described("The message's ID.")),
  object: Schema.Literal("thread.message").pipe(described("The object type, always `thread.message`.")),
  created_at: Common.timestamp("When the message was created, as a Unix time in seconds."),
  thread_id: Schema.String.pipe(described("The ID of the thread that the message belongs to.")),
  status: Tolerant.optional(
    Tolerant.literals("in_progress", "incomplete", "completed").pipe(described("How far the message is written."))
  ),
  incomplete_details: Tolerant.optional(
    Schema.NullOr(Schema.Struct({
      reason: Tolerant.literals("content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed").pipe(
        described("What ended the message early.")
      )
    })).pipe(described("Why the message is incomplete; null where it is not."))
  ),
  completed_at: Tolerant.optional(
    Common.nullableTimestamp("When the message was completed, as a Unix time in seconds; null where it was not.")
  ),
  incomplete_at: Tolerant.optional(
    Common.nullableTimestamp("When the message was ended early, as a Unix time in seconds; null where it was not.")
  ),
  role: answeredRole,
  content: Schema.Array(Tolerant.union("type", ImageFileContent, TextContent)).pipe(
    described("The parts of the message: texts and images.")
  ),
  assistant_id: Schema.NullOr(Schema.String).pipe(
    described("The ID of the assistant that wrote the message; null where none did.")
  ),
  run_id: Schema.NullOr(Schema.String).pipe(
    described("The ID of the run that the message was written in; null where a caller created it.")
  ),
  file_ids: answeredFileIds,
  metadata: Tolerant.unlimited(Metadata)
}).annotations({ identifier: "MessageObject", title: "Message", description: "A message on a thread." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * What messages are listed by.
 *
 * @since 0.1.0
 * @category models
 */
export const ListMessagesQuery = Schema.Struct({
  ...Pagination.ListQuery.fields,
  run_id: Schema.optional(Schema.String.pipe(described("Only messages that this run wrote.")))
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListMessagesQuery extends Schema.Schema.Type<typeof ListMessagesQuery> {}

/**
 * A page of messages.
 *
 * @since 0.1.0
 * @category models
 */
export const ListMessagesResponse = Pagination.page(Message).annotations({
  identifier: "ListMessagesResponse",
  description: "A page of messages."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListMessagesResponse extends Schema.Schema.Type<typeof ListMessagesResponse> {}

/**
 * What a message is created from. `file_ids` names 1 to 10 files, or is left out.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateMessageRequest = Schema.Struct({
  role: Schema.Literal(...roles).pipe(
    described("Whom the message is from: `user`, or `assistant` to put words into the assistant's mouth.")
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
      described("The IDs of the files to attach, 1 to 10. Left out, there are none.", { default: [] })
    )
  ),
  metadata: Schema.optional(Metadata)
}).annotations({ identifier: "CreateMessageRequest", description: "What a message is created from." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateMessageRequest extends Schema.Schema.Type<typeof CreateMessageRequest> {}

/**
 * What of a message is changed.
 *
 * @since 0.1.0
 * @category models
 */
export const ModifyMessageRequest = Schema.Struct({ metadata: Schema.optional(Metadata) }).annotations({
  identifier: "ModifyMessageRequest",
  description: "What of a message is changed."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ModifyMessageRequest extends Schema.Schema.Type<typeof ModifyMessageRequest> {}

// -----------------------------------------------------------------------------
// deltas
// -----------------------------------------------------------------------------

/**
 * A part of an image in a message that is being written.
 *
 * @since 0.1.0
 * @category deltas
 */
export const ImageFileContentDelta = Schema.Struct({
  index: index("message's content"),
  type: imageFileType,
  image_file: Schema.optional(Schema.Struct({ file_id: Schema.optional(imageFileId) }).pipe(imageFile))
}).annotations({
  identifier: "MessageDeltaContentImageFileObject",
  title: "Image file",
  description: "A part of an image in a message that is being written."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface ImageFileContentDelta extends Schema.Schema.Type<typeof ImageFileContentDelta> {}

const partialSpan = {
  text: Schema.optional(span.text),
  start_index: Schema.optional(span.start_index),
  end_index: Schema.optional(span.end_index)
}

/**
 * A part of a citation in a message that is being written.
 *
 * @since 0.1.0
 * @category deltas
 */
export const FileCitationDelta = Schema.Struct({
  index: index("text's annotations"),
  type: fileCitation.type,
  file_citation: Schema.optional(
    Schema.Struct({ file_id: Schema.optional(fileCitation.file_id), quote: Schema.optional(fileCitation.quote) }).pipe(
      described("What is cited.")
    )
  ),
  ...partialSpan
}).annotations({
  identifier: "MessageDeltaContentTextAnnotationsFileCitationObject",
  title: "File citation",
  description: "A part of a citation in a message that is being written."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface FileCitationDelta extends Schema.Schema.Type<typeof FileCitationDelta> {}

/**
 * A part of a file's path in a message that is being written.
 *
 * @since 0.1.0
 * @category deltas
 */
export const FilePathDelta = Schema.Struct({
  index: index("text's annotations"),
  type: filePath.type,
  file_path: Schema.optional(
    Schema.Struct({ file_id: Schema.optional(filePath.file_id) }).pipe(described("Which file is named."))
  ),
  ...partialSpan
}).annotations({
  identifier: "MessageDeltaContentTextAnnotationsFilePathObject",
  title: "File path",
  description: "A part of a file's path in a message that is being written."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface FilePathDelta extends Schema.Schema.Type<typeof FilePathDelta> {}

/**
 * A part of a text in a message that is being written.
 *
 * @since 0.1.0
 * @category deltas
 */
export const TextContentDelta = Schema.Struct({
  index: index("message's content"),
  type: textType,
  text: Schema.optional(
    Schema.Struct({
      value: Schema.optional(Schema.String.pipe(described("The text to append."))),
      annotations: Schema.optional(
        Schema.Array(Tolerant.union("type", FileCitationDelta, FilePathDelta)).pipe(annotations)
      )
    }).pipe(text)
  )
}).annotations({
  identifier: "MessageDeltaContentTextObject",
  title: "Text",
  description: "A part of a text in a message that is being written."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface TextContentDelta extends Schema.Schema.Type<typeof TextContentDelta> {}

/**
 * What a message that is being written has gained.
 *
 * @since 0.1.0
 * @category deltas
 */
export const MessageDelta = Schema.Struct({
  id: Schema.String.pipe(described("The message's ID.")),
  object: Schema.Literal("thread.message.delta").pipe(described("The object type, always `thread.message.delta`.")),
  delta: Schema.Struct({
    role: Schema.optional(answeredRole),
    content: Schema.optional(
      Schema.Array(Tolerant.union("type", ImageFileContentDelta, TextContentDelta)).pipe(
        described("What the parts of the message have gained.")
      )
    ),
    file_ids: Schema.optional(answeredFileIds)
  }).pipe(described("The fields of the message that have changed."))
}).annotations({
  identifier: "MessageDeltaObject",
  title: "Message delta",
  description: "What a message that is being written has gained."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface MessageDelta extends Schema.Schema.Type<typeof MessageDelta> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List messages.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listMessages",
  summary: "List messages",
  description: "Answers a page of a thread's messages.",
  method: "GET",
  path: "/threads/{thread_id}/messages",
  parameters: { thread_id: ThreadId },
  query: ListMessagesQuery,
  success: Endpoint.json(ListMessagesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Create message.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createMessage",
  summary: "Create message",
  description: "Adds a message to a thread. Refused while a run of the thread is active.",
  method: "POST",
  path: "/threads/{thread_id}/messages",
  parameters: { thread_id: ThreadId },
  body: Endpoint.json(CreateMessageRequest),
  success: Endpoint.json(Message),
  family: "assistants"
})

/**
 * Retrieve message.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getMessage",
  summary: "Retrieve message",
  description: "Answers one message.",
  method: "GET",
  path: "/threads/{thread_id}/messages/{message_id}",
  parameters: { thread_id: ThreadId, message_id: MessageId },
  success: Endpoint.json(Message),
  family: "assistants"
})

/**
 * Modify message.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyMessage",
  summary: "Modify message",
  description: "Changes the metadata and answers the whole message.",
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
