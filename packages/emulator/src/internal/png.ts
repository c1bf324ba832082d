import { deflateSync } from "node:zlib"
import { bigEndian, join } from "./bytes.js"

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

const crc32 = (bytes: Uint8Array): number => {
  let value = 0xffffffff
  for (const byte of bytes) value = table[(value ^ byte) & 255]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

const chunk = (type: string, content: Uint8Array): Uint8Array => {
  const checked = join(type, content)
  return join(bigEndian(content.length, 4), checked, bigEndian(crc32(checked), 4))
}

/** An image. */
export interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green and blue, from 0 to 255. */
  readonly color: readonly [red: number, green: number, blue: number]
}

/** An image of one color as PNG. */
export const encode = ({ color, height, width }: Picture): Uint8Array => {
  // Each line begins with the number of its filter; 0 for no filter.
  const line = new Uint8Array(1 + 3 * width)
  for (let x = 0; x < width; x++) line.set(color, 1 + 3 * x)
  const lines = new Uint8Array(height * line.length)
  for (let y = 0; y < height; y++) lines.set(line, y * line.length)
  return join(
    [0x89],
    "PNG\r\n\u001a\n",
    chunk("IHDR", join(bigEndian(width, 4), bigEndian(height, 4), [8, 2, 0, 0, 0])),
    chunk("IDAT", deflateSync(lines, { level: 1 })),
    chunk("IEND", new Uint8Array())
  )
}
