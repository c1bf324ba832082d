import type * as Messages from "@effect-openai/core/Messages"
import type * as Threads from "@effect-openai/core/Threads"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import {
  all,
  files,
  freshId,
  getToShare,
  insert,
  keyOf,
  type Message,
  type MessageFile,
  messageFiles,
  messages,
  now,
  runs,
  runSteps,
  type Thread,
  threads
} from "./documents.js"
import { isActive } from "./engine/run.js"
import { noFile } from "./errors.js"
import * as Creators from "./organization/creators.js"

// Each of these must run in a transaction.

/** Adds a message, with its files, to the end of a thread. */
export const addMessage = (threadId: string, request: Messages.CreateMessageRequest) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const fileIds = [...new Set(request.file_ids)]
    const message = yield* insert(messages, freshId("msg_"), (id): Message => ({
      id,
      object: "thread.message",
      created_at: time,
      thread_id: threadId,
      status: "completed",
      incomplete_details: null,
      completed_at: time,
      incomplete_at: null,
      role: request.role,
      content: [{ type: "text", text: { value: request.content, annotations: [] } }],
      assistant_id: null,
      run_id: null,
      file_ids: fileIds,
      metadata: request.metadata ?? {}
    }))
    for (const id of fileIds) {
      yield* getToShare(files, id, noFile)
      const file: MessageFile = {
        id,
        object: "thread.message.file",
        created_at: time,
        message_id: message.id,
        thread_id: threadId
      }
      yield* store.set(messageFiles, file)
    }
    return message
  })

/** Creates a thread with its first messages. */
export const addThread = ({ messages = [], metadata }: Threads.CreateThreadRequest) =>
  Effect.gen(function*() {
    const created_at = yield* now
    const thread = yield* insert(threads, freshId("thread_"), (id): Thread => ({
      id,
      object: "thread",
      created_at,
      metadata: metadata ?? {}
    }))
    for (const message of messages) yield* addMessage(thread.id, message)
    return thread
  })

/**
 * Removes the runs and messages of a thread. The work on a run writes messages only as long as the run is there. Returns
 * whether a run was in progress.
 */
export const clear = (threadId: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const childrenOf = <A extends Store.Document>(collection: Store.Collection<A>, parent: string) =>
      Effect.map(store.list(collection, { parent, order: "asc", limit: all }), ({ data }) => data)
    const removed = yield* childrenOf(runs, threadId)
    for (const run of removed) {
      const parent = keyOf(run)
      yield* store.remove(runs, run.id, threadId)
      for (const step of yield* childrenOf(runSteps, parent)) yield* store.remove(runSteps, step.id, parent)
      yield* Creators.remove(parent)
    }
    for (const message of yield* childrenOf(messages, threadId)) {
      for (const fileId of message.file_ids) yield* store.remove(messageFiles, fileId, keyOf(message))
      yield* store.remove(messages, message.id, threadId)
    }
    return removed.some(isActive)
  })
