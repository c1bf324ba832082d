import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"

/** The bytes of a Stream from an offset, in parts of one size. The last part can be smaller. One part is in memory. */
export const partsOf = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  size: number,
  offset: number
): Stream.Stream<Uint8Array, E, R> =>
  Stream.suspend(() => {
    let skipped = 0
    let part = new Uint8Array()
    let length = 0
    const push = (chunk: Uint8Array, parts: Array<Uint8Array>) => {
      const skip = Math.min(offset - skipped, chunk.length)
      skipped += skip
      for (let start = skip; start < chunk.length;) {
        // Each part has its own memory, because it is sent while the next one is read.
        if (length === 0) part = new Uint8Array(size)
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
