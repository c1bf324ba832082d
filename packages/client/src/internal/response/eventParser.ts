/** What a parser reports. */
export interface Listener {
  /** An event, with its lines of data joined. Its name is undefined if it has none, or an empty one. */
  readonly onEvent: (data: string, name: string | undefined) => void
  /** A line that is not a comment, and has no field that is specified. */
  readonly onLine: (line: string) => void
  /** An event that is not complete is longer than the maximum. */
  readonly onTooLong: () => void
}

/** A line of a field that no event needs. */
const isIgnored = /^(?:id|retry)(?::|$)/

/**
 * Parses server-sent events, in chunks whose lines end with LF. Most events are one line, which is cut from the chunk once.
 * The others may come in many pieces, which are joined once.
 */
export class EventParser {
  private data: string | undefined = undefined
  private name: string | undefined = undefined
  /** The pieces of a line whose end is not received. */
  private pieces: Array<string> = []
  private length = 0

  constructor(private readonly maxLength: number, private readonly listener: Listener) {}

  push(chunk: string): void {
    let start = 0
    let end = chunk.indexOf("\n")
    if (end !== -1 && this.length > 0) {
      const line = this.pieces.join("") + chunk.slice(0, end)
      this.pieces = []
      this.length = 0
      this.onLine(line, 0, line.length)
      start = end + 1
      end = chunk.indexOf("\n", start)
    }
    for (; end !== -1; end = chunk.indexOf("\n", start)) {
      this.onLine(chunk, start, end)
      start = end + 1
    }
    if (start < chunk.length) {
      this.pieces.push(start === 0 ? chunk : chunk.slice(start))
      this.length += chunk.length - start
    }
    if (this.length + (this.data?.length ?? 0) > this.maxLength) this.listener.onTooLong()
  }

  private onLine(text: string, start: number, end: number): void {
    if (start === end) {
      const { data, name } = this
      this.data = undefined
      this.name = undefined
      if (data !== undefined) this.listener.onEvent(data, name)
    } else if (text.startsWith("data:", start)) this.onData(valueAt(text, start + 5, end))
    else if (text.startsWith("event:", start)) this.name = valueAt(text, start + 6, end) || undefined
    else if (!text.startsWith(":", start)) this.onOther(text.slice(start, end))
  }

  private onData(value: string): void {
    this.data = this.data === undefined ? value : `${this.data}\n${value}`
  }

  private onOther(line: string): void {
    // A field without a colon has an empty value.
    if (line === "data") this.onData("")
    else if (line === "event") this.name = undefined
    else if (!isIgnored.test(line)) this.listener.onLine(line)
  }
}

/** Returns the value of a field, without the space that may precede it. */
const valueAt = (text: string, start: number, end: number): string =>
  text.slice(text.startsWith(" ", start) ? start + 1 : start, end)
