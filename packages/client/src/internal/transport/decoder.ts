import type * as Headers from "@effect/platform/Headers"
import type * as Stream from "node:stream"
import * as Zlib from "node:zlib"
import * as Transport from "./transport.js"

/** Receives what is decoded. */
interface Target {
  readonly onData: (chunk: Buffer) => void
  readonly onEnd: (end: Transport.End) => void
}

/** The streams by coding. `first` is the first chunk of the body. */
const streams: Readonly<Record<string, (first?: Uint8Array) => Stream.Transform>> = {
  "gzip": () => Zlib.createGunzip(),
  "x-gzip": () => Zlib.createGunzip(),
  "br": () => Zlib.createBrotliDecompress(),
  // Some servers leave out the header of zlib.
  "deflate": (first) => first === undefined || (first[0]! & 15) === 8 ? Zlib.createInflate() : Zlib.createInflateRaw()
}

/** The codings of a body, in the order in which they were applied. */
export const codingsOf = ({ "content-encoding": header = "" }: Headers.Headers): ReadonlyArray<string> =>
  header === "" ? [] : header.toLowerCase().split(/[\s,]+/).filter((coding) => coding in streams)

/** Decodes a body. At most as much as the target has asked for is in memory. */
export class Decoder {
  private chain: ReadonlyArray<Stream.Transform> = []
  private end: Transport.End = "complete"

  constructor(private readonly codings: ReadonlyArray<string>, private readonly target: Target) {}

  private begin(first: Uint8Array): void {
    const [outer, ...inner] = this.codings.toReversed().map((coding) => streams[coding]!)
    this.chain = [outer!(first), ...inner.map((make) => make())]
    for (const stream of this.chain) stream.on("error", (cause) => this.finish(new Transport.Failed(cause, true)))
    this.chain.reduce((from, to) => from.pipe(to))
      .on("data", this.target.onData)
      .on("end", () => this.finish("complete"))
  }

  private finish(end: Transport.End): void {
    this.destroy()
    this.target.onEnd(this.end === "complete" ? end : this.end)
  }

  /** Decodes the next chunk. If that has to wait, pauses the body. */
  write(chunk: Uint8Array, body: { readonly pause: () => void; readonly resume: () => void }): void {
    if (this.chain.length === 0) this.begin(chunk)
    const [outer] = this.chain
    if (outer!.write(chunk)) return
    body.pause()
    outer!.once("drain", () => body.resume())
  }

  /** The body has ended. What was received before a failure is decoded first. */
  close(end: Transport.End): void {
    this.end = end
    if (this.chain.length === 0) this.target.onEnd(end)
    else this.chain[0]!.end()
  }

  pause(): void {
    this.chain.at(-1)?.pause()
  }

  resume(): void {
    this.chain.at(-1)?.resume()
  }

  destroy(): void {
    for (const stream of this.chain) stream.destroy()
  }
}
