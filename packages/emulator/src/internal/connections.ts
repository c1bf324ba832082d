import * as Cookies from "@effect/platform/Cookies"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
// Tests may replace the global one, which then waits for them.
import { setImmediate } from "node:timers"

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
  readonly end: (body: Uint8Array) => unknown
  readonly once: (event: "close", listener: () => void) => unknown
}

/**
 * Sends a buffered response by Node itself. The platform then finds it sent. It would suspend the fiber until Node says
 * so, and resume it, although most responses are written immediately. Returns undefined where that is not possible.
 */
export const sendNow = (
  request: HttpServerRequest.HttpServerRequest,
  { body, cookies, headers, status }: HttpServerResponse.HttpServerResponse
): Effect.Effect<void> | undefined => {
  if (body._tag !== "Uint8Array" || request.method === "HEAD" || !Cookies.isEmpty(cookies)) return undefined
  if (!Predicate.hasProperty(request, "response") || !Predicate.hasProperty(request.response, "writeHead")) {
    return undefined
  }
  const response = request.response as NodeResponse
  if (response.headersSent) return undefined
  response.writeHead(status, headers)
  response.end(body.body)
  return response.socket === null || response.socket.writableLength === 0
    ? Effect.void
    : Effect.async((resume) => {
      response.once("close", () => resume(Effect.void))
    })
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
