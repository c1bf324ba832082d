import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import * as connections from "./connections.js"
import { BufferedResponse, Direct } from "./direct.js"
import type { Run } from "./requestFiber.js"

type Request = HttpClientRequest.HttpClientRequest

/** Ends a body that is not read, so that its source does not wait for a reader. One that is read can't be cancelled. */
const cancel = ({ body, bodyUsed }: globalThis.Request): void => {
  if (body !== null && !bodyUsed) body.cancel().catch(constVoid)
}

/** A body that ends where `signal` is aborted, as fetch does it: also while it is read. */
const abortable = (body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  return new ReadableStream({
    start: (controller) => {
      const abort = () => {
        reader.cancel().catch(constVoid)
        controller.error(signal.reason)
      }
      if (signal.aborted) abort()
      else signal.addEventListener("abort", abort, { once: true })
    },
    pull: (controller) =>
      reader.read().then(({ done, value }) => {
        if (signal.aborted) return
        if (done) controller.close()
        else controller.enqueue(value)
      }),
    cancel: (reason) => reader.cancel(reason)
  }, { highWaterMark: 0 })
}

const noBytes = new Uint8Array()

/** The request as the server receives it. Bodies that are not bytes take the way over a web `Request`. */
const receive = (
  { body, method }: Request,
  url: URL,
  headers: Headers.Headers,
  signal: AbortSignal
): Effect.Effect<HttpServerRequest.HttpServerRequest> => {
  const asWeb = (body: BodyInit) => {
    const { "content-length": _, ...rest } = headers
    const options = { method, headers: rest, body, duplex: "half" }
    return HttpServerRequest.fromWeb(new globalThis.Request(url, options))
  }
  switch (body._tag) {
    case "Empty":
    case "Uint8Array": {
      const bytes = body._tag === "Empty" ? noBytes : body.body
      const source = new Direct(method, url.pathname + url.search, headers, bytes)
      // It has what the platform reads of a web request.
      return Effect.succeed(HttpServerRequest.fromWeb(source as unknown as globalThis.Request).modify({ headers }))
    }
    case "Raw":
      return Effect.sync(() => asWeb(body.body as BodyInit))
    case "FormData":
      return Effect.sync(() => asWeb(body.formData))
    case "Stream":
      return Effect.map(Stream.toReadableStreamEffect(body.stream), (stream) => asWeb(abortable(stream, signal)))
  }
}

/** An app as the transport of a client. Its requests run by a runtime, without the context of the client's fiber. */
export const makeClient = (run: Run, runtime: Runtime.Runtime<never>): HttpClient.HttpClient => {
  const toClient = (request: Request, response: HttpServerResponse.HttpServerResponse, signal: AbortSignal) => {
    const { body, headers, status } = response
    const withoutBody = request.method === "HEAD"
    if (body._tag === "Uint8Array" || body._tag === "Empty") {
      return new BufferedResponse(request, status, headers, body._tag === "Empty" || withoutBody ? noBytes : body.body)
    }
    const web = HttpServerResponse.toWeb(response, { withoutBody, runtime })
    return HttpClientResponse.fromWeb(
      request,
      web.body === null ? web : new Response(abortable(web.body, signal), { status, headers: web.headers })
    )
  }

  return HttpClient.make((request, url, signal, { currentContext }) => {
    const init: RequestInit | undefined = currentContext.unsafeMap.get(FetchHttpClient.RequestInit.key)
    const headers = init?.headers === undefined
      ? request.headers
      : Headers.merge(Headers.fromInput(init.headers as Headers.Input), request.headers)
    return Effect.flatMap(
      receive(request, url, headers, signal),
      (received) =>
        Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
          const { source } = received
          const respond = (response: HttpServerResponse.HttpServerResponse) => {
            if (source instanceof globalThis.Request) cancel(source)
            resume(Effect.succeed(toClient(request, response, signal)))
          }
          connections.onReset(
            source as object,
            (cause) => resume(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))
          )
          const fiber = run(received, {
            onResponse: respond,
            onFailure: () => respond(HttpServerResponse.empty({ status: 500 }))
          })
          return Effect.sync(() => fiber.unsafeInterruptAsFork(HttpServerError.clientAbortFiberId))
        })
    )
  })
}
