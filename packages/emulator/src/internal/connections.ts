import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
// Tests may replace the global one, which then waits for them.
import { setImmediate } from "node:timers"
import { concat } from "./bytes.js"
import { forEachChunk } from "./streams.js"

// What a request came by is the platform's own: Node's `IncomingMessage` with its socket, or a web `Request`.

interface Socket {
  readonly destroyed: boolean
  readonly write: (text: string, onWritten: () => void) => unknown
  readonly destroy: () => unknown
  readonly resetAndDestroy?: () => unknown
}

const socketOf = (request: HttpServerRequest.HttpServerRequest): Socket | undefined => {
  const { source } = request
  return Predicate.hasProperty(source, "socket") && Predicate.hasProperty(source.socket, "destroy")
    ? source.socket as Socket
    : undefined
}

interface NodeResponse {
  readonly headersSent: boolean
  readonly socket: { readonly writableLength: number } | null
  readonly writeHead: (status: number, headers: Readonly<Record<string, string>>) => unknown
  readonly write: (bytes: Uint8Array) => boolean
  readonly end: (body?: Uint8Array) => unknown
  readonly once: (event: "close" | "drain", listener: () => void) => unknown
  readonly off: (event: "drain", listener: () => void) => unknown
}

/** How the body of a response ended. */
type Ended = (exit: Exit.Exit<void, unknown>) => Effect.Effect<void>

const sendBytes = (response: NodeResponse, bytes: Uint8Array | undefined): Effect.Effect<void> => {
  response.end(bytes)
  return response.socket === null || response.socket.writableLength === 0
    ? Effect.void
    : Effect.async((resume) => {
      response.once("close", () => resume(Effect.void))
    })
}

const nothing = new Uint8Array()

const write = (response: NodeResponse, bytes: Uint8Array): Effect.Effect<void> =>
  response.write(bytes) ? Effect.void : Effect.async((resume) => {
    const onDrain = () => resume(Effect.void)
    response.once("drain", onDrain)
    return Effect.sync(() => response.off("drain", onDrain))
  })

/** Writes the body of a response whose head is written, as it comes. */
const writeStream = (
  response: NodeResponse,
  stream: Stream.Stream<Uint8Array, unknown>,
  ended: Ended
): Effect.Effect<void> => {
  // Node sends the headers with what follows in this turn of the event loop, and otherwise alone.
  response.write(nothing)
  return Effect.matchCauseEffect(
    // What is there together is written together.
    Effect.interruptible(
      forEachChunk(
        stream,
        (chunk) => write(response, chunk.length === 1 ? Chunk.unsafeHead(chunk) : concat([...chunk]))
      )
    ),
    {
      onSuccess: () => Effect.suspend(() => ended(Exit.void)),
      onFailure: (cause) => Effect.zipRight(ended(Exit.failCause(cause)), Effect.failCause(cause as Cause.Cause<never>))
    }
  ).pipe(Effect.ensuring(Effect.sync(() => response.end())))
}

/**
 * Sends a response by Node itself. The platform then finds it sent. It would suspend the fiber until Node says that a body
 * is written, and resume it, although most are written immediately; and it runs a stream through several channels. Returns
 * undefined where that is not possible. `added` are further headers, and `ended` is called when a stream has ended.
 */
export const sendNow = (
  request: HttpServerRequest.HttpServerRequest,
  { body, headers, status }: HttpServerResponse.HttpServerResponse,
  added: Readonly<Record<string, string>>,
  ended: Ended
): Effect.Effect<void> | undefined => {
  if (body._tag === "Raw" || body._tag === "FormData") return undefined
  if (!Predicate.hasProperty(request, "response") || !Predicate.hasProperty(request.response, "writeHead")) {
    return undefined
  }
  const response = request.response as NodeResponse
  if (response.headersSent) return Effect.void
  response.writeHead(status, { ...headers, ...added })
  if (request.method === "HEAD" || body._tag === "Empty") return sendBytes(response, undefined)
  return body._tag === "Stream" ? writeStream(response, body.stream, ended) : sendBytes(response, body.body)
}

/** What breaks the connection of a request without a socket. */
const breakers = new WeakMap<object, () => void>()

/** The failure of `fetch` where a connection breaks. */
const broken = () =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) })

/** Sets what happens where the connection of a request without a socket breaks. */
export const onReset = (source: object, fail: (cause: unknown) => void): void => {
  breakers.set(source, () => fail(broken()))
}

/**
 * How many requests are handled before timers have their turn. Until then the runtime keeps what weak references refer to,
 * and each web `Request` has one.
 */
const withoutTurn = 100

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A handler whose requests can be cut off: the caller's promise then fails, as `fetch` does. */
export const breakable = (handler: (request: Request) => Promise<Response>) => {
  let count = 0
  return (request: Request): Promise<Response> =>
    new Promise((resolve, reject) => {
      onReset(request, reject)
      const response = ++count % withoutTurn === 0 ? turn().then(() => handler(request)) : handler(request)
      response.then(resolve, reject)
    })
}

/** Breaks the connection immediately, without a response. */
export const reset = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void> =>
  Effect.sync(() => {
    const socket = socketOf(request)
    if (socket === undefined) breakers.get(request.source as object)?.()
    else if (socket.resetAndDestroy === undefined) socket.destroy()
    else socket.resetAndDestroy()
  })

/**
 * Ends the connection once everything written so far is out, so that an incomplete response does not look
 * complete. Without a socket the failure of the body says so.
 */
export const sever = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void> =>
  Effect.async((resume) => {
    const socket = socketOf(request)
    if (socket === undefined || socket.destroyed) return resume(Effect.void)
    socket.write("", () => {
      socket.destroy()
      resume(Effect.void)
    })
  })
