/** The chunks as one. */
export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

const encoder = new TextEncoder()

/** Texts in UTF-8, and bytes, as one. */
export const join = (...parts: ReadonlyArray<string | ReadonlyArray<number> | Uint8Array>): Uint8Array =>
  concat(
    parts.map((part) =>
      typeof part === "string" ? encoder.encode(part) : part instanceof Uint8Array ? part : Uint8Array.from(part)
    )
  )

/** A number as bytes, the lowest first. */
export const littleEndian = (value: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256)

/** A number as bytes, the highest first. */
export const bigEndian = (value: number, size: number): Uint8Array => littleEndian(value, size).reverse()
