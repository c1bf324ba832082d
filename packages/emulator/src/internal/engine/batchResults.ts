import type * as Batches from "@effect-openai/core/Batches"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Ids } from "../../Ids.js"
import * as Store from "../../Store.js"
import {
  all,
  type Batch,
  batches,
  type BatchResults,
  batchResults,
  type File,
  files,
  freshId,
  insertOwner,
  now,
  writeBlob
} from "../documents.js"
import { Loopback } from "../loopback.js"
import { isObject, parse } from "../purposes.js"

// The results of the requests of a batch: lines in the store while it runs, and files in the end.

/** A request of a batch. */
interface Request {
  readonly custom_id: string
  readonly body: unknown
}

/** The request on a line that was checked. */
export const requestOf = (text: string): Request => parse(text) as Request

/** The result of a request. */
interface Result {
  readonly isSuccess: boolean
  readonly line: string
}

const resultOf = (
  { custom_id }: Request,
  response: Batches.BatchRequestOutput["response"],
  error: Batches.BatchRequestOutput["error"]
) =>
  Effect.gen(function*() {
    const ids = yield* Ids
    const id = yield* ids.next("batch_req_")
    const status = response?.status_code
    return {
      isSuccess: status !== undefined && status >= 200 && status < 300,
      line: `${JSON.stringify({ id, custom_id, response, error })}\n`
    } satisfies Result
  })

/** Sends a request to the emulator itself. */
export const send = (endpoint: string) => (request: Request) =>
  Effect.gen(function*() {
    const loopback = yield* Loopback
    const { json, requestId, status } = yield* loopback.post(endpoint, JSON.stringify(request.body))
    return isObject(json)
      ? yield* resultOf(request, { status_code: status, request_id: requestId, body: json }, null)
      : yield* resultOf(request, null, { code: "server_error", message: "The request had no response." })
  })

/** The result of a request that came too late. */
export const expired = (request: Request) =>
  resultOf(request, null, {
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired."
  })

/** Keeps results, and counts them. `offset` is the end of the last request in the input file. */
export const record = (batchId: string, results: ReadonlyArray<Result>, offset: number) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    yield* store.transaction(Effect.gen(function*() {
      const batch = Option.getOrThrow(yield* store.get(batches, batchId, "", "update"))
      const of = (isSuccess: boolean) => results.filter((result) => result.isSuccess === isSuccess)
      // Output files are not in the order of the input file.
      const linesOf = (results: ReadonlyArray<Result>) => results.map(({ line }) => line).reverse().join("")
      const [succeeded, failed] = [of(true), of(false)]
      const { completed, total } = batch.request_counts
      const id = `${batchId}_${completed + batch.request_counts.failed}`
      yield* store.set(batchResults, {
        id,
        created_at: batch.created_at,
        batch_id: batchId,
        output: linesOf(succeeded),
        errors: linesOf(failed)
      })
      yield* store.set(batches, {
        ...batch,
        offset,
        request_counts: {
          total,
          completed: completed + succeeded.length,
          failed: batch.request_counts.failed + failed.length
        }
      })
    }))
  })

/** The results of a batch, in the order in which they were kept. */
const resultsOf = (
  batchId: string
): Stream.Stream<BatchResults, Store.StoreError | Store.CursorNotFound, Store.Store> =>
  Stream.unwrap(
    Effect.map(Store.Store, (store) =>
      Stream.paginateChunkEffect(undefined as string | undefined, (after) =>
        Effect.map(
          store.list(batchResults, { parent: batchId, order: "asc", limit: 10, after }),
          (
            { data, hasMore }
          ) => [Chunk.unsafeFromArray([...data]), hasMore ? Option.some(data.at(-1)?.id) : Option.none()]
        )))
  )

/** Writes one file of a batch. */
const writeFile = (batch: Batch, field: "output" | "errors", filename: string) =>
  Effect.gen(function*() {
    const encoder = new TextEncoder()
    let bytes = 0
    const id = yield* writeBlob(
      freshId("file-"),
      Stream.map(resultsOf(batch.id), (results) => {
        const lines = encoder.encode(results[field])
        bytes += lines.length
        return lines
      })
    )
    const file: File = {
      id,
      object: "file",
      bytes,
      created_at: yield* now,
      filename,
      purpose: "batch_output",
      status: "processed"
    }
    return file
  })

/** Writes the files of a batch, and then ends it. Only files with lines are written. */
export const end = (
  batch: Batch,
  change: (batch: Batch, files: Pick<Batch, "output_file_id" | "error_file_id">) => Effect.Effect<Batch>
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { completed, failed } = batch.request_counts
    const output = completed === 0 ? undefined : yield* writeFile(batch, "output", `${batch.id}_output.jsonl`)
    const errors = failed === 0 ? undefined : yield* writeFile(batch, "errors", `${batch.id}_error.jsonl`)
    yield* store.transaction(Effect.gen(function*() {
      const current = Option.getOrThrow(yield* store.get(batches, batch.id, "", "update"))
      for (const file of [output, errors]) if (file !== undefined) yield* insertOwner(files, file)
      yield* store.set(
        batches,
        yield* change(current, { output_file_id: output?.id ?? null, error_file_id: errors?.id ?? null })
      )
      const { data } = yield* store.list(batchResults, { parent: batch.id, order: "asc", limit: all })
      yield* Effect.forEach(data, ({ id }) => store.remove(batchResults, id, batch.id), { discard: true })
    }))
  })
