/**
 * A file to upload: its name, its media type, and its bytes as a Stream.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-openai/core/FileSource")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * The bytes are read when the request is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileSource {
  readonly [TypeId]: TypeId
  /** The file name that the server sees. */
  readonly name: string
  /** The media type of the part. */
  readonly type: string
  /** The size in bytes, if it is known before the file is read. */
  readonly size: number | undefined
  /** The bytes. */
  readonly stream: Stream.Stream<Uint8Array, unknown>
  /** Whether `stream` emits the same bytes each time it runs. Only then can an upload be retried. */
  readonly replayable: boolean
}

/**
 * Options of every constructor.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `application/octet-stream`. The media type of the part. */
  readonly type?: string | undefined
}

/**
 * Whether a value was made by one of this module's constructors.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFileSource = (u: unknown): u is FileSource => Predicate.hasProperty(u, TypeId)

/**
 * The Schema of a file field. It only checks that the value was made by one of this module's constructors.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileSource: Schema.Schema<FileSource> = Schema.declare(isFileSource, {
  title: "a FileSource",
  jsonSchema: { type: "string", format: "binary" }
})

const make = (fields: Omit<FileSource, TypeId>): FileSource => ({ [TypeId]: TypeId, ...fields })

const defaultType = "application/octet-stream"

/**
 * A file from bytes or text in memory.
 *
 * @example
 * import { FileSource } from "@effect-openai/core"
 *
 * const file = FileSource.fromBytes("notes.txt", "Meet at noon.", { type: "text/plain" })
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromBytes = (name: string, content: Uint8Array | string, options?: Options): FileSource => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  return make({
    name,
    type: options?.type ?? defaultType,
    size: bytes.length,
    stream: Stream.make(bytes),
    replayable: true
  })
}

/**
 * A file on disk. Only its size is read now. Its bytes are read when the request is sent, and again for each retry, one
 * chunk at a time. The file must not change in between. Fails with a `PlatformError` if the file does not exist.
 *
 * @example
 * import { FileSource } from "@effect-openai/core"
 * import * as Effect from "effect/Effect"
 *
 * const file = Effect.map(FileSource.fromPath("training.jsonl"), (file) => file.size)
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPath = (
  path: string,
  options?: Options & { readonly name?: string | undefined }
): Effect.Effect<FileSource, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const { basename } = yield* Path.Path
    const { size } = yield* fileSystem.stat(path)
    return make({
      name: options?.name ?? basename(path),
      type: options?.type ?? defaultType,
      size: Number(size),
      stream: fileSystem.stream(path),
      replayable: true
    })
  })

/**
 * A file from a Stream. Set `replayable: true` if the Stream emits the same bytes each time it runs. Default: false. The
 * upload is then sent once, and a failure that would be retried becomes an `UploadNotReplayableError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream = <E>(
  name: string,
  stream: Stream.Stream<Uint8Array, E>,
  options?: Options & { readonly size?: number | undefined; readonly replayable?: boolean | undefined }
): FileSource =>
  make({
    name,
    type: options?.type ?? defaultType,
    size: options?.size,
    stream,
    replayable: options?.replayable ?? false
  })
