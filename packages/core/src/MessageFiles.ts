/**
 * Message files: which files are attached to a message.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { FileId, MessageId, ThreadId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * That a file is attached to a message.
 *
 * @since 0.1.0
 * @category models
 */
export const MessageFile = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the file.")),
  object: Schema.Literal("thread.message.file").pipe(described("The object type, always `thread.message.file`.")),
  created_at: Common.timestamp("When the file was attached, as a Unix time in seconds."),
  message_id: Schema.String.pipe(described("The ID of the message that the file is attached to."))
}).annotations({
  identifier: "MessageFileObject",
  title: "Message file",
  description: "That a file is attached to a message."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface MessageFile extends Schema.Schema.Type<typeof MessageFile> {}

/**
 * A page of message files. The documentation also requires a field `items`, which no server sends.
 *
 * @since 0.1.0
 * @category models
 */
export const ListMessageFilesResponse = Pagination.page(MessageFile).annotations({
  identifier: "ListMessageFilesResponse",
  description: "A page of message files."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListMessageFilesResponse extends Schema.Schema.Type<typeof ListMessageFilesResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List message files.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listMessageFiles",
  summary: "List message files",
  description: "Answers a page of the files attached to a message.",
  method: "GET",
  path: "/threads/{thread_id}/messages/{message_id}/files",
  parameters: { thread_id: ThreadId, message_id: MessageId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListMessageFilesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Retrieve message file.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getMessageFile",
  summary: "Retrieve message file",
  description: "Answers one file attached to a message.",
  method: "GET",
  path: "/threads/{thread_id}/messages/{message_id}/files/{file_id}",
  parameters: { thread_id: ThreadId, message_id: MessageId, file_id: FileId },
  success: Endpoint.json(MessageFile),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "MessageFiles",
  title: "Message files",
  description: "Files that are attached to a message.",
  operations: { list, retrieve }
})
