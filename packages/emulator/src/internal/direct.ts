import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

// Requests and responses in process, without those of the web: making these costs more than most operations.

/** What the platform reads of a web `Request`. */
export class Direct {
  constructor(
    readonly method: string,
    readonly url: string,
    readonly headers: Headers.Headers,
    readonly bytes: Uint8Array
  ) {}

  get body(): ReadableStream<Uint8Array> | null {
    return this.bytes.length === 0 ? null : new Response(new Uint8Array(this.bytes)).body
  }
}

const decoder = new TextDecoder()

/** A response whose body is buffered. */
export class BufferedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly remoteAddress = Option.none<string>()

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    readonly headers: Headers.Headers,
    private readonly bytes: Uint8Array
  ) {
    super()
  }

  /** The same as a web response, for what few programs read. */
  private get web(): HttpClientResponse.HttpClientResponse {
    const body = this.bytes.length === 0 ? null : new Uint8Array(this.bytes)
    return HttpClientResponse.fromWeb(
      this.request,
      new Response(body, { status: this.status, headers: { ...this.headers } })
    )
  }

  get text(): Effect.Effect<string> {
    return Effect.sync(() => decoder.decode(this.bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, {
      try: (text): unknown => text === "" ? null : JSON.parse(text),
      catch: (cause) =>
        new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
    })
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    // The caller may change or transfer it.
    return Effect.sync(() => new Uint8Array(this.bytes).buffer)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.bytes.length === 0 ? this.web.stream : Stream.make(this.bytes)
  }

  get urlParamsBody() {
    return this.web.urlParamsBody
  }

  get formData() {
    return this.web.formData
  }

  get cookies() {
    return this.web.cookies
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}
