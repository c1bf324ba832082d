import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"

/** As much of a body is taken off its connection before somebody wants it. */
const maxHeld = 65_536

type ResponseHeaders = Readonly<Record<string, string | Array<string> | undefined>>

/** A request on its way, and the body of its answer as far as it has come. */
export class Exchange implements Dispatcher.DispatchHandler {
  pieces: Array<Buffer> = []
  /** How the body has ended. */
  end: { readonly error: Error | undefined } | undefined
  private held = 0
  private wanted = false
  private givenUp = false
  private controller: Dispatcher.DispatchController | undefined
  private readonly watchers = new Set<() => void>()

  constructor(
    private readonly request: HttpClientRequest.HttpClientRequest,
    /** Whether somebody is sure to read its answer, or to give it up. */
    readonly tended: boolean,
    private readonly resume: (
      effect: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.RequestError>
    ) => void
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.givenUp) this.giveUp()
  }

  onResponseStart(_: unknown, status: number, headers: ResponseHeaders): void {
    // After one that only informs comes another.
    if (status >= 200) {
      this.resume(Effect.sync(() => {
        const response = new Response(this.request, status, headers, this)
        if (!this.tended && this.end === undefined) unread.register(response, this, this)
        return response
      }))
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.pieces.push(piece)
    this.held += piece.length
    if (this.held >= maxHeld && !this.wanted) controller.pause()
    this.changed()
  }

  onResponseEnd(): void {
    this.end = { error: undefined }
    this.changed()
  }

  onResponseError(_: unknown, cause: Error): void {
    if (this.end !== undefined) return
    this.end = { error: cause }
    // Nobody hears it where the answer has begun.
    this.resume(Effect.fail(new HttpClientError.RequestError({ request: this.request, reason: "Transport", cause })))
    this.changed()
  }

  /** Closes the connection, unless the answer is whole. */
  giveUp(): void {
    this.givenUp = true
    if (this.end === undefined) this.controller?.abort(new Error("The request was given up"))
  }

  /** Gives up, and fails what waits. */
  abandon(): void {
    this.giveUp()
    this.onResponseError(undefined, new Error("The request was given up"))
  }

  /** Goes on when the end has come, or any piece of the body; who stops to wait gives it up. */
  readonly when = <A, E>(wanted: "end" | "piece", next: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const isThere = () => this.end !== undefined || (wanted === "piece" && this.pieces.length > 0)
      return isThere() ? next() : Effect.async<A, E>((resume) => {
        const watch = () => {
          if (!isThere()) return
          this.watchers.delete(watch)
          resume(Effect.suspend(next))
        }
        this.watchers.add(watch)
        this.wanted = wanted === "end"
        this.controller?.resume()
        return Effect.sync(() => {
          this.watchers.delete(watch)
          this.giveUp()
        })
      })
    })

  take(): Array<Buffer> {
    const { pieces } = this
    this.pieces = []
    this.held = 0
    return pieces
  }

  private changed(): void {
    for (const watch of this.watchers) watch()
  }
}

/** Closes the connections of answers that were begun, never read, and forgotten. */
const unread = new FinalizationRegistry((exchange: Exchange) => exchange.giveUp())

class Response extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly headers: Headers.Headers

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    private readonly raw: ResponseHeaders,
    private readonly exchange: Exchange
  ) {
    super()
    this.headers = Headers.fromInput(raw)
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.raw["set-cookie"] ?? [])
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  private failure(cause: unknown) {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  /** The whole body, as what is made of it. */
  private whole<A>(f: (bytes: Buffer) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    const { exchange } = this
    return exchange.when("end", () => {
      if (!exchange.tended) unread.unregister(exchange)
      const { end, pieces } = exchange
      if (end!.error !== undefined) return Effect.fail(this.failure(end!.error))
      return Effect.succeed(f(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)))
    })
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return this.whole(textOf)
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
    const { exchange } = this
    const read: Channel.Channel<Chunk.Chunk<Uint8Array>, unknown, HttpClientError.ResponseError> = Channel.unwrap(
      exchange.when("piece", () => {
        const { end } = exchange
        const pieces = exchange.take()
        return Effect.succeed(
          pieces.length > 0
            ? Channel.flatMap(Channel.write(Chunk.unsafeFromArray(pieces)), () => read)
            : end?.error === undefined
            ? Channel.void
            : Channel.fail(this.failure(end.error))
        )
      })
    )
    return Stream.ensuring(
      Stream.suspend(() => {
        if (!exchange.tended) unread.unregister(exchange)
        return Stream.fromChannel(read)
      }),
      Effect.sync(() => exchange.giveUp())
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

/** UTF-8 without the mark of its order of bytes. */
const textOf = (bytes: Buffer): string =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.toString("utf8", 3) : bytes.toString("utf8")
