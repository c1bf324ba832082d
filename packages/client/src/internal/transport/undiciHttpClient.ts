import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"
import { codingsOf, Decoder } from "./decoder.js"
import * as Transport from "./transport.js"

/** How many bytes of a body are buffered before somebody reads it. */
const maxBuffered = 65_536

type RawHeaders = Readonly<Record<string, string | Array<string> | undefined>>

/** A request in flight, the head of its response, and the received part of its body. */
export class Exchange implements Dispatcher.DispatchHandler, Transport.Exchange, Transport.Head, Transport.Body {
  status = 0
  raw: RawHeaders = {}
  private madeHeaders: Headers.Headers | undefined = undefined
  private chunks: Array<Buffer> = []
  private bufferedBytes = 0
  private end: Transport.End | undefined = undefined
  private isClosed = false
  private controller: Dispatcher.DispatchController | undefined = undefined
  undecoded = ""
  /** Undefined if the body is sent as it is, or in an unknown coding. */
  private decoder: Decoder | undefined = undefined
  /** The limit of `read`. Undefined until it is called. */
  private maxBytes: number | undefined = undefined
  /** Called when more of the body was received. */
  private onMore: (() => void) | undefined = undefined

  constructor(private readonly receiver: Transport.Receiver) {}

  // ---------------------------------------------------------------------------
  // callbacks of undici
  // ---------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.isClosed) this.close()
  }

  onResponseStart(_: unknown, status: number, headers: RawHeaders): void {
    // An informational response precedes the final one.
    if (status < 200) return
    this.status = status
    this.raw = headers
    this.undecoded = Transport.unknownCodings(this.headers)
    const codings = this.undecoded === "" ? codingsOf(this.headers) : []
    if (codings.length > 0) {
      this.decoder = new Decoder(codings, {
        onData: (chunk) => this.receive(chunk),
        onEnd: (end) => {
          this.endWith(end)
          if (end !== "complete") this.close()
        }
      })
    }
    this.receiver.onHead(this, this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.end !== undefined) return
    if (this.decoder === undefined) this.receive(chunk)
    else this.decoder.write(chunk, controller)
  }

  private receive(chunk: Buffer): void {
    if (this.end !== undefined) return
    this.chunks.push(chunk)
    this.bufferedBytes += chunk.length
    if (this.maxBytes === undefined) {
      if (this.bufferedBytes >= maxBuffered && this.onMore === undefined) (this.decoder ?? this.controller)?.pause()
    } else if (this.bufferedBytes > this.maxBytes) {
      this.endWith("truncated")
      this.close()
    }
    this.onMore?.()
  }

  onResponseEnd(): void {
    this.onEnd("complete")
  }

  onResponseError(_: unknown, cause: unknown): void {
    this.onEnd(new Transport.Failed(cause))
  }

  private onEnd(end: Transport.End): void {
    if (this.decoder === undefined) this.endWith(end)
    else this.decoder.close(end)
  }

  private endWith(end: Transport.End): void {
    if (this.end !== undefined) return
    this.end = end
    if (this.status === 0) this.receiver.onFailure(end as Transport.Failed)
    const { onMore } = this
    this.onMore = undefined
    onMore?.()
  }

  // ---------------------------------------------------------------------------
  // the response
  // ---------------------------------------------------------------------------

  get headers(): Headers.Headers {
    return this.madeHeaders ??= Headers.fromInput(this.raw)
  }

  private resume(): void {
    ;(this.decoder ?? this.controller)?.resume()
  }

  /** Closes the connection, unless the response is complete. */
  close(): void {
    this.isClosed = true
    this.decoder?.destroy()
    if (this.end !== "complete") this.controller?.abort(new Error("The request was aborted"))
  }

  abort(): void {
    this.close()
    this.endWith(Transport.aborted())
  }

  interrupt(): Effect.Effect<void> {
    return Effect.sync(() => this.abort())
  }

  readonly failsPulls = true

  read(maxBytes: number, done: (bytes: Uint8Array, end: Transport.End) => void): void {
    this.maxBytes = maxBytes
    const { onMore } = this
    const check = () => {
      onMore?.()
      if (this.end === undefined) return
      const bytes = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)
      done(bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes, this.end)
    }
    if (this.end !== undefined) return check()
    this.onMore = check
    this.resume()
  }

  // Made on demand: V8 allocates the closures of effects in its old space, where they would retain the exchange.
  get pull(): Effect.Effect<Transport.Pull> {
    const next = Effect.suspend(() => this.available!)
    return Effect.succeed(Effect.suspend(() =>
      this.available ?? Effect.async((resume) => {
        const onMore = () => {
          if (this.chunks.length === 0 && this.end === undefined) return
          this.onMore = undefined
          resume(next)
        }
        this.onMore = onMore
        this.resume()
        return Effect.sync(() => {
          this.onMore = undefined
          this.close()
        })
      })
    ))
  }

  /** The buffered chunks, or the end. */
  private get available(): Transport.Pull | undefined {
    const { chunks, end } = this
    if (chunks.length > 0) {
      this.chunks = []
      this.bufferedBytes = 0
      return Effect.succeed(Chunk.unsafeFromArray(chunks))
    }
    return end === undefined ? undefined : Effect.fail(typeof end === "object" ? Option.some(end) : Option.none())
  }
}

/** The response to a caller that uses the transport as an `HttpClient`. */
export class UndiciResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    private readonly exchange: Exchange
  ) {
    super()
  }

  get status(): number {
    return this.exchange.status
  }

  get headers(): Headers.Headers {
    return this.exchange.headers
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.exchange.raw["set-cookie"] ?? [])
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  private failure(cause: unknown) {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  /** Reads the body to its end. */
  private readAll<A>(f: (bytes: Uint8Array) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.async((resume) => {
      this.exchange.read(
        Infinity,
        (bytes, end) =>
          resume(typeof end === "object" ? Effect.fail(this.failure(end.cause)) : Effect.sync(() => f(bytes)))
      )
      return this.exchange.interrupt()
    })
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return this.readAll((bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, {
      try: (text): unknown => text === "" ? null : JSON.parse(text),
      catch: (cause) => this.failure(cause)
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return this.readAll((bytes) => new Uint8Array(bytes).buffer)
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    const { headers } = this
    return Effect.flatMap(this.arrayBuffer, (buffer) =>
      Effect.tryPromise({
        try: () => new globalThis.Response(buffer, { headers: { ...headers } }).formData(),
        catch: (cause) => this.failure(cause)
      }))
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.fromPull(this.exchange.pull).pipe(
      Stream.mapError(({ cause }) => this.failure(cause)),
      Stream.ensuring(Effect.sync(() => this.exchange.close()))
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}
