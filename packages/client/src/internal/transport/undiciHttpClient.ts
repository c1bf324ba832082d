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
import * as Transport from "./transport.js"

/** As much of a body is taken off its connection before somebody wants it. */
const maxHeld = 65_536

type RawHeaders = Readonly<Record<string, string | Array<string> | undefined>>

/** A request on its way, its answer's head, and its body as far as it has come. */
export class Exchange implements Dispatcher.DispatchHandler, Transport.Exchange, Transport.Head, Transport.Body {
  status = 0
  raw: RawHeaders = {}
  private made: Headers.Headers | undefined = undefined
  private pieces: Array<Buffer> = []
  private held = 0
  private end: Transport.End | undefined = undefined
  private givenUp = false
  private controller: Dispatcher.DispatchController | undefined = undefined
  /** How much is held by who reads all; undefined until somebody does. */
  private limit: number | undefined = undefined
  /** What is done when there is more of the body, by who waits for it. */
  private watch: (() => void) | undefined = undefined

  constructor(private readonly receiver: Transport.Receiver) {}

  // ---------------------------------------------------------------------------
  // what undici says
  // ---------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.givenUp) this.giveUp()
  }

  onResponseStart(_: unknown, status: number, headers: RawHeaders): void {
    // After one that only informs comes another.
    if (status < 200) return
    this.status = status
    this.raw = headers
    this.receiver.onHead(this, this)
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.end !== undefined) return
    this.pieces.push(piece)
    this.held += piece.length
    if (this.limit === undefined) {
      if (this.held >= maxHeld && this.watch === undefined) controller.pause()
    } else if (this.held > this.limit) {
      this.endWith("beyond")
      this.giveUp()
    }
    this.watch?.()
  }

  onResponseEnd(): void {
    this.endWith("whole")
  }

  onResponseError(_: unknown, cause: unknown): void {
    this.endWith(new Transport.Failed(cause))
  }

  private endWith(end: Transport.End): void {
    if (this.end !== undefined) return
    this.end = end
    if (this.status === 0) this.receiver.onFailure(end as Transport.Failed)
    const { watch } = this
    this.watch = undefined
    watch?.()
  }

  // ---------------------------------------------------------------------------
  // what is made of it
  // ---------------------------------------------------------------------------

  get headers(): Headers.Headers {
    return this.made ??= Headers.fromInput(this.raw)
  }

  /** Closes the connection, unless the answer is whole. */
  giveUp(): void {
    this.givenUp = true
    if (this.end !== "whole") this.controller?.abort(new Error("The request was given up"))
  }

  abort(): void {
    this.giveUp()
    this.endWith(Transport.aborted())
  }

  interrupt(): Effect.Effect<void> {
    return Effect.sync(() => this.abort())
  }

  readonly failsPulls = true

  read(limit: number, done: (bytes: Uint8Array, end: Transport.End) => void): void {
    this.limit = limit
    const { watch } = this
    const whole = () => {
      watch?.()
      if (this.end === undefined) return
      const bytes = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces)
      done(bytes.length > limit ? bytes.subarray(0, limit) : bytes, this.end)
    }
    if (this.end !== undefined) return whole()
    this.watch = whole
    this.controller?.resume()
  }

  // Made when it is wanted, for V8 makes functions of Effect's old at once, and they would hold the exchange.
  get pull(): Effect.Effect<Transport.Pull> {
    const next = Effect.suspend(() => this.taken!)
    return Effect.succeed(Effect.suspend(() =>
      this.taken ?? Effect.async((resume) => {
        const watch = () => {
          if (this.pieces.length === 0 && this.end === undefined) return
          this.watch = undefined
          resume(next)
        }
        this.watch = watch
        this.controller?.resume()
        return Effect.sync(() => {
          this.watch = undefined
          this.giveUp()
        })
      })
    ))
  }

  /** The pieces that are there, or the end. */
  private get taken(): Transport.Pull | undefined {
    const { end, pieces } = this
    if (pieces.length > 0) {
      this.pieces = []
      this.held = 0
      return Effect.succeed(Chunk.unsafeFromArray(pieces))
    }
    return end === undefined ? undefined : Effect.fail(typeof end === "object" ? Option.some(end) : Option.none())
  }
}

/** An answer to who calls the transport itself. */
export class Answer extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
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

  /** The whole body, as what is made of it. */
  private whole<A>(f: (bytes: Uint8Array) => A): Effect.Effect<A, HttpClientError.ResponseError> {
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
    return this.whole((bytes) => new TextDecoder().decode(bytes))
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
    return this.whole((bytes) => new Uint8Array(bytes).buffer)
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
      Stream.ensuring(Effect.sync(() => this.exchange.giveUp()))
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
