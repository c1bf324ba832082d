/**
 * Png: the header of a PNG image.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

/**
 * The colors of an image, by the names that the API uses in its messages: grey, color, palette, and grey and color with
 * transparency.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = "L" | "RGB" | "P" | "LA" | "RGBA"

/**
 * What the header states about an image. Width and height are in pixels.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  readonly width: number
  readonly height: number
  readonly mode: Mode
}

/**
 * The number of bytes at the start of a file that {@link header} needs.
 *
 * @since 0.1.0
 * @category parsing
 */
export const headerBytes = 26

// The signature, and the start of the chunk that must be the first: its length and its type.
const start = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]

const modes: { readonly [colorType: number]: Mode } = { 0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA" }

/**
 * Reads the header of a PNG. Returns none for bytes that are not the start of a PNG.
 *
 * @example
 * import { Png } from "@effect-openai/core"
 * import { Option } from "effect"
 *
 * const isSquare = (bytes: Uint8Array) =>
 *   Option.exists(Png.header(bytes), ({ height, width }) => width === height)
 *
 * @since 0.1.0
 * @category parsing
 */
export const header = (bytes: Uint8Array): Option.Option<Header> => {
  if (bytes.length < headerBytes || start.some((byte, index) => bytes[index] !== byte)) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  const mode = modes[view.getUint8(25)]
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  return mode === undefined || width === 0 || height === 0 ? Option.none() : Option.some({ width, height, mode })
}
