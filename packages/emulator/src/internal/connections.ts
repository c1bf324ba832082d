import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
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

/** What breaks the connection of a request without a socket. */
const breakers = new WeakMap<object, () => void>()

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
      breakers.set(request, () => {
        const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
        reject(new TypeError("fetch failed", { cause }))
      })
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
