/**
 * Large files in parts.
 *
 * @since 0.1.0
 */
import * as FileSource from "@effect-openai/core/FileSource"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Contract from "@effect-openai/core/Uploads"
import { md5 } from "@noble/hashes/legacy.js"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { partsOf, piecesOf } from "./internal/upload/parts.js"
import type { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import * as Retry from "./Retry.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Uploads"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create upload (`createUpload`). Maximum size: 8 GB. It expires after an hour.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Add upload part (`addUploadPart`). Maximum size: 64 MB. Parts can be added concurrently.
 *
 * @since 0.1.0
 * @category operations
 */
export const addPart: Operation.Of<typeof Contract.addPart> = Operation.upload(Contract.addPart)

/**
 * Complete upload (`completeUpload`). The order of `part_ids` is that of the file.
 *
 * @since 0.1.0
 * @category operations
 */
export const complete: Operation.Of<typeof Contract.complete> = Operation.json(Contract.complete)

/**
 * Cancel upload (`cancelUpload`).
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)

// -----------------------------------------------------------------------------
// files in parts
// -----------------------------------------------------------------------------

/**
 * How far an upload has come. It is plain JSON, so that another process can resume the upload.
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Struct({
  /** The ID of the upload. */
  upload_id: Schema.String,
  /** The IDs of the parts that are uploaded, from the start of the file. */
  part_ids: Schema.Array(Schema.String),
  /** The number of bytes in these parts. The upload continues there. */
  offset: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export interface State extends Schema.Schema.Type<typeof State> {}

/**
 * Options of {@link upload}.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOptions {
  readonly purpose: Contract.CreateUploadRequest["purpose"]
  /** Default: 4 MB. The size of a part in bytes, at most 64 MB. */
  readonly partBytes?: number | undefined
  /** Default: 4. Maximum number of parts that are sent concurrently. So many parts, and two more, are in memory. */
  readonly concurrency?: number | undefined
  /** Default: a new upload. The state of an upload to resume. The source is read from its start for the MD5. */
  readonly resume?: State | undefined
  /** Default: nothing. Receives the state after each part that extends it. */
  readonly onProgress?: ((state: State) => Effect.Effect<unknown>) | undefined
  /**
   * Default: true, unless there is `onProgress`. Whether the upload is cancelled where it is interrupted or fails. A
   * cancelled upload can't be resumed. The request is sent once, with a timeout of 10 seconds.
   */
  readonly cancelOnFailure?: boolean | undefined
}

const invalid = (field: string, message: string) =>
  new OpenAiError.InvalidRequestError({ operation: "createUpload", field, message })

const check = ({ size }: FileSource.FileSource, { concurrency = 4, partBytes = 4 * 1024 ** 2 }: UploadOptions) => {
  if (size === undefined) return Effect.fail(invalid("bytes", "The size of the file must be known before it is read"))
  if (!Number.isInteger(partBytes) || partBytes < 1 || partBytes > Contract.maxPartBytes) {
    return Effect.fail(invalid("partBytes", `A part has 1 to ${Contract.maxPartBytes} bytes`))
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    return Effect.fail(invalid("concurrency", "The number of concurrent parts is a positive integer"))
  }
  return Effect.succeed({ size, concurrency, partBytes })
}

/**
 * Uploads a file in parts: reads it once, sends parts concurrently and each again where the retry policy says so, and
 * completes the upload with the order and the MD5 of the file. Returns the upload, which has the `file`.
 *
 * Fails with `InvalidRequestError` where the size of the file is not known, or is not what it said, and where it can't be
 * read.
 *
 * @example
 * import { Uploads } from "@effect-openai/client"
 * import { FileSource } from "@effect-openai/core"
 * import { Effect } from "effect"
 *
 * const uploaded = FileSource.fromPath("training.jsonl", { type: "application/jsonl" }).pipe(
 *   Effect.flatMap((file) => Uploads.upload(file, { purpose: "fine-tune" })),
 *   Effect.map(({ file }) => file?.id)
 * )
 *
 * @since 0.1.0
 * @category files in parts
 */
export const upload = (
  source: FileSource.FileSource,
  options: UploadOptions
): Effect.Effect<
  Contract.Upload,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
  OpenAiClient
> =>
  Effect.gen(function*() {
    const { concurrency, partBytes, size } = yield* check(source, options)
    const { onProgress, cancelOnFailure = onProgress === undefined } = options
    const start: State = options.resume ?? {
      upload_id: (yield* create({
        filename: source.name,
        purpose: options.purpose,
        bytes: size,
        mime_type: source.type
      })).id,
      part_ids: [],
      offset: 0
    }
    const { upload_id } = start
    const state = yield* Ref.make(start)
    const hash = md5.create()
    const hashed = Stream.tap(source.stream, (bytes) => Effect.sync(() => hash.update(bytes))).pipe(
      Stream.catchAllCause((cause) => {
        const error = Cause.squash(cause)
        const message = error instanceof Error ? error.message : String(error)
        return Stream.fail(invalid("file", `The file can't be read: ${message}`))
      })
    )
    const free: Array<Uint8Array> = []
    const sent = partsOf(hashed, partBytes, start.offset, free).pipe(
      Stream.mapEffect(
        (part) => {
          const { length } = part
          const data = FileSource.fromStream(source.name, piecesOf(part), {
            size: length,
            replayable: true,
            type: source.type
          })
          return Effect.map(addPart({ upload_id, data }), ({ id }) => {
            if (part.length === partBytes) free.push(part)
            return { id, length }
          })
        },
        { concurrency }
      ),
      Stream.runForEach(({ id, length }) =>
        Effect.flatMap(
          Ref.updateAndGet(state, ({ offset, part_ids }) => ({
            upload_id,
            part_ids: [...part_ids, id],
            offset: offset + length
          })),
          (state) => onProgress?.(state) ?? Effect.void
        )
      )
    )
    const cancelled = cancel({ upload_id }).pipe(
      Retry.none,
      Effect.interruptible,
      Effect.timeout("10 seconds"),
      Effect.ignore
    )
    return yield* Effect.gen(function*() {
      yield* sent
      const { offset, part_ids } = yield* Ref.get(state)
      if (offset !== size) {
        return yield* invalid("bytes", `The file has ${offset} bytes, but said that it has ${size}`)
      }
      const digest = Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("")
      return yield* complete({ upload_id, part_ids, md5: digest })
    }).pipe(Effect.onExit((exit) => cancelOnFailure && Exit.isFailure(exit) ? cancelled : Effect.void))
  })
