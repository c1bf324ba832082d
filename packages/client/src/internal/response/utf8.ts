import { concat } from "../transport/transport.js"

/**
 * Returns how many bytes at the end may begin a character. A text can be cut before any byte that begins a character: an
 * incomplete character there is replaced in the same way, whether or not more bytes follow.
 */
const incomplete = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0
  }
  return 0
}

const none = new Uint8Array()

/**
 * Decodes a text in chunks, as a `TextDecoder` with `stream: true` does. Node's decoder is slow with that option, and
 * returns strings of two bytes a character even for ASCII.
 */
export class Decoder {
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  private buffered = none
  private hasBegun = false

  /** Returns the complete characters. */
  decode(chunk: Uint8Array): string {
    const bytes = this.buffered.length === 0 ? chunk : concat([this.buffered, chunk])
    const rest = incomplete(bytes)
    if (rest === 0) {
      this.buffered = none
      return this.read(bytes)
    }
    const end = bytes.length - rest
    // A copy, because the transport may reuse the chunk.
    this.buffered = bytes.slice(end)
    return this.read(bytes.subarray(0, end))
  }

  /** Returns what is left at the end of the text. */
  finish(): string {
    const { buffered } = this
    this.buffered = none
    return this.read(buffered)
  }

  private read(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes)
    if (this.hasBegun || text === "") return text
    this.hasBegun = true
    return text.startsWith("\uFEFF") ? text.slice(1) : text
  }
}
