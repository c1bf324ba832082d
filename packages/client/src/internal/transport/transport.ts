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

// A call is one wait of its fiber, for whatever comes of it: between the sending of a request and the end of its answer
// everything is said by calling back. Each step of a fiber, and each fiber beside it, would cost more than is done in it.

/** What is sent, once. */
export interface OutgoingRequest {
  readonly method: HttpMethod.HttpMethod
  readonly origin: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpBody.HttpBody
}

/** What an answer begins with. */
export interface Head {
  readonly status: number
  readonly headers: Headers.Headers
}

/** What a transport says of its failure. It is not shown, for a fiber that fails is logged, and the cause may quote a key. */
export class Failed {
  readonly #cause: unknown

  /** `sent` is whether the server has seen the request, where that is known. */
  constructor(cause: unknown, readonly sent?: boolean) {
    this.#cause = cause
  }

  get cause(): unknown {
    return this.#cause
  }
}

/** How a body has ended: all of it is there, there is more than was wanted, or it broke off. */
export type End = "whole" | "beyond" | Failed

/** The next pieces of a body, or its end: none where it is whole. */
export type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<Failed>>

/** The body of an answer, to be read in one of two ways. */
export interface Body {
  /** Holds it, up to so many bytes, and hands over what has come by its end. What is beyond them is refused. */
  readonly read: (limit: number, done: (bytes: Uint8Array, end: End) => void) => void
  /** Hands it over as it comes, as a Stream is pulled. */
  readonly pull: Effect.Effect<Pull, never, Scope.Scope>
}

/** Is told what comes of a request: at first of either an answer or a failure, and then by who reads its body. */
export interface Receiver {
  /** Reads the body at once, or keeps it as a Stream. */
  readonly onHead: (head: Head, body: Body) => void
  readonly onFailure: (failed: Failed) => void
  /** The transport has a fault, or interrupts itself. */
  readonly onDefect: (cause: Cause.Cause<never>) => void
}

/** A request on its way, up to the end of its answer. */
export interface Exchange {
  /** Gives it up: what waits fails. */
  readonly abort: () => void
  /** The same, until nothing is left of it. */
  readonly interrupt: () => Effect.Effect<void>
  /** Whether the wait for pieces of a body fails when it is given up; else it has to be interrupted. */
  readonly failsPulls: boolean
}

export interface Send {
  (outgoing: OutgoingRequest, fiber: Fiber.RuntimeFiber<unknown, unknown>, receiver: Receiver): Exchange
}

/** The length that a body is known to have before it is read. One that is compressed has another. */
export const lengthOf = (headers: Headers.Headers): number | undefined => {
  const text = headers["content-length"]
  return text !== undefined && /^\d+$/.test(text) && headers["content-encoding"] === undefined &&
      headers["transfer-encoding"] === undefined
    ? Number(text)
    : undefined
}

export const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (pieces.length === 1) return pieces[0]!
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const piece of pieces) {
    all.set(piece, offset)
    offset += piece.length
  }
  return all
}

/** What becomes of a request that was given up. */
export const aborted = (): Failed => new Failed(new Error("The request was given up"))

// -----------------------------------------------------------------------------
// transports that call back
// -----------------------------------------------------------------------------

const direct = new WeakMap<HttpClient.HttpClient, Send>()

/** Makes a transport known as one that calls back; what is made of it by mapping does not. */
export const register = (httpClient: HttpClient.HttpClient, send: Send): HttpClient.HttpClient => {
  direct.set(httpClient, send)
  return httpClient
}

// -----------------------------------------------------------------------------
// all others
// -----------------------------------------------------------------------------

/** The headers that hold a secret; the platform redacts only the first by itself. */
const secretHeaders = ["authorization", "openai-organization", "openai-project"]

/**
 * How fetch is to be called. Only the client knows what a redirect may carry along, and no more than ours do the caller's
 * own headers go to a stranger.
 */
export const requestInitOf = (
  context: Context.Context<never>,
  outer: RequestInit | undefined,
  toStranger: boolean
): RequestInit => {
  const { headers, ...init } = { ...outer, ...context.unsafeMap.get(FetchHttpClient.RequestInit.key) }
  return { ...init, ...(headers === undefined || toStranger ? undefined : { headers }), redirect: "manual" }
}

/** Whether a request goes where none of the client's secrets may go. */
export const hasNoCredentials = (headers: Readonly<Record<string, string>>): boolean => !("authorization" in headers)

