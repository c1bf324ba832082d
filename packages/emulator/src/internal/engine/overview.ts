import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Store from "../../Store.js"
import { isLost } from "../content.js"
import {
  type Batch,
  batches,
  batchResults,
  fineTuningCheckpoints,
  fineTuningEvents,
  fineTuningJobs,
  getOrFail,
  uploadParts,
  uploads
} from "../documents.js"
import { noBatch, noFineTuningJob } from "../errors.js"
import { parse } from "../purposes.js"
import { isActive } from "./batches.js"
import { linesOf } from "./batchInput.js"

// What the page for people shows of the work that continues without a caller. It is read past the operations, because a
// request that reads such work makes it take a step.

const shown = 50
/** How many results of a batch are shown. */
const shownResults = 20
const shownEvents = 1000

const latest = <A extends Store.Document>(collection: Store.Collection<A>, limit: number, parent?: string) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.map(store.list(collection, { parent, order: "desc", limit }), ({ data }) => data)
  )

/** The latest batches and jobs, and the uploads that accept parts. */
export const state = Effect.gen(function*() {
  const store = yield* Store.Store
  const pending = yield* store.find(uploads, { status: "pending" })
  return {
    batches: yield* latest(batches, shown),
    fine_tuning_jobs: yield* latest(fineTuningJobs, shown),
    uploads: yield* Effect.forEach(
      pending.slice(-shown).reverse(),
      (upload) =>
        Effect.map(store.find(uploadParts, { upload_id: upload.id }), (parts) => ({
          upload,
          parts: parts.length,
          received: parts.reduce((sum, { bytes }) => sum + bytes, 0)
        }))
    )
  }
})

const firstLinesOf = (fileId: string | null | undefined) =>
  fileId === null || fileId === undefined ? Effect.succeed([]) : linesOf(fileId).pipe(
    Stream.take(shownResults),
    Stream.runCollect,
    Effect.map((lines) => Chunk.toReadonlyArray(lines).map(({ text }) => text)),
    // A line that is too long is not shown, and nothing of a file that is incomplete.
    Effect.catchTag("JsonlError", () => Effect.succeed([])),
    Effect.catchIf(isLost, () => Effect.succeed([]))
  )

/** Some results of a batch: the latest while it runs, and then those in its files. Errors are first. */
const resultsOf = (batch: Batch) =>
  Effect.gen(function*() {
    if (!isActive(batch)) {
      return [...yield* firstLinesOf(batch.error_file_id), ...yield* firstLinesOf(batch.output_file_id)]
    }
    const kept = yield* latest(batchResults, shownResults, batch.id)
    const lines = (field: "errors" | "output") =>
      kept.flatMap((results) => results[field].split("\n").filter((line) => line !== ""))
    return [...lines("errors").slice(0, shownResults), ...lines("output").slice(0, shownResults)]
  })

/** A batch with some of its results. */
export const batch = (id: string) =>
  Effect.gen(function*() {
    const found = yield* getOrFail(batches, id, noBatch)
    return { batch: found, results: (yield* resultsOf(found)).slice(0, shownResults).map(parse) }
  })

/** A fine-tuning job with its events and checkpoints, the oldest first. */
export const fineTuningJob = (id: string) =>
  Effect.gen(function*() {
    const job = yield* getOrFail(fineTuningJobs, id, noFineTuningJob)
    return {
      job,
      events: [...yield* latest(fineTuningEvents, shownEvents, id)].reverse(),
      checkpoints: [...yield* latest(fineTuningCheckpoints, shownEvents, id)].reverse()
    }
  })
