import { Effect } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

/** A server of Node's on a free port of the loopback on the loopback with the handler given. Returns its base URL. */
export const upstream = (
  handle: (request: Http.IncomingMessage, response: Http.ServerResponse, body: Buffer) => void
) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => handle(request, response, Buffer.concat(chunks)))
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  )

/** The base URL of a server that is gone. */
export const nowhere = Effect.scoped(upstream(() => {}))
