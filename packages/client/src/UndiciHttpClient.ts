/**
 * A transport over undici that does no more than a call needs. It serves any `HttpClient`; the program installs `undici`
 * 7 itself. It is not a part of the package's index, for that would load undici with everything else.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Agent as UndiciAgent, Dispatcher } from "undici"
// Undici's index takes three times as long to load, and puts a dispatcher of its own behind Node's fetch.
// @ts-expect-error: undici describes its index alone.
import UntypedAgent from "undici/lib/dispatcher/agent.js"
import * as Timeout from "./internal/execute/timeout.js"
import * as Transport from "./internal/transport/transport.js"
import { Answer, Exchange } from "./internal/transport/undiciHttpClient.js"

const Agent = UntypedAgent as typeof UndiciAgent

type Body = Exclude<Dispatcher.DispatchOptions["body"], undefined>

/** Undici iterates over what it does not know, though its types do not say so. */
const iterable = (body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>) => body as unknown as Body

/** What undici takes for headers and body. Of what can be iterated over it asks for a piece when the last has left. */
const write = (
  { body, headers }: Transport.OutgoingRequest,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): { readonly headers: Readonly<Record<string, string>>; readonly body: Body } => {
  switch (body._tag) {
    case "Empty":
      return { headers, body: null }
    case "Uint8Array":
    case "Raw":
      return { headers, body: body.body as Body }
    case "FormData": {
      const form = new Response(body.formData)
      return { headers: { ...headers, "content-type": form.headers.get("content-type")! }, body: iterable(form.body!) }
    }
    case "Stream":
      return { headers, body: iterable(Stream.toAsyncIterableRuntime(body.stream, Timeout.runtimeOf(fiber))) }
  }
}

/**
 * Sends requests by a dispatcher of undici: an `Agent` with options, a `ProxyAgent`, a `MockAgent`. It does not close it.
 *
 * A body that is not wanted any more, by interruption, by the end of a Stream, or because its answer was forgotten, closes
 * its connection. There is no limit of time but undici's for connecting, and no redirect is followed. A request has a span
 * where tracing is on.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => {
  const send = (
    outgoing: Transport.OutgoingRequest,
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    receiver: Transport.Receiver
  ): Exchange => {
    const exchange = new Exchange(receiver)
    try {
      const { method, origin, path } = outgoing
      dispatcher.dispatch(
        { origin, path, method, ...write(outgoing, fiber), headersTimeout: 0, bodyTimeout: 0 },
        exchange
      )
    } catch (cause) {
      exchange.onResponseError(undefined, cause)
    }
    return exchange
  }
  const httpClient = HttpClient.make((request, url, signal, fiber) =>
    Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
      const { body, headers, method } = request
      const outgoing = { method, origin: url.origin, path: url.pathname + url.search, headers, body }
      const exchange = send(outgoing, fiber, {
        onHead: () => resume(Effect.sync(() => new Answer(request, exchange))),
        onFailure: ({ cause }) =>
          resume(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))),
        onDefect: (cause) => resume(Effect.failCause(cause))
      })
      signal.addEventListener("abort", () => exchange.giveUp())
      return exchange.interrupt()
    })
  )
  return Transport.register(httpClient, send)
}

/**
 * The transport over an agent of its own, which keeps connections and is destroyed with the layer.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(UndiciHttpClient.layer))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.scoped(
  HttpClient.HttpClient,
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Agent()),
      (agent) => Effect.promise(() => agent.destroy())
    ),
    make
  )
)
