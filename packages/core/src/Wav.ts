/**
 * Wav: the header of WAV audio, and its repair.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

/**
 * What the chunks of a file state about its audio.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  /** 1 is PCM. */
  readonly format: number
  readonly channels: number
  /** Samples a second. */
  readonly sampleRate: number
  readonly bitsPerSample: number
  /** Bytes a second. */
  readonly byteRate: number
  /** The offset of the audio in the file. */
  readonly dataOffset: number
  /** The size of the audio in bytes, as far as the file has it. A streamed file states another one. */
  readonly dataBytes: number
  /** The duration in seconds. */
  readonly duration: number
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const nameAt = (bytes: Uint8Array, offset: number): string => String.fromCharCode(...bytes.subarray(offset, offset + 4))

/**
 * Reads the header of a WAV file. The size of the audio is that of the bytes which are there, because a file that was
 * streamed states the largest possible size. Returns none for bytes that are not WAV.
 *
 * @since 0.1.0
 * @category parsing
 */
export const header = (bytes: Uint8Array): Option.Option<Header> => {
  if (nameAt(bytes, 0) !== "RIFF" || nameAt(bytes, 8) !== "WAVE") return Option.none()
  const view = viewOf(bytes)
  let format: Omit<Header, "dataOffset" | "dataBytes" | "duration"> | undefined
  let offset = 12
  while (offset + 8 <= bytes.length) {
    const size = view.getUint32(offset + 4, true)
    const content = offset + 8
    const name = nameAt(bytes, offset)
    if (name === "fmt " && size >= 16 && content + 16 <= bytes.length) {
      format = {
        format: view.getUint16(content, true),
        channels: view.getUint16(content + 2, true),
        sampleRate: view.getUint32(content + 4, true),
        byteRate: view.getUint32(content + 8, true),
        bitsPerSample: view.getUint16(content + 14, true)
      }
    } else if (name === "data") {
      if (format === undefined) return Option.none()
      const dataBytes = Math.min(size, bytes.length - content)
      const duration = format.byteRate === 0 ? 0 : dataBytes / format.byteRate
      return Option.some({ ...format, dataOffset: content, dataBytes, duration })
    }
    // A chunk of odd size is followed by a byte of padding.
    offset = content + size + size % 2
  }
  return Option.none()
}

/**
 * Writes the sizes that a WAV file has into its header. The API streams WAV, and so states the largest possible sizes, which
 * some players refuse. Returns the same bytes if they are not WAV, or if the sizes are right.
 *
 * @example
 * import { Wav } from "@effect-openai/core"
 *
 * const playable = (speech: Uint8Array) => Wav.repair(speech)
 *
 * @since 0.1.0
 * @category combinators
 */
export const repair = (bytes: Uint8Array): Uint8Array =>
  Option.match(header(bytes), {
    onNone: () => bytes,
    onSome: ({ dataOffset }) => {
      const view = viewOf(bytes)
      const [riff, data] = [view.getUint32(4, true), view.getUint32(dataOffset - 4, true)]
      const isRiffTooLarge = riff > bytes.length - 8
      const isDataTooLarge = data > bytes.length - dataOffset
      if (!isRiffTooLarge && !isDataTooLarge) return bytes
      const repaired = bytes.slice()
      const target = viewOf(repaired)
      if (isRiffTooLarge) target.setUint32(4, bytes.length - 8, true)
      if (isDataTooLarge) target.setUint32(dataOffset - 4, bytes.length - dataOffset, true)
      return repaired
    }
  })
