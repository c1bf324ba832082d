/**
 * The transport over undici: the fastest one on Node.
 *
 * The program installs `undici` 7 itself. The module is not part of the package's index, which would load undici with
 * everything else.
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
import type { Agent, Dispatcher } from "undici"
import * as Timeout from "./internal/execute/timeout.js"
import * as Transport from "./internal/transport/transport.js"
import { Exchange, UndiciResponse } from "./internal/transport/undiciHttpClient.js"

type Body = Exclude<Dispatcher.DispatchOptions["body"], undefined>

/** Undici accepts any iterable, but its types do not say so. */
const iterable = (body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>) => body as unknown as Body

/** Converts headers and body for undici, which pulls the next chunk of an iterable when the last was sent. */
const convert = (
  { body, headers: given }: Transport.OutgoingRequest,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): { readonly headers: Readonly<Record<string, string>>; readonly body: Body } => {
  // Requests of the client have it, in headers that they share.
  const headers = "accept-encoding" in given ? given : { ...given, "accept-encoding": Transport.acceptEncoding }
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
 * Makes an `HttpClient` of a dispatcher of undici: an `Agent` with options, a `ProxyAgent`, a `MockAgent`. The caller
 * closes the dispatcher, and limits its connections. An `EnvHttpProxyAgent` uses the proxy of `HTTP_PROXY`, `HTTPS_PROXY`
 * and `NO_PROXY`, which no other transport of Node reads.
 *
 * Responses in gzip, deflate and brotli are decoded. A body that is not read to its end, after an interruption or the end of
 * a Stream, closes its connection. The only timeout is undici's for connecting. Redirects are not followed. A request has a
 * span where tracing is on.
 *
 * @example
 * import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
 * import { HttpClient } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 * import { EnvHttpProxyAgent } from "undici"
 *
 * const ProxyLive = Layer.scoped(
 *   HttpClient.HttpClient,
 *   Effect.map(
 *     Effect.acquireRelease(
 *       Effect.sync(() => new EnvHttpProxyAgent()),
 *       (agent) => Effect.promise(() => agent.destroy())
 *     ),
 *     UndiciHttpClient.make
 *   )
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => makeWith(dispatcher, () => dispatcher)

/** Makes the function that sends by a dispatcher. */
const sendBy = (dispatcher: Dispatcher) =>
(
  outgoing: Transport.OutgoingRequest,
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  receiver: Transport.Receiver
): Exchange => {
  const exchange = new Exchange(receiver)
  try {
    const { method, origin, path } = outgoing
    dispatcher.dispatch(
      { origin, path, method, ...convert(outgoing, fiber), headersTimeout: 0, bodyTimeout: 0 },
      exchange
    )
  } catch (cause) {
    exchange.onResponseError(undefined, cause)
  }
  return exchange
}

/** Makes an `HttpClient`. Clients of the API have their own dispatcher, by their options. */
const makeWith = (
  dispatcher: Dispatcher,
  dispatcherOf: (options: Transport.Options) => Dispatcher
): HttpClient.HttpClient => {
  const send = sendBy(dispatcher)
  const httpClient = HttpClient.make((request, url, signal, fiber) =>
    Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
      const { body, headers, method } = request
      const outgoing = { method, origin: url.origin, path: url.pathname + url.search, headers, body }
      const exchange = send(outgoing, fiber, {
        onHead: () => resume(Effect.sync(() => new UndiciResponse(request, exchange))),
        onFailure: ({ cause }) =>
          resume(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))),
        onDefect: (cause) => resume(Effect.failCause(cause))
      })
      signal.addEventListener("abort", () => exchange.close())
      return exchange.interrupt()
    })
  )
  return Transport.register(httpClient, (options) => sendBy(dispatcherOf(options)))
}

/** Undici's own timeout for connecting, in milliseconds. */
const connectTimeout = 10_000

/** The options of an agent for a client. */
const agentOptions = ({ concurrency, timeout }: Transport.Options): Agent.Options => ({
  ...(Number.isFinite(concurrency) ? { connections: concurrency } : undefined),
  connect: { timeout: Math.min(timeout, connectTimeout) }
})

/**
 * The transport over an `Agent` that keeps connections alive. A client has at most as many connections to an origin as its
 * `concurrency`, and connects within its `timeout`, but at most 10 seconds, which undici measures to about a second. The
 * agents are destroyed with the layer.
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
  Effect.gen(function*() {
    // Node's fetch makes its dispatcher with its first class. Undici replaces it where it does not exist yet.
    void globalThis.Response
    const { Agent } = yield* Effect.promise(() => import("undici"))
    const agents = new Map<string, Agent>()
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.all([...agents.values()].map((agent) => agent.destroy())))
    )
    const agentOf = (options: Agent.Options) => {
      const key = JSON.stringify(options)
      const agent = agents.get(key) ?? new Agent(options)
      agents.set(key, agent)
      return agent
    }
    return makeWith(agentOf({}), (options) => agentOf(agentOptions(options)))
  })
)
