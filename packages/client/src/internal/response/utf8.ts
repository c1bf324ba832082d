import { concat } from "../transport/transport.js"

/**
 * How many bytes at the end may be the beginning of a character. A text can be cut before any byte that begins one: what is
 * unfinished there is replaced in the same way, whether it is read on or not.
 */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0
  }
  return 0
}

const none = new Uint8Array()

/**
 * Reads a text that comes in pieces, as a `TextDecoder` does with `stream: true`. With that, Node's leaves its quick way,
 * and makes even of ASCII a text of two bytes a character, which all that reads it pays for.
 */
export class Decoder {
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  private held = none
  private begun = false

  /** What can be read with one more piece. */
  decode(piece: Uint8Array): string {
    const bytes = this.held.length === 0 ? piece : concat([this.held, piece])
    const rest = unfinished(bytes)
    if (rest === 0) {
      this.held = none
      return this.read(bytes)
    }
    const end = bytes.length - rest
    // A copy: who sent the piece may use it again.
    this.held = bytes.slice(end)
    return this.read(bytes.subarray(0, end))
  }

  /** What is left when nothing more comes. */
  finish(): string {
    const { held } = this
    this.held = none
    return this.read(held)
  }

  private read(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes)
    if (this.begun || text === "") return text
    this.begun = true
    return text.startsWith("\uFEFF") ? text.slice(1) : text
  }
}
