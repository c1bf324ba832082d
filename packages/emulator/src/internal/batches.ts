import { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { type Batch, batches, freshHexId, getOrFail, getToUpdate, insert, list, now } from "./documents.js"
import * as lifecycle from "./engine/batches.js"
import { fromStore, noBatch } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import * as Creators from "./organization/creators.js"
import { askToPoll } from "./polling.js"
import { Settings } from "./settings.js"

/** The time within which a batch runs, in seconds. */
const completionWindow = 24 * 3600

/** Asks a batch to end. A batch that was asked before stays as it is. Must run in a transaction. */
const cancel = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const batch = yield* getToUpdate(batches, id, noBatch)
    switch (batch.status) {
      case "cancelling":
      case "cancelled":
        return { batch, isNew: false }
      case "validating":
      case "in_progress": {
        const cancelling: Batch = { ...batch, status: "cancelling", cancelling_at: yield* now }
        yield* store.set(batches, cancelling)
        yield* lifecycle.claim(cancelling)
        return { batch: cancelling, isNew: true }
      }
      default:
        return yield* new ServerError({
          status: 409,
          message: `Cannot cancel a batch with status '${batch.status}'.`
        })
    }
  })

export const layer = HttpApiBuilder.group(api, "Batches", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { polling: { maxWait } } = yield* Settings
    return handlers
      .handle("createBatch", ({ payload: { completion_window, endpoint, input_file_id, metadata = null } }) =>
        fromStore(Effect.gen(function*() {
          const created_at = yield* now
          const add = insert(batches, freshHexId("batch_"), (id): Batch => ({
            id,
            object: "batch",
            endpoint,
            errors: null,
            input_file_id,
            completion_window,
            status: "validating",
            output_file_id: null,
            error_file_id: null,
            created_at,
            in_progress_at: null,
            expires_at: created_at + completionWindow,
            finalizing_at: null,
            completed_at: null,
            failed_at: null,
            expired_at: null,
            cancelling_at: null,
            cancelled_at: null,
            request_counts: { total: 0, completed: 0, failed: 0 },
            metadata,
            offset: 0
          }))
          const batch = yield* store.transaction(Effect.tap(add, (batch) =>
            Effect.zipRight(Creators.keep(batch.id), lifecycle.claim(batch))))
          yield* lifecycle.pursue(batch)
          return batch
        })))
      .handle("retrieveBatch", ({ path: { batch_id } }) =>
        fromStore(Effect.gen(function*() {
          yield* lifecycle.look(batch_id, maxWait)
          const batch = yield* getOrFail(batches, batch_id, noBatch)
          if (lifecycle.isActive(batch)) {
            yield* lifecycle.nudge(batch)
            yield* askToPoll
          }
          return batch
        })))
      .handle("cancelBatch", ({ path: { batch_id } }) =>
        fromStore(Effect.gen(function*() {
          yield* lifecycle.catchUp(batch_id)
          const { batch, isNew } = yield* store.transaction(cancel(batch_id))
          if (isNew) {
            yield* lifecycle.stop(batch)
          }
          return batch
        })))
      .handle("listBatches", ({ urlParams: { after, limit = 20 } }) =>
        fromStore(list(batches, { after, limit, order: "desc" })))
  }))
