import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"

/**
 * The bytes of a Stream from an offset, in parts of one size. The last part can be smaller. The memory of each part is taken
 * from `free`, where there is any. Large buffers live too long for a runtime to free them in time.
 */
export const partsOf = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  size: number,
  offset: number,
  free: Array<Uint8Array>
): Stream.Stream<Uint8Array, E, R> =>
  Stream.suspend(() => {
    let skipped = 0
    let part: Uint8Array = new Uint8Array()
    let length = 0
    const push = (chunk: Uint8Array, parts: Array<Uint8Array>) => {
      const skip = Math.min(offset - skipped, chunk.length)
      skipped += skip
      for (let start = skip; start < chunk.length;) {
        if (length === 0) part = free.pop() ?? new Uint8Array(size)
        const taken = chunk.subarray(start, start + size - length)
        part.set(taken, length)
        length += taken.length
        start += taken.length
        if (length < size) continue
        parts.push(part)
        length = 0
      }
    }
    return bytes.pipe(
      Stream.mapChunks((chunks) => {
        const parts: Array<Uint8Array> = []
        for (const chunk of chunks) push(chunk, parts)
        return Chunk.unsafeFromArray(parts)
      }),
      Stream.concat(Stream.suspend(() => length === 0 ? Stream.empty : Stream.make(part.subarray(0, length))))
    )
  })

const pieceBytes = 64 * 1024

/** Copies of a part in pieces. The memory of the part is used again, while a receiver may keep what it has received. */
export const piecesOf = (part: Uint8Array): Stream.Stream<Uint8Array> =>
  Stream.map(
    Stream.range(0, Math.ceil(part.length / pieceBytes) - 1, 1),
    (index) => part.slice(index * pieceBytes, (index + 1) * pieceBytes)
  )
