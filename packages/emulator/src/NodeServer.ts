/**
 * Node's HTTP server as the emulator wants it: what Node refuses before anybody else gets to see it is answered as the
 * API answers too.
 *
 * @since 0.1.0
 */
import { ServerError } from "@effect-openai/core/Api"
import { randomBytes } from "node:crypto"
import * as Http from "node:http"
import type { Duplex } from "node:stream"

// -----------------------------------------------------------------------------
// refusals
// -----------------------------------------------------------------------------

const refusals: Readonly<Record<string, ServerError>> = {
  HPE_HEADER_OVERFLOW: new ServerError({ status: 431, message: "The request's headers are too large." }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new ServerError({
    status: 413,
    message: "The request's chunk extensions are too large."
  }),
  ERR_HTTP_REQUEST_TIMEOUT: new ServerError({ status: 408, message: "The request did not come in time." })
}

const malformed = new ServerError({ status: 400, message: "The request is not well-formed HTTP." })

const notHttp = new ServerError({ status: 405, message: "This server is no proxy." })

const unexpected = new ServerError({ status: 417, message: "The request's header 'Expect' can't be met." })

const headersOf = () => ({
  "content-type": "application/json",
  "connection": "close",
  "x-request-id": `req_${randomBytes(12).toString("hex")}`,
  "openai-processing-ms": "0"
})

/** Writes an answer where Node has made no response to write it by, and closes the connection. */
const refuse = (socket: Duplex, error: ServerError): void => {
  const body = JSON.stringify(error.envelope)
  const headers = { ...headersOf(), "content-length": Buffer.byteLength(body), "date": new Date().toUTCString() }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  socket.end(
    `HTTP/1.1 ${error.status} ${Http.STATUS_CODES[error.status]}\r\n${lines}\r\n${body}`,
    () => socket.destroy()
  )
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Makes a server in the place of `node:http`'s own `createServer`. What is not well-formed HTTP is answered with 400,
 * headers above Node's limit of 16 KB with 431, a request that does not come in time with 408, `CONNECT` with 405, and an
 * `Expect` that can't be met with 417: each with the documented envelope and a request ID, whereupon the connection is
 * closed. A request without `Host` is taken.
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
  const answering = new WeakMap<Duplex, Http.ServerResponse>()
  return Http.createServer({ requireHostHeader: false, ...options })
    .on("request", ({ socket }, response) => {
      answering.set(socket, response)
    })
    .on("checkExpectation", (_, response) => {
      response.writeHead(unexpected.status, headersOf()).end(JSON.stringify(unexpected.envelope))
    })
    .on("connect", (_, socket) => {
      socket.on("error", () => socket.destroy())
      refuse(socket, notHttp)
    })
    .on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const response = answering.get(socket)
      // Half of another answer is out: nothing more can be said.
      const isTaken = response !== undefined && response.headersSent && !response.writableFinished
      if (!socket.writable || isTaken || error.code === "ECONNRESET") socket.destroy()
      else refuse(socket, refusals[error.code ?? ""] ?? malformed)
    })
}
