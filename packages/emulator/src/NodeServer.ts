/**
 * Node's HTTP server for the emulator. It responds with the API's envelope where Node itself refuses a request, and ignores
 * offers to upgrade the connection.
 *
 * @since 0.1.0
 */
import { ServerError } from "@effect-openai/core/Api"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import * as Http from "node:http"
import type { ListenOptions, Socket } from "node:net"
import type { Duplex } from "node:stream"
// Tests may replace the global one, which then waits for them.
import { setImmediate } from "node:timers"
import { withDirect } from "./internal/nodeServer.js"

// -----------------------------------------------------------------------------
// refusals
// -----------------------------------------------------------------------------

const refusals: Readonly<Record<string, ServerError>> = {
  HPE_HEADER_OVERFLOW: new ServerError({ status: 431, message: "The request's headers are too large." }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new ServerError({
    status: 413,
    message: "The request's chunk extensions are too large."
  }),
  ERR_HTTP_REQUEST_TIMEOUT: new ServerError({ status: 408, message: "The request did not arrive in time." })
}

const malformed = new ServerError({ status: 400, message: "The request is not well-formed HTTP." })

const notHttp = new ServerError({ status: 405, message: "This server is not a proxy." })

const unexpected = new ServerError({ status: 417, message: "The request's header 'Expect' can't be met." })

const headersOf = () => ({
  "content-type": "application/json",
  "connection": "close",
  "x-request-id": `req_${randomBytes(12).toString("hex")}`,
  "openai-processing-ms": "0"
})

/** Writes a response to a socket, where Node has made no `ServerResponse`, and closes the connection. */
const refuse = (socket: Duplex, error: ServerError): void => {
  const body = JSON.stringify(error.envelope)
  const headers = { ...headersOf(), "content-length": Buffer.byteLength(body), "date": new Date().toUTCString() }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  socket.end(
    `HTTP/1.1 ${error.status} ${Http.STATUS_CODES[error.status]}\r\n${lines}\r\n${body}`,
    () => socket.destroy()
  )
}

/** The request line and the headers, without the offer to upgrade. */
const headOf = ({ httpVersion, method, rawHeaders, url }: Http.IncomingMessage): string => {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    const value = /^connection$/i.test(name)
      ? rawHeaders[index + 1]!.split(",").filter((option) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(option)).join(
        ","
      )
      : rawHeaders[index + 1]!
    if (!/^(?:upgrade|http2-settings)$/i.test(name) && value !== "") head += `${name}: ${value}\r\n`
  }
  return `${head}\r\n`
}

/** Node's defaults let a connection without a request stay for 90 seconds: 60, and up to 30 until the next check. */
const defaults: Http.ServerOptions = {
  requireHostHeader: false,
  headersTimeout: 15_000,
  connectionsCheckingInterval: 5000
}

/**
 * Closes connections on which nothing was sent. Node waits for them as for a request in progress, and no longer has a limit
 * of time then. Browsers and `fetch` open connections in advance.
 */
class Server extends Http.Server {
  readonly #connections = new Set<Socket>()

  constructor(options: Http.ServerOptions) {
    super(options)
    this.on("connection", (socket) => {
      this.#connections.add(socket)
      socket.once("close", () => this.#connections.delete(socket))
    })
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback)
    // What has already arrived is read first.
    setImmediate(() => {
      for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy()
    })
    return this
  }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Makes a server ignore offers to upgrade the connection (`Upgrade: h2c`, WebSockets): it handles the request as HTTP/1.1
 * and keeps the connection. Java's HTTP client and `curl --http2` make such an offer with their first request. Without
 * this, `NodeHttpServer` takes the offer, and the body is lost.
 *
 * @example
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { createServer } from "node:http"
 *
 * const Server = NodeHttpServer.layer(() => NodeServer.ignoreUpgrades(createServer()), { port: 8080 })
 *
 * @since 0.1.0
 * @category combinators
 */
export const ignoreUpgrades = (server: Http.Server): Http.Server => {
  const latest = new WeakMap<Duplex, Http.ServerResponse>()
  const onUpgrade = (request: Http.IncomingMessage, socket: Duplex, head: Buffer) => {
    const readAgain = () => {
      // Without a listener Node would drop what stands behind the request in the same packet.
      socket.unshift(Buffer.concat([Buffer.from(headOf(request), "latin1"), head]))
      server.emit("connection", socket)
    }
    const before = latest.get(socket)
    if (before === undefined || before.writableFinished) readAgain()
    else before.once("finish", readAgain)
  }
  return server
    .on("request", ({ socket }, response) => {
      latest.set(socket, response)
    })
    .on("upgrade", onUpgrade)
    .on("newListener", (event, listener: () => void) => {
      if (event === "upgrade") queueMicrotask(() => server.off("upgrade", listener))
    })
}

/**
 * Makes a server. Use it instead of `createServer` of `node:http`.
 *
 * It ignores offers to upgrade. Its `close` does not wait for connections on which nothing was sent, as those that browsers
 * and `fetch` open in advance. The emulator checks the header `Host`, not the server. It refuses with the documented envelope
 * and a request ID, and then closes the connection:
 *
 * - 400: the request is not well-formed HTTP
 * - 405: the method is `CONNECT`
 * - 408: the headers do not arrive within 15 seconds, or the request within 5 minutes; checked every 5 seconds
 * - 413: the chunk extensions are too large
 * - 417: the header `Expect` has a value that can't be met
 * - 431: the headers are above Node's limit of 16 KB
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Layer } from "effect"
 *
 * const Served = Emulator.layerHttp().pipe(
 *   Layer.provideMerge(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 8080 }))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const createServer = (options: Http.ServerOptions = {}): Http.Server => {
  const responding = new WeakMap<Duplex, Http.ServerResponse>()
  return ignoreUpgrades(new Server({ ...defaults, ...options }))
    .on("request", ({ socket }, response) => {
      responding.set(socket, response)
    })
    .on("checkExpectation", (_, response) => {
      response.writeHead(unexpected.status, headersOf()).end(JSON.stringify(unexpected.envelope))
    })
    .on("connect", (_, socket) => {
      socket.on("error", () => socket.destroy())
      refuse(socket, notHttp)
    })
    .on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const response = responding.get(socket)
      // A part of another response is sent: nothing can follow it.
      const isTaken = response !== undefined && response.headersSent && !response.writableFinished
      if (!socket.writable || isTaken || error.code === "ECONNRESET") socket.destroy()
      else refuse(socket, refusals[error.code ?? ""] ?? malformed)
    })
}

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * The server on which the emulator is served, made by `createServer`. It serves any other app as `NodeHttpServer` does, and
 * the emulator with a fifth less CPU, unless there is a tracer or a profile. `evaluate` makes the server; default:
 * `createServer` without options. Fails with `ServeError` if it can't listen.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { Layer } from "effect"
 *
 * const Served = Emulator.layerHttp().pipe(
 *   Layer.provideMerge(NodeServer.layer({ host: "127.0.0.1", port: 8080 }))
 * )
 *
 * @since 3.0.0
 * @category layers
 */
export const layer = (
  options: ListenOptions,
  evaluate: () => Http.Server = createServer
): Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> =>
  Layer.scoped(
    HttpServer.HttpServer,
    Effect.suspend(() => {
      const server = evaluate()
      return Effect.map(NodeHttpServer.make(() => server, options), (platform) => withDirect(platform, server))
    })
  )
