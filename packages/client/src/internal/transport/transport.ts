import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Timeout from "../execute/timeout.js"
import { contentLength } from "../response/headers.js"

// An attempt is one `Effect.async`: between sending a request and the end of its response everything is a callback. An
// effect for each step, or a second fiber, would cost more than the step itself.

/** What a transport sends. */
export interface OutgoingRequest {
  readonly method: HttpMethod.HttpMethod
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpBody.HttpBody
}

/** The status and headers of a response. */
export interface Head {
  readonly status: number
  readonly headers: Headers.Headers
  /** The content codings that the transport has not decoded. Empty if it has decoded all. */
  readonly undecoded: string
}

/** The failure of a transport. It hides its cause, which may quote a key: a fiber that fails is logged. */
export class Failed {
  readonly #cause: unknown

  /** `sent` is whether the server received the request. Undefined where that is unknown. */
  constructor(cause: unknown, readonly sent?: boolean) {
    this.#cause = cause
  }

  get cause(): unknown {
    return this.#cause
  }
}

/** How a body ended: complete, longer than requested, or by a failure. */
export type End = "complete" | "truncated" | Failed

/** The next values, by default chunks of a body. Fails with none at their end. */
export type Pull<A = Uint8Array, E = Failed> = Effect.Effect<Chunk.Chunk<A>, Option.Option<E>>

/** The body of a response, to be read in one of two ways. */
export interface Body {
  /** Buffers at most `maxBytes`, and refuses the rest. `done` receives what was buffered, also after a failure. */
  readonly read: (maxBytes: number, done: (bytes: Uint8Array, end: End) => void) => void
  /** Returns the chunks as they are received. */
  readonly pull: Effect.Effect<Pull, never, Scope.Scope>
}

/** Callbacks of a request: first the response headers or a failure, then the body. */
export interface Receiver {
  /** Reads the body immediately, or keeps it for a Stream. */
  readonly onHead: (head: Head, body: Body) => void
  readonly onFailure: (failed: Failed) => void
  /** The transport has a defect, or interrupts itself. */
  readonly onDefect: (cause: Cause.Cause<never>) => void
}

/** A request in flight, until the end of its response. */
export interface Exchange {
  /** Aborts the request: whatever waits for it fails. */
  readonly abort: () => void
  /** Aborts the request, and waits until the transport has released it. */
  readonly interrupt: () => Effect.Effect<void>
  /** Whether a pending pull of the body fails after `abort`. Otherwise the pull has to be interrupted. */
  readonly failsPulls: boolean
}

export interface Send {
  (outgoing: OutgoingRequest, fiber: Fiber.RuntimeFiber<unknown, unknown>, receiver: Receiver): Exchange
}

export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (chunks.length === 1) return chunks[0]!
  const all = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

/** The failure of a request that the client aborted. */
export const aborted = (): Failed => new Failed(new Error("The request was aborted"))

// -----------------------------------------------------------------------------
// content codings
// -----------------------------------------------------------------------------

/** The header of requests over a transport that decodes these. Over any other transport it is `identity`. */
export const acceptEncoding = "gzip, deflate, br"

const known = /^(?:identity|(?:(?:x-)?gzip|deflate|br|[\s,])*)$/i

/** Returns the codings of a body that are not known. */
export const unknownCodings = ({ "content-encoding": header = "" }: Headers.Headers): string =>
  known.test(header) ? "" : header

/** Browsers choose the codings themselves, and decode all of them. Node's fetch ignores an unknown coding. */
export const undecodedByFetch = (headers: Headers.Headers): string =>
  typeof process === "undefined" ? "" : unknownCodings(headers)

// -----------------------------------------------------------------------------
// transports with callbacks
// -----------------------------------------------------------------------------

/** The options of a client that concern its connections. */
export interface Options {
  /** Maximum number of concurrent requests. `Infinity`: unlimited. */
  readonly concurrency: number
  /** The timeout of an attempt, in milliseconds. */
  readonly timeout: number
}

const registered = new WeakMap<HttpClient.HttpClient, (options: Options) => Send>()

/** Registers the callbacks of a transport. An `HttpClient` that is derived from it has none. */
export const register = (
  httpClient: HttpClient.HttpClient,
  sendOf: (options: Options) => Send
): HttpClient.HttpClient => {
  registered.set(httpClient, sendOf)
  return httpClient
}

// -----------------------------------------------------------------------------
// other transports
// -----------------------------------------------------------------------------

/** The headers that hold a secret. By default the platform redacts the first only. */
const secretHeaders = ["authorization", "api-key", "openai-organization", "openai-project"]

/** Whether a request is redirected to another origin, and must not carry the client's secrets. */
export const hasNoCredentials = (headers: Readonly<Record<string, string>>): boolean =>
  !("authorization" in headers || "api-key" in headers)

/** A body for fetch, which may be one that fetch need not copy. */
export const forFetch = <A>(
  readable: A,
  body: HttpBody.HttpBody & { readonly withoutCopy?: (readable: A) => A }
): A => body.withoutCopy?.(readable) ?? readable

/** Requests that a transport has sent by fetch. */
const fetched = new WeakSet<HttpClientRequest.HttpClientRequest>()

/**
 * Sends by the fetch of a context, with the options of the client's layer. The client follows redirects itself, because only
 * it knows which headers a redirect may carry. A request without credentials has no headers of any options.
 */
