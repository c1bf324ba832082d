import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { IdTaken, type Service, StoreError } from "../../Store.js"
import { forEach } from "../streams.js"
import type { Connections } from "./connection.js"
import { keyOf } from "./fields.js"

// Bytes in the database, as chunks: neither a write nor a read has more than one of them in memory.

const chunkBytes = 256 * 1024

/** Bytes without a document may be removed when they are so old, and their process is dead. */
const orphanAge = "1 hour"

/** A process that was not seen for so long is dead. */
const deadAfter = "1 minute"

/** Removes bytes without a document that dead processes wrote long ago. */
const removeOrphans = `DELETE FROM blobs
  WHERE begun_at < clock_timestamp() - interval '${orphanAge}'
    AND NOT EXISTS (SELECT FROM nodes WHERE id = node AND seen_at > clock_timestamp() - interval '${deadAfter}')
    AND NOT EXISTS (SELECT FROM documents WHERE id = key AND deleted IS NULL)`

export const make = (
  { execute, isInTransaction }: Connections,
  node: string
): Pick<Service, "readBlob" | "removeBlob" | "writeBlob"> & {
  readonly removeOrphans: Effect.Effect<void, StoreError>
} => {
  const removeBlob = (key: string) =>
    Effect.asVoid(execute({ sql: "DELETE FROM blobs WHERE key = $1", params: [keyOf(key)] }))

  /** Only the blob that this process is writing. */
  const removePart = (key: string) =>
    Effect.asVoid(execute({ sql: "DELETE FROM blobs WHERE key = $1 AND node = $2", params: [keyOf(key), node] }))

  const writeChunks = <E, R>(key: string, bytes: Stream.Stream<Uint8Array, E, R>) =>
    Effect.suspend(() => {
      const buffer = Buffer.allocUnsafe(chunkBytes)
      let length = 0
      let number = 0
      const flush = Effect.suspend(() => {
        if (length === 0) return Effect.void
        const params = [keyOf(key), number++, buffer.subarray(0, length)]
        length = 0
        return execute({ sql: "INSERT INTO chunks (key, number, bytes) VALUES ($1, $2, $3)", params })
      })
      const put = (chunk: Uint8Array): Effect.Effect<void, StoreError> =>
        Effect.suspend(() => {
          if (chunk.length === 0) return Effect.void
          const piece = chunk.subarray(0, chunkBytes - length)
          buffer.set(piece, length)
          length += piece.length
          return length < chunkBytes
            ? Effect.void
            : Effect.zipRight(flush, put(chunk.subarray(piece.length)))
        })
      return Effect.zipRight(forEach(bytes, put), flush)
    })

  return {
    removeOrphans: Effect.asVoid(execute({ sql: removeOrphans, params: [] })),

    writeBlob: (key, bytes) =>
      Effect.gen(function*() {
        const isPart = yield* isInTransaction
        const [claimed] = yield* execute({
          sql: "INSERT INTO blobs (key, node) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING key",
          params: [keyOf(key), node]
        })
        if (claimed === undefined) return yield* new IdTaken({ id: key })
        const complete = Effect.filterOrFail(
          execute({
            sql: "UPDATE blobs SET is_complete = TRUE WHERE key = $1 AND node = $2 RETURNING key",
            params: [keyOf(key), node]
          }),
          ([row]) => row !== undefined,
          () => new StoreError({ message: `The bytes of ${key} were removed while they were written.` })
        )
        // A transaction that fails removes what it has written.
        yield* Effect.onError(
          Effect.zipRight(writeChunks(key, bytes), complete),
          () => isPart ? Effect.void : Effect.ignoreLogged(removePart(key))
        )
      }),

    readBlob: (key) =>
      Stream.unfoldEffect(0, (number) =>
        Effect.map(
          execute({
            sql: `SELECT bytes FROM chunks JOIN blobs USING (key) WHERE key = $1 AND number = $2 AND is_complete`,
            params: [keyOf(key), number]
          }),
          ([row]) => row === undefined ? Option.none() : Option.some([new Uint8Array(row.bytes), number + 1] as const)
        )),

    removeBlob
  }
}
