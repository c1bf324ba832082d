/**
 * Threads: conversations, stored on the server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { Metadata, modifyRequest } from "./internal/metadata.js"
import { ThreadId } from "./internal/parameters.js"
import * as Messages from "./Messages.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * `Messages.list` lists its messages.
 *
 * @since 0.1.0
 * @category models
 */
export const Thread = Tolerant.struct({
  id: Field.string("The thread's ID.")
}, {
  object: Field.objectType("thread"),
  created_at: Field.timestamp("the thread was created"),
  metadata: Metadata
}).annotations({ identifier: "ThreadObject", title: "Thread", description: "A conversation: a list of messages." })

export interface Thread extends Schema.Schema.Type<typeof Thread> {}

/**
 * No field is required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateThreadRequest = Struct.make({
  messages: Schema.optional(
    Schema.Array(Messages.CreateMessageRequest).pipe(described("The first messages of the thread."))
  ),
  metadata: Schema.optional(Metadata)
}).annotations({ identifier: "CreateThreadRequest", description: "Request to create a thread." })

export interface CreateThreadRequest extends Schema.Schema.Type<typeof CreateThreadRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyThreadRequest = modifyRequest("ModifyThreadRequest", "a thread")

export interface ModifyThreadRequest extends Schema.Schema.Type<typeof ModifyThreadRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteThreadResponse = Field.deletion("DeleteThreadResponse", "thread.deleted", "thread")

export interface DeleteThreadResponse extends Schema.Schema.Type<typeof DeleteThreadResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createThread",
  summary: "Create thread",
  description: "Creates a thread, empty or with its first messages.",
  method: "POST",
  path: "/threads",
  body: Endpoint.json(CreateThreadRequest),
  success: Endpoint.json(Thread),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getThread",
  summary: "Retrieve thread",
  description: "Returns a thread.",
  method: "GET",
  path: "/threads/{thread_id}",
  parameters: { thread_id: ThreadId },
  success: Endpoint.json(Thread),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyThread",
  summary: "Modify thread",
  description: "Changes the metadata and returns the thread.",
  method: "POST",
  path: "/threads/{thread_id}",
  parameters: { thread_id: ThreadId },
  body: Endpoint.json(ModifyThreadRequest),
  success: Endpoint.json(Thread),
  family: "assistants",
  replayable: true
})

const delete_ = Endpoint.make({
  name: "deleteThread",
  summary: "Delete thread",
  description: "Deletes a thread.",
  method: "DELETE",
  path: "/threads/{thread_id}",
  parameters: { thread_id: ThreadId },
  success: Endpoint.json(DeleteThreadResponse),
  family: "assistants"
})

export {
  /**
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Threads",
  title: "Threads",
  description: "Conversations that the server stores.",
  operations: { create, retrieve, modify, delete: delete_ }
})