const fetchOf = (
  request: HttpClientRequest.HttpClientRequest,
  { unsafeMap }: Context.Context<never>,
  options: RequestInit | undefined
): typeof fetch =>
(input, init) => {
  fetched.add(request)
  return (unsafeMap.get(FetchHttpClient.Fetch.key) as typeof fetch | undefined ?? fetch)(input, {
    ...options,
    ...init,
    body: forFetch(init?.body ?? null, request.body),
    headers: {
      ...(hasNoCredentials(request.headers)
        ? request.headers
        : { ...Headers.fromInput(options?.headers as Headers.Input), ...init?.headers }),
      "accept-encoding": acceptEncoding
    },
    redirect: "manual"
  })
}

/** `requestInit` was provided to the client's layer. */
const configure = (httpClient: HttpClient.HttpClient, requestInit: RequestInit | undefined) =>
  httpClient.pipe(
    // The client makes one span per operation. The transport's own span would have every header as an attribute.
    HttpClient.withTracerDisabledWhen(() => true),
    // Within the transport's context, so that services provided to the transport are kept.
    HttpClient.mapRequestEffect((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) =>
        Effect.as(
          FiberRef.set(
            FiberRef.currentContext,
            Context.add(context, FetchHttpClient.Fetch, fetchOf(request, context, requestInit))
          ),
          request
        )
      )
    ),
    // For each request: a FiberRef that is set when a layer is built does not always reach the fiber that sends.
    HttpClient.transformResponse((response) =>
      response.pipe(
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...secretHeaders]),
        // Restores the context that was replaced above.
        Effect.mapInputContext((context: Context.Context<never>) => context)
      )
    )
  )

type Response = HttpClientResponse.HttpClientResponse

/** Keeps the cause alone: the error holds the request and its headers. */
const failed = ({ _tag, cause }: HttpClientError.HttpClientError): Failed =>
  new Failed(cause, _tag === "ResponseError" || undefined)

const streamOf = (response: Response): Stream.Stream<Uint8Array, Failed> =>
  Stream.catchAll(response.stream, (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(failed(error)))

/** Reads at most `maxBytes` of a body. Returns whether that was all of it. */
const readUpTo = (response: Response, maxBytes: number, onChunk: (chunk: Uint8Array) => void) => {
  let size = 0
  return Effect.map(
    Stream.runForEachWhile(streamOf(response), (chunk) =>
      Effect.sync(() => {
        size += chunk.length
        onChunk(size <= maxBytes ? chunk : chunk.subarray(0, Math.max(0, maxBytes - size + chunk.length)))
        return size <= maxBytes
      })),
    () => size <= maxBytes
  )
}

/** Runs a transport in its own fiber, which `abort` interrupts. */
const sendInFiber = (client: HttpClient.HttpClient): Send => (outgoing, fiber, receiver) => {
  const { body, headers, method, origin, path } = outgoing
  const request = HttpClientRequest.make(method)(origin + path, {
    headers: { ...headers, "accept-encoding": "identity" },
    body
  })
  const chunks: Array<Uint8Array> = []
  let done: Parameters<Body["read"]>[1] | undefined
  let reading: Effect.Effect<End, Failed> | undefined
  let isAborted = false
  let unread: Response | undefined
  const run = Runtime.runFork(Timeout.runtimeOf(fiber))
  const child = run(Effect.exit(
    Effect.flatMap(Effect.mapError(client.execute(request), failed), (response) => {
      unread = response
      const { headers, status } = response
      // Other transports than fetch decode nothing.
      const undecoded = fetched.has(response.request)
        ? undecodedByFetch(headers)
        : headers["content-encoding"]?.replace(/^identity$/i, "") ?? ""
      receiver.onHead({ status, headers, undecoded }, {
        read: (maxBytes, whenDone) => {
          done = whenDone
          const length = contentLength(response.headers)
          reading = maxBytes === Infinity || (length !== undefined && length <= maxBytes)
            ? Effect.map(Effect.mapError(response.arrayBuffer, failed), (buffer): End => {
              chunks.push(new Uint8Array(buffer))
              return "complete"
            })
            : Effect.map(
              readUpTo(response, maxBytes, (chunk) => chunks.push(chunk)),
              (isComplete): End => isComplete ? "complete" : "truncated"
            )
        },
        pull: Stream.toPull(Stream.suspend(() => {
          unread = undefined
          return streamOf(response)
        }))
      })
      return reading ?? Effect.succeed<End>("complete")
    })
  ))
  child.addObserver((ended) => {
    const exit = Exit.flatten(ended)
    if (exit._tag === "Success") return done?.(concat(chunks), exit.value)
    const error = isAborted && Cause.isInterrupted(exit.cause)
      ? aborted()
      : Option.getOrUndefined(Cause.failureOption(exit.cause))
    if (error === undefined) receiver.onDefect(exit.cause as Cause.Cause<never>)
    else if (done !== undefined) done(concat(chunks), error)
    else receiver.onFailure(error)
  })
  const abort = () => {
    isAborted = true
    child.unsafeInterruptAsFork(fiber.id())
    // Only a body that is being read ends with its reader.
    if (unread !== undefined) run(Stream.runDrain(streamOf(unread))).unsafeInterruptAsFork(fiber.id())
  }
  return {
    abort,
    interrupt: () => {
      abort()
      return Effect.asVoid(Fiber.await(child))
    },
    failsPulls: false
  }
}

/** Returns how an `HttpClient` sends. */
export const make = (httpClient: HttpClient.HttpClient, options: Options): Effect.Effect<Send> =>
  Effect.map(
    Effect.serviceOption(FetchHttpClient.RequestInit),
    (requestInit) =>
      registered.get(httpClient)?.(options) ?? sendInFiber(configure(httpClient, Option.getOrUndefined(requestInit)))
  )
