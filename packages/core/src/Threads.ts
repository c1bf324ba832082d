/**
 * Threads: conversations, kept on the server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { Metadata } from "./internal/metadata.js"
import { ThreadId } from "./internal/parameters.js"
import * as Messages from "./Messages.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A thread as the server answers it. Its messages are listed by `Messages.list`.
 *
 * @since 0.1.0
 * @category models
 */
export const Thread = Schema.Struct({
  id: Schema.String.pipe(described("The thread's ID.")),
  object: Schema.Literal("thread").pipe(described("The object type, always `thread`.")),
  created_at: Common.timestamp("When the thread was created, as a Unix time in seconds."),
  metadata: Tolerant.unlimited(Metadata)
}).annotations({ identifier: "ThreadObject", title: "Thread", description: "A conversation: a list of messages." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Thread extends Schema.Schema.Type<typeof Thread> {}

/**
 * What a thread is created from. Nothing is required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateThreadRequest = Schema.Struct({
  messages: Schema.optional(
    Schema.Array(Messages.CreateMessageRequest).pipe(described("The messages that the thread begins with."))
  ),
  metadata: Schema.optional(Metadata)
}).annotations({ identifier: "CreateThreadRequest", description: "What a thread is created from." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateThreadRequest extends Schema.Schema.Type<typeof CreateThreadRequest> {}

/**
 * What of a thread is changed.
 *
 * @since 0.1.0
 * @category models
 */
export const ModifyThreadRequest = Schema.Struct({ metadata: Schema.optional(Metadata) }).annotations({
  identifier: "ModifyThreadRequest",
  description: "What of a thread is changed."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ModifyThreadRequest extends Schema.Schema.Type<typeof ModifyThreadRequest> {}

/**
 * That a thread was deleted.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteThreadResponse = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the deleted thread.")),
  object: Schema.Literal("thread.deleted").pipe(described("The object type, `thread.deleted`.")),
  deleted: Schema.Boolean.pipe(described("Whether the thread was deleted."))
}).annotations({ identifier: "DeleteThreadResponse", description: "That a thread was deleted." })

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteThreadResponse extends Schema.Schema.Type<typeof DeleteThreadResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create thread.
 *
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
 * Retrieve thread.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getThread",
  summary: "Retrieve thread",
  description: "Answers one thread.",
  method: "GET",
  path: "/threads/{thread_id}",
  parameters: { thread_id: ThreadId },
  success: Endpoint.json(Thread),
  family: "assistants"
})

/**
 * Modify thread.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyThread",
  summary: "Modify thread",
  description: "Changes the metadata and answers the whole thread.",
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
   * Delete thread.
   *
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