/** `requestInit` is what the client's layer was provided with. */
const prepared = (httpClient: HttpClient.HttpClient, requestInit: RequestInit | undefined) =>
  httpClient.pipe(
    // One span an operation is ours; the transport's own would list every header.
    HttpClient.withTracerDisabledWhen(() => true),
    // A request is mapped where the transport's own context is in force, so that what was provided to it is kept.
    HttpClient.mapRequestEffect((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) =>
        Effect.as(
          FiberRef.set(
            FiberRef.currentContext,
            Context.add(
              context,
              FetchHttpClient.RequestInit,
              requestInitOf(context, requestInit, hasNoCredentials(request.headers))
            )
          ),
          request
        )
      )
    ),
    // Set for each request: what is set when a layer is built does not always reach the fiber that sends.
    HttpClient.transformResponse((response) =>
      response.pipe(
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...secretHeaders]),
        // The context set above ends with the request.
        Effect.mapInputContext((context: Context.Context<never>) => context)
      )
    )
  )

type Response = HttpClientResponse.HttpClientResponse

/** Of a transport's error, which holds the request and its headers, no more is kept. */
const failed = ({ _tag, cause }: HttpClientError.HttpClientError): Failed =>
  new Failed(cause, _tag === "ResponseError" || undefined)

/** A body as it comes. */
const streamOf = (response: Response): Stream.Stream<Uint8Array, Failed> =>
  Stream.catchAll(response.stream, (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(failed(error)))

/** Takes a body piece by piece; it tells whether that was all. */
const takeUpTo = (response: Response, limit: number, take: (piece: Uint8Array) => void) => {
  let size = 0
  return Effect.map(
    Stream.runForEachWhile(streamOf(response), (piece) =>
      Effect.sync(() => {
        size += piece.length
        take(size <= limit ? piece : piece.subarray(0, Math.max(0, limit - size + piece.length)))
        return size <= limit
      })),
    () => size <= limit
  )
}

/** Runs a transport in a fiber of its own, which is interrupted where it is given up. */
const calling = (client: HttpClient.HttpClient): Send => (outgoing, fiber, receiver) => {
  const { body, headers, method, origin, path } = outgoing
  const request = HttpClientRequest.make(method)(origin + path, { headers, body })
  const pieces: Array<Uint8Array> = []
  let done: Parameters<Body["read"]>[1] | undefined
  let reading: Effect.Effect<End, Failed> | undefined
  let abandoned = false
  const child = Runtime.runFork(Timeout.runtimeOf(fiber))(Effect.exit(
    Effect.flatMap(Effect.mapError(client.execute(request), failed), (response) => {
      receiver.onHead(response, {
        read: (limit, whenDone) => {
          done = whenDone
          const length = lengthOf(response.headers)
          reading = limit === Infinity || (length !== undefined && length <= limit)
            ? Effect.map(Effect.mapError(response.arrayBuffer, failed), (buffer): End => {
              pieces.push(new Uint8Array(buffer))
              return "whole"
            })
            : Effect.map(
              takeUpTo(response, limit, (piece) => pieces.push(piece)),
              (isWhole): End => isWhole ? "whole" : "beyond"
            )
        },
        pull: Stream.toPull(streamOf(response))
      })
      return reading ?? Effect.succeed<End>("whole")
    })
  ))
  child.addObserver((ended) => {
    const exit = Exit.flatten(ended)
    if (exit._tag === "Success") return done?.(concat(pieces), exit.value)
    const error = abandoned && Cause.isInterrupted(exit.cause)
      ? aborted()
      : Option.getOrUndefined(Cause.failureOption(exit.cause))
    if (error === undefined) receiver.onDefect(exit.cause as Cause.Cause<never>)
    else if (done !== undefined) done(concat(pieces), error)
    else receiver.onFailure(error)
  })
  return {
    abort: () => {
      abandoned = true
      child.unsafeInterruptAsFork(fiber.id())
    },
    interrupt: () => {
      abandoned = true
      return Effect.asVoid(Fiber.interruptAs(child, fiber.id()))
    },
    failsPulls: false
  }
}

/** How a transport sends. */
export const make = (httpClient: HttpClient.HttpClient): Effect.Effect<Send> =>
  Effect.map(
    Effect.serviceOption(FetchHttpClient.RequestInit),
    (requestInit) => direct.get(httpClient) ?? calling(prepared(httpClient, Option.getOrUndefined(requestInit)))
  )
