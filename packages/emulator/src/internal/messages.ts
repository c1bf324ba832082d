import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as conversations from "./conversations.js"
import { getOrFail, getToShare, getToUpdate, list, messages, modifyMetadata, threads } from "./documents.js"
import { activeRun } from "./engine/current.js"
import * as lifecycle from "./engine/lifecycle.js"
import { fromStore, noMessage, noThread, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

interface Path {
  readonly thread_id: string
  readonly message_id: string
}

/** A message. Without its thread it is not found. */
export const messageOf = ({ message_id, thread_id }: Path, get = getOrFail) =>
  Effect.zipRight(
    getOrFail(threads, thread_id, noThread),
    get(messages, message_id, noMessage, thread_id)
  )

export const layer = HttpApiBuilder.group(api, "Messages", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("listMessages", ({ path, urlParams: { after, before, limit = 20, order = "desc", run_id } }) =>
        fromStore(
          lifecycle.seen(path.thread_id)(Effect.zipRight(
            getOrFail(threads, path.thread_id, noThread),
            list(messages, {
              parent: path.thread_id,
              where: run_id === undefined ? undefined : { run_id },
              after,
              before,
              limit,
              order
            })
          ))
        ))
      .handle("createMessage", ({ path, payload }) =>
        fromStore(Effect.zipRight(
          lifecycle.catchUp(path.thread_id),
          store.transaction(Effect.gen(function*() {
            const { id } = yield* getToShare(threads, path.thread_id, noThread)
            const active = yield* activeRun(id)
            if (active !== undefined) {
              return yield* refused(`Can't add messages to ${id} while a run ${active.id} is active.`)
            }
            return yield* conversations.addMessage(id, payload)
          })).pipe(Effect.tapError(() => lifecycle.seen(path.thread_id)(Effect.void)))
        )))
      .handle("getMessage", ({ path }) => fromStore(lifecycle.seen(path.thread_id)(messageOf(path))))
      .handle("modifyMessage", ({ path, payload }) =>
        fromStore(Effect.zipRight(
          lifecycle.catchUp(path.thread_id),
          store.transaction(Effect.flatMap(
            messageOf(path, getToUpdate),
            (message) => modifyMetadata(messages, message, payload)
          ))
        )))
  }))
