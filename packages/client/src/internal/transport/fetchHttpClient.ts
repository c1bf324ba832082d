import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Timeout from "../execute/timeout.js"
import { contentLength } from "../response/headers.js"
import * as Transport from "./transport.js"

/** Browsers send a stream only over HTTP/2, or not at all. */
const isBrowser = () => "document" in globalThis || "importScripts" in globalThis

/** Converts a body for fetch. */
const convertBody = (
  body: HttpBody.HttpBody,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): RequestInit | Promise<RequestInit> => {
  switch (body._tag) {
    case "Empty":
      return {}
    case "Uint8Array":
    case "Raw":
      return { body: body.body as BodyInit }
    case "FormData":
      return { body: body.formData }
    case "Stream": {
      const stream = Stream.toReadableStreamRuntime(body.stream, Timeout.runtimeOf(fiber))
      if (isBrowser()) return new Response(stream).blob().then((blob) => ({ body: blob }))
      return {
        body: Transport.forFetch(stream, body),
        // Node requires it, but its types lack it.
        ...({ duplex: "half" } as object)
      }
    }
  }
}

/**
 * The options of fetch. The client follows redirects itself, because only it knows which headers a redirect may carry. A
 * request without credentials carries no headers of the caller's `RequestInit` either.
 */
const requestInitOf = (
  context: Context.Context<never>,
  outer: RequestInit | undefined,
  withoutHeaders: boolean
): RequestInit => {
  const { headers, ...init } = { ...outer, ...context.unsafeMap.get(FetchHttpClient.RequestInit.key) }
  return { ...init, ...(headers === undefined || withoutHeaders ? undefined : { headers }), redirect: "manual" }
}

/** A request in flight over fetch, and its response. */
class Exchange implements Transport.Exchange, Transport.Head, Transport.Body {
  private readonly controller = new AbortController()
  private response: Response | undefined = undefined
  private madeHeaders: Headers.Headers | undefined = undefined
  private isEnded = false
  private fail: ((failed: Transport.Failed) => void) | undefined = undefined

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Waits for a promise until the request is aborted, even if the promise ignores that. */
  private wait<A>(
    promise: Promise<A>,
    onValue: (value: A) => void,
    onFailed: (failed: Transport.Failed) => void
  ): void {
    const fail = (failed: Transport.Failed) => {
      if (this.fail !== fail) return
      this.fail = undefined
      onFailed(failed)
    }
    this.fail = fail
    promise.then(
      (value) => {
        if (this.fail !== fail) return
        this.fail = undefined
        onValue(value)
      },
      (cause) => fail(new Transport.Failed(cause, this.response === undefined ? undefined : true))
    )
  }

  begin(response: Promise<Response>, receiver: Transport.Receiver): void {
    this.wait(response, (response) => {
      this.response = response
      receiver.onHead(this, this)
    }, receiver.onFailure.bind(receiver))
  }

  get status(): number {
    return this.response!.status
  }

  get headers(): Headers.Headers {
    return this.madeHeaders ??= Headers.fromInput(this.response!.headers)
  }

  get undecoded(): string {
    return Transport.undecodedByFetch(this.headers)
  }

  abort(): void {
    if (this.isEnded) return
    this.controller.abort()
    this.fail?.(Transport.aborted())
  }

  interrupt(): Effect.Effect<void> {
    return Effect.sync(() => this.abort())
  }

  readonly failsPulls = true

  read(maxBytes: number, whenDone: (bytes: Uint8Array, end: Transport.End) => void): void {
    const done = (bytes: Uint8Array, end: Transport.End) => {
      this.isEnded = true
      whenDone(bytes, end)
    }
    const length = contentLength(this.headers)
    if (maxBytes === Infinity || (length !== undefined && length <= maxBytes)) {
      return this.wait(
        this.response!.arrayBuffer(),
        (buffer) => done(new Uint8Array(buffer), "complete"),
        (failed) => done(new Uint8Array(), failed)
      )
    }
    const chunks: Array<Uint8Array> = []
    const end = (end: Transport.End) => done(Transport.concat(chunks), end)
    const reader = this.response!.body?.getReader()
    const readOn = (left: number): void =>
      reader === undefined ? end("complete") : this.wait(reader.read(), ({ value }) => {
        if (value === undefined) return end("complete")
        chunks.push(value.subarray(0, left))
        if (value.length <= left) return readOn(left - value.length)
        this.controller.abort()
        end("truncated")
      }, end)
    readOn(maxBytes)
  }

  get pull(): Effect.Effect<Transport.Pull> {
    const reader = this.response!.body?.getReader()
    const end = Effect.fail(Option.none())
    return Effect.succeed(
      reader === undefined ? end : Effect.async((resume) => {
        this.wait(
          reader.read(),
          ({ value }) => {
            this.isEnded = value === undefined
            resume(value === undefined ? end : Effect.succeed(Chunk.of(value)))
          },
          (failed) => resume(Effect.fail(Option.some(failed)))
        )
        return this.interrupt()
      })
    )
  }
}

/** Calls fetch as the platform's `FetchHttpClient` does. `outer` is the context of its layer. */
export const send = (outer: Context.Context<never>): Transport.Send => (outgoing, fiber, receiver) => {
  const exchange = new Exchange()
  const context = fiber.currentContext as Context.Context<never>
  const { Fetch, RequestInit } = FetchHttpClient
  const fetch: typeof globalThis.fetch = context.unsafeMap.get(Fetch.key) ?? outer.unsafeMap.get(Fetch.key) ??
    globalThis.fetch
  const init = requestInitOf(
    context,
    outer.unsafeMap.get(RequestInit.key),
    Transport.hasNoCredentials(outgoing.headers)
  )
  const { "content-length": _, ...headers } = init.headers === undefined
    ? outgoing.headers
    : Headers.merge(Headers.fromInput(init.headers as Headers.Input), Headers.fromInput(outgoing.headers))
  const call = async () => {
    const body = convertBody(outgoing.body, fiber)
    return fetch(outgoing.origin + outgoing.path, {
      ...init,
      ...body instanceof Promise ? await body : body,
      method: outgoing.method,
      headers: "accept-encoding" in headers ? headers : { ...headers, "accept-encoding": Transport.acceptEncoding },
      signal: exchange.signal
    })
  }
  exchange.begin(call(), receiver)
  return exchange
}
