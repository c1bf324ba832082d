/**
 * Message files: the files that are attached to a message.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import * as Field from "./internal/field.js"
import { FileId, MessageId, ThreadId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const MessageFile = Tolerant.struct({
  id: Field.string("The ID of the file.")
}, {
  object: Field.objectType("thread.message.file"),
  created_at: Field.timestamp("the file was attached"),
  message_id: Field.string("The ID of the message that the file is attached to.")
}).annotations({
  identifier: "MessageFileObject",
  title: "Message file",
  description: "A file that is attached to a message."
})

export interface MessageFile extends Schema.Schema.Type<typeof MessageFile> {}

/**
 * The documentation also requires a field `items`, which servers do not send.
 *
 * @since 0.1.0
 * @category models
 */
export const ListMessageFilesResponse = Pagination.page(MessageFile).annotations({
  identifier: "ListMessageFilesResponse",
  description: "A page of message files."
})

export interface ListMessageFilesResponse extends Schema.Schema.Type<typeof ListMessageFilesResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listMessageFiles",
  summary: "List message files",
  description: "Returns a page of the files that are attached to a message.",
  method: "GET",
  path: "/threads/{thread_id}/messages/{message_id}/files",
  parameters: { thread_id: ThreadId, message_id: MessageId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListMessageFilesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getMessageFile",
  summary: "Retrieve message file",
  description: "Returns a file that is attached to a message.",
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
