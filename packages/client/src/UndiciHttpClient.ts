/**
 * A transport over undici that does no more than a call needs. It serves any `HttpClient`; the program installs `undici`
 * 7 itself. It is not a part of the package's index, for that would load undici with everything else.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Agent as UndiciAgent, Dispatcher } from "undici"
// Undici's index takes three times as long to load, and puts a dispatcher of its own behind Node's fetch.
// @ts-expect-error: undici describes its index alone.
import UntypedAgent from "undici/lib/dispatcher/agent.js"
import * as Transport from "./internal/transport.js"
import { Exchange } from "./internal/undici.js"

const Agent = UntypedAgent as typeof UndiciAgent

type Sent = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

type Body = Exclude<Dispatcher.DispatchOptions["body"], undefined>

interface Written {
  readonly headers: Record<string, string>
  readonly body: Body
}

/** What undici takes for headers and body. Of what can be iterated over it asks for a piece when the last has left. */
const write = ({ body, headers }: HttpClientRequest.HttpClientRequest): Written | Effect.Effect<Written> => {
  switch (body._tag) {
    case "Empty":
      return { headers, body: null }
    case "Uint8Array":
    case "Raw":
      return { headers, body: body.body as Body }
    case "FormData": {
      const form = new Response(body.formData)
      const type = form.headers.get("content-type")!
      return { headers: { ...headers, "content-type": type }, body: iterable(form.body!) }
    }
    case "Stream":
      return Effect.map(Stream.toAsyncIterableEffect(body.stream), (body) => ({ headers, body: iterable(body) }))
  }
}

/** Undici iterates over what it does not know, though its types do not say so. */
const iterable = (body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>) => body as unknown as Body

/**
 * Sends requests by a dispatcher of undici: an `Agent` with options, a `ProxyAgent`, a `MockAgent`. It does not close it.
 *
 * A body that is not wanted any more, by interruption, by the end of a Stream, or because its answer was forgotten, closes
 * its connection. There is no limit of time but undici's for connecting, and no redirect is followed. A request has a span
 * where tracing is on. `HttpClient.withScope` does not reach its answers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => {
  const send = (
    request: HttpClientRequest.HttpClientRequest,
    { origin, pathname, search }: URL,
    attempt?: Transport.Attempt
  ): Sent => {
    const dispatch = ({ body, headers }: Written): Sent =>
      Effect.async((resume) => {
        const exchange = new Exchange(request, attempt?.tended === true, resume)
        attempt?.onAbandon(() => exchange.abandon())
        const { method } = request
        const path = pathname + search
        try {
          dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, exchange)
        } catch (cause) {
          exchange.onResponseError(undefined, cause as Error)
        }
        return Effect.sync(() => exchange.giveUp())
      })
    const written = write(request)
    return Effect.isEffect(written) ? Effect.flatMap(written, dispatch) : dispatch(written)
  }
  const traced = HttpClient.make((request, url) => send(request, url))
  const untraced = (request: HttpClientRequest.HttpClientRequest, attempt?: Transport.Attempt): Sent => {
    const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
    return url._tag === "Right"
      ? send(request, url.right, attempt)
      : Effect.fail(new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause: url.left }))
  }
  const httpClient = HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.withFiberRuntime<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((fiber) =>
        fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
          !fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)(request)
          ? traced.execute(request)
          : untraced(request)
      )
    ),
    Effect.succeed
  )
  return Transport.register(httpClient, untraced)
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
