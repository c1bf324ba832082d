import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as conversations from "./conversations.js"
import { getOrFail, getToUpdate, modifyMetadata, threads } from "./documents.js"
import * as lifecycle from "./engine/lifecycle.js"
import { fromStore, noThread } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

export const layer = HttpApiBuilder.group(api, "Threads", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("createThread", ({ payload }) => fromStore(store.transaction(conversations.addThread(payload))))
      .handle("getThread", ({ path }) => fromStore(getOrFail(threads, path.thread_id, noThread)))
      .handle("modifyThread", ({ path, payload }) =>
        fromStore(store.transaction(Effect.flatMap(
          getToUpdate(threads, path.thread_id, noThread),
          (thread) => modifyMetadata(threads, thread, payload)
        ))))
      .handle("deleteThread", ({ path }) =>
        fromStore(
          Effect.gen(function*() {
            const { id, isActive } = yield* store.transaction(Effect.gen(function*() {
              const { id } = yield* getToUpdate(threads, path.thread_id, noThread)
              const isActive = yield* conversations.clear(id)
              yield* store.remove(threads, id)
              return { id, isActive }
            }))
            if (isActive) yield* lifecycle.stop(id)
            return { id, object: "thread.deleted" as const, deleted: true }
          })
        ))
  }))
