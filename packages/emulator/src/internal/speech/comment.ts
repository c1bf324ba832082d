import { join } from "../bytes.js"

// The emulator's speech has its text in a comment, so that a transcription returns it.

/** What the comment has. */
export interface Comment {
  readonly text: string
  /** The duration of the audio in seconds. */
  readonly duration: number
}

const marker = "emulator-speech"

/** Writes a comment: its marker, the duration, the size of the text in bytes, and the text. */
export const write = ({ duration, text }: Comment): Uint8Array => {
  const bytes = join(text)
  return join(`${marker} ${duration.toFixed(3)} ${bytes.length} `, bytes)
}

const maxFieldBytes = 32

/** The comment in a file of any format. */
export const read = (file: Uint8Array): Comment | undefined => {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const start = buffer.indexOf(`${marker} `)
  if (start === -1) return undefined
  const fields = start + marker.length + 1
  const head = buffer.subarray(fields, fields + maxFieldBytes).toString("latin1")
  const [matched, duration, size] = /^(\d+\.\d{3}) (\d+) /.exec(head) ?? []
  if (matched === undefined) return undefined
  const text = buffer.subarray(fields + matched.length, fields + matched.length + Number(size))
  return { text: text.toString("utf8"), duration: Number(duration) }
}
