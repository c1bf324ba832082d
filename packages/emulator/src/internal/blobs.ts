import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { StoreError } from "../Store.js"
import { forEach } from "./streams.js"

/** A name that any file system accepts, and that can't lead out of the folder. */
const nameOf = (key: string): string =>
  key.replace(/[^A-Za-z0-9_-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const failed = (error: PlatformError) => new StoreError({ message: error.message, cause: error })

const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/**
 * The size of a buffer that is used for all reads or writes of a file. Node keeps a buffer that it has read into or written
 * from until a full garbage collection.
 */
const bufferBytes = 64 * 1024

/** Writes a chunk by way of a buffer. */
const writeBy = (buffer: Uint8Array, file: FileSystem.File) => (chunk: Uint8Array): Effect.Effect<void, StoreError> => {
  const writeFrom = (offset: number): Effect.Effect<void, StoreError> => {
    if (offset >= chunk.length) return Effect.void
    const piece = chunk.subarray(offset, offset + buffer.length)
    buffer.set(piece)
    return Effect.flatMap(
      Effect.mapError(file.writeAll(buffer.subarray(0, piece.length)), failed),
      () => writeFrom(offset + piece.length)
    )
  }
  return writeFrom(0)
}

/** The bytes of a file by way of a buffer. */
const readBy = (buffer: Uint8Array, file: FileSystem.File): Stream.Stream<Uint8Array, PlatformError> =>
  Stream.repeatEffectOption(
    Effect.flatMap(
      Effect.mapError(file.read(buffer), Option.some),
      (size) => size === 0n ? Effect.fail(Option.none()) : Effect.sync(() => buffer.slice(0, Number(size)))
    )
  )

/** Bytes by key, each in its own file. A file under its final name is complete, and on the disk. */
export const make = (folder: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(folder, { recursive: true })

    const fileOf = (key: string): string => path.join(folder, nameOf(key))
    const partOf = (key: string): string => `${fileOf(key)}.part`

    // A folder that is read-only is refused now, not with the first upload.
    const probe = path.join(folder, "probe.part")
    yield* Effect.zipRight(fs.writeFile(probe, new Uint8Array()), fs.remove(probe))

    const removeFile = (file: string) =>
      Effect.catchIf(fs.remove(file), isNotFound, () => Effect.void).pipe(Effect.mapError(failed))

    /** The names of files are on the disk with their folder; where folders can't be opened, they need not be. */
    const syncFolder = Effect.scoped(Effect.flatMap(
      Effect.option(fs.open(folder, { flag: "r" })),
      Option.match({ onNone: () => Effect.void, onSome: (folder) => folder.sync })
    ))

    return {
      write: <E, R>(key: string, bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<void, E | StoreError, R> =>
        Effect.scoped(Effect.gen(function*() {
          const file = yield* Effect.mapError(fs.open(partOf(key), { flag: "w" }), failed)
          yield* forEach(bytes, writeBy(new Uint8Array(bufferBytes), file))
          yield* Effect.mapError(file.sync, failed)
        })).pipe(
          Effect.onError(() => Effect.ignoreLogged(removeFile(partOf(key)))),
          Effect.zipRight(Effect.uninterruptible(
            Effect.mapError(Effect.zipRight(fs.rename(partOf(key), fileOf(key)), syncFolder), failed)
          ))
        ),

      read: (key: string): Stream.Stream<Uint8Array, StoreError> =>
        Stream.unwrapScoped(
          Effect.map(fs.open(fileOf(key), { flag: "r" }), (file) => readBy(new Uint8Array(bufferBytes), file))
        ).pipe(
          Stream.catchAll((error) => isNotFound(error) ? Stream.empty : Stream.fail(failed(error)))
        ),

      /** Removes a file, and what there is of one that was never complete. Only then is its key forgotten. */
      remove: (key: string): Effect.Effect<void, StoreError> =>
        Effect.zipRight(
          Effect.zipRight(removeFile(partOf(key)), removeFile(fileOf(key))),
          Effect.mapError(syncFolder, failed)
        )
    }
  })
