import { Effect } from "effect"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"

/** A request as it arrived. */
interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  /** What has come of the body so far, of which only the first megabyte is kept. */
  readonly body: () => Buffer
  /** How many bytes of the body have come. */
  readonly size: () => number
  /** Settles when the body is whole. */
  readonly whole: Promise<void>
  /** Stops and resumes the reading of the body: back-pressure for the client. */
  readonly pause: () => void
  readonly resume: () => void
}

/** How one request is answered. It runs when the request's body is whole, unless it is `early`. */
export interface Reply {
  (response: Http.ServerResponse, request: Recorded): void | Promise<void>
  readonly early?: true
}

export interface TestServer {
  readonly origin: string
  /** The requests in the order of their arrival. */
  readonly requests: ReadonlyArray<Recorded>
  /** How many connections were ever made. */
  readonly connections: () => number
  /** Waits until so many requests have arrived. */
  readonly arrived: (count: number) => Effect.Effect<void>
  /**
   * Waits until every connection that carried a request is closed. After an abort, the fetch of Node 20 opens another one
   * for later and keeps it for some seconds; that is none of ours.
   */
  readonly deserted: Effect.Effect<void>
  /** Waits until the connection of a request is closed. */
  readonly gone: (request: number) => Effect.Effect<void>
}

/** A server on a free port of the loopback: the first reply for the first request, and the last for all further ones. */
export const make = (...replies: readonly [Reply, ...ReadonlyArray<Reply>]) =>
  Effect.acquireRelease(
    Effect.async<TestServer & { readonly close: Effect.Effect<void> }>((resume) => {
      const requests: Array<Recorded> = []
      const sockets = new Set<Socket>()
      const used = new Map<number, Socket>()
      let connections = 0
      let watchers: Array<() => void> = []
      const changed = () => {
        const all = watchers
        watchers = []
        for (const watch of all) watch()
      }
      const until = (condition: () => boolean) =>
        Effect.async<void>((resume) => {
          const watch = () => condition() ? resume(Effect.void) : void watchers.push(watch)
          watch()
        })

      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        let size = 0
        const recorded: Recorded = {
          method: request.method!,
          url: request.url!,
          headers: request.headers,
          body: () => Buffer.concat(chunks),
          size: () => size,
          whole: new Promise((resolve) => request.on("end", resolve)),
          pause: () => void request.pause(),
          resume: () => void request.resume()
        }
        request.on("data", (chunk: Buffer) => {
          size += chunk.length
          if (size <= 1_000_000) chunks.push(chunk)
        })
        request.on("error", () => {})
        response.on("error", () => {})
        const reply = replies[Math.min(requests.length, replies.length - 1)]!
        used.set(requests.push(recorded) - 1, request.socket)
        changed()
        if (reply.early) void reply(response, recorded)
        else void recorded.whole.then(() => reply(response, recorded))
      })
      server.on("connection", (socket) => {
        connections++
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          changed()
        })
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          requests,
          connections: () => connections,
          arrived: (count) => until(() => requests.length >= count),
          deserted: until(() => ![...used.values()].some((socket) => sockets.has(socket))),
          gone: (request) => until(() => !sockets.has(used.get(request)!)),
          close: Effect.async((resume) => {
            server.close(() => resume(Effect.void))
            for (const socket of sockets) socket.destroy()
          })
        })))
    }),
    (server) => server.close
  )

/** The address of a server that is gone: connections are refused. */
export const nowhere: Effect.Effect<string> = Effect.scoped(
  Effect.map(make(() => {}), (server) => server.origin)
)

// -----------------------------------------------------------------------------
// replies
// -----------------------------------------------------------------------------

export type Headers = Readonly<Record<string, string>>

export const text = (body: string | Buffer, status = 200, headers: Headers = {}): Reply => (response) => {
  response.writeHead(status, headers)
  response.end(body)
}

export const json = (body: unknown, status = 200, headers: Headers = {}): Reply =>
  text(JSON.stringify(body), status, { "content-type": "application/json", ...headers })

/** The documented error envelope. */
export const error = (status: number, headers?: Headers, fields?: object): Reply =>
  json(
    { error: { message: `said ${status}`, type: "test_error", param: null, code: null, ...fields } },
    status,
    headers
  )

export const redirect = (status: number, location: string): Reply => text("", status, { location })

/** Closes the connection with a reset before anything is answered. */
export const reset: Reply = (response) => void response.socket!.resetAndDestroy()

/** Never answers. */
export const stall: Reply = () => {}

/** Writes bytes as they are on the connection, and then ends it, resets it, or leaves it open in silence. */
export const raw = (bytes: string, then: "end" | "reset" | "stall" = "end"): Reply => (response) => {
  const socket = response.socket!
  // The pieces before a reset must have left, or the client may never see them.
  socket.write(
    bytes,
    () => then === "end" ? socket.end() : then === "reset" ? setImmediate(() => socket.resetAndDestroy()) : undefined
  )
}

/** A JSON answer that promises more bytes than it gives. */
export const cut = (then: "end" | "reset" | "stall", status = 200): Reply =>
  raw(`HTTP/1.1 ${status} Whatever\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id":"asst`, then)

/** A body by single bytes, each in its own turn of the event loop. */
export const trickle = (body: string): Reply => async (response) => {
  response.writeHead(200, { "content-type": "application/json" })
  for (const byte of Buffer.from(body)) {
    response.write(Buffer.of(byte))
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  response.end()
}

/** A body that begins, and then says no more. */
export const hush = (beginning: string, status = 200): Reply => (response) => {
  response.writeHead(status)
  response.write(beginning)
}

/** A body without an end, as fast as it is read. */
export const endless = (status = 200): Reply => (response) => {
  response.writeHead(status)
  const chunk = Buffer.alloc(65_536, "x")
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on("drain", write)
  write()
}

/** Makes a reply begin before the request's body is whole. */
export const early = (reply: Reply): Reply =>
  Object.assign((...args: Parameters<Reply>) => reply(...args), { early: true } as const)
