import { Effect } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import type { AddressInfo, Socket } from "node:net"
import { gzipSync } from "node:zlib"

/** A received request. */
interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  /** The received part of the body, at most 1 MB. */
  readonly body: () => Buffer
  /** How many bytes of the body were received. */
  readonly size: () => number
  /** Resolves at the end of the body. */
  readonly whole: Promise<void>
  /** Pauses and resumes reading the body: back-pressure for the client. */
  readonly pause: () => void
  readonly resume: () => void
}

// -----------------------------------------------------------------------------
// scripts
// -----------------------------------------------------------------------------

type Bytes = string | Uint8Array

export type Headers = Readonly<Record<string, string>>

/** One step of a response. */
export type Step =
  /** Sends status and headers. */
  | { readonly _tag: "Head"; readonly status: number; readonly headers: Headers }
  /** Sends a chunk of the body, in the encoding of the headers. */
  | { readonly _tag: "Body"; readonly bytes: Bytes }
  /** Sends bytes unchanged, whether or not they are HTTP. */
  | { readonly _tag: "Raw"; readonly bytes: Bytes }
  /** Waits for a turn of the event loop, so that the next chunk is sent separately. */
  | { readonly _tag: "Turn" }
  /** Waits for a promise. */
  | { readonly _tag: "Until"; readonly promise: Promise<unknown> }
  /** Sends the same chunk as fast as it is read, until the connection is closed. */
  | { readonly _tag: "Forever"; readonly bytes: Bytes }
  /** Ends the response, and keeps the connection open. */
  | { readonly _tag: "End" }
  /** Closes the connection. */
  | { readonly _tag: "Close" }
  /** Resets the connection. */
  | { readonly _tag: "Reset" }

/** The response to one request. Without a last step that ends it, the connection stays open and idle. */
export type Script = ReadonlyArray<Step>

/** A script, or a function that makes one of a request. It runs at the end of the request's body, unless it is `early`. */
export type Reply = Script | { (request: Recorded): Script; readonly early?: true }

export const head = (status: number, headers: Headers = {}): Step => ({ _tag: "Head", status, headers })

export const body = (bytes: Bytes): Step => ({ _tag: "Body", bytes })

const turn: Step = { _tag: "Turn" }

export const until = (promise: Promise<unknown>): Step => ({ _tag: "Until", promise })

/** A promise that a script can wait for. */
export const gate = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

export const forever = (bytes: Bytes): Step => ({ _tag: "Forever", bytes })

export const end: Step = { _tag: "End" }

const perform = async (script: Script, response: Http.ServerResponse, socket: Socket): Promise<void> => {
  /** Waits for a callback, or until the connection is closed. */
  const unlessGone = (wait: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      const done = () => {
        socket.off("close", done)
        resolve()
      }
      socket.once("close", done)
      wait(done)
    })
  for (const step of script) {
    if (socket.destroyed) return
    switch (step._tag) {
      case "Head": {
        response.writeHead(step.status, step.headers)
        response.flushHeaders()
        break
      }
      case "Body": {
        response.write(step.bytes)
        break
      }
      case "Raw": {
        // Bytes before a reset must be sent first, or the client may never receive them.
        await unlessGone((done) => void socket.write(step.bytes, done))
        break
      }
      case "Turn": {
        await new Promise<void>((resolve) => setImmediate(resolve))
        break
      }
      case "Until": {
        await unlessGone((done) => void step.promise.then(done))
        break
      }
      case "Forever": {
        while (!socket.destroyed) {
          if (!response.write(step.bytes)) await unlessGone((done) => void response.once("drain", done))
        }
        return
      }
      case "End": {
        response.end()
        break
      }
      case "Close": {
        socket.end()
        break
      }
      case "Reset": {
        await new Promise<void>((resolve) => setImmediate(resolve))
        socket.resetAndDestroy()
        break
      }
    }
  }
}

// -----------------------------------------------------------------------------
// the server
// -----------------------------------------------------------------------------

export interface TestServer {
  readonly origin: string
  /** The requests, in the order in which they were received. */
  readonly requests: ReadonlyArray<Recorded>
  /** How many connections were opened so far. */
  readonly connections: () => number
  /** How many connections are open. */
  readonly open: () => number
  /** How many bytes were sent on the connection of a request. */
  readonly written: (request: number) => number
  /** Waits until a number of requests were received. */
  readonly arrived: (count: number) => Effect.Effect<void>
  /**
   * Waits until every connection that carried a request is closed. After an abort, the fetch of Node 20 opens another one
   * for later and keeps it for some seconds. It does not count.
   */
  readonly deserted: Effect.Effect<void>
  /** Waits until the connection of a request is closed. */
  readonly gone: (request: number) => Effect.Effect<void>
}

/** A server on a free port of the loopback interface, with a reply for each request. */
export const serve = (
  choose: (request: Recorded, index: number) => Reply,
  options: {
    /** Default: true. Whether requests are recorded. */
    readonly keep?: boolean
  } = {}
) =>
  Effect.acquireRelease(
    Effect.async<TestServer & { readonly close: Effect.Effect<void> }>((resume) => {
      const requests: Array<Recorded> = []
      const sockets = new Set<Socket>()
      const used = new Map<number, Socket>()
      let arrived = 0
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
        const index = arrived++
        if (options.keep !== false) {
          requests.push(recorded)
          used.set(index, request.socket)
        }
        changed()
        const reply = choose(recorded, index)
        const script = () => typeof reply === "function" ? reply(recorded) : reply
        const answer = () => perform(script(), response, request.socket)
        if (typeof reply === "function" && reply.early) void answer()
        else void recorded.whole.then(answer)
      })
      // Idle connections are closed at the end of each test.
      server.keepAliveTimeout = 60_000
      server.on("connection", (socket) => {
        connections++
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          changed()
        })
      })
      server.listen(0, "127.0.0.1", 4096, () =>
        resume(Effect.succeed({
          origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          requests,
          connections: () => connections,
          open: () => sockets.size,
          written: (request) => used.get(request)!.bytesWritten,
          arrived: (count) => until(() => arrived >= count),
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

/** A server with a reply for each request. The last one is repeated. */
export const make = (...replies: readonly [Reply, ...ReadonlyArray<Reply>]) =>
  serve((_, index) => replies[Math.min(index, replies.length - 1)]!)

/** The address of a closed server: connections are refused. */
export const nowhere: Effect.Effect<string> = Effect.scoped(
  Effect.map(make([]), (server) => server.origin)
)

/** A server that accepts connections and never writes. */
export const speechless = Effect.acquireRelease(
  Effect.async<{ readonly origin: string; readonly connected: Effect.Effect<void>; readonly close: () => void }>(
    (resume) => {
      const sockets = new Set<Socket>()
      const connected = gate()
      const server = Net.createServer((socket) => {
        sockets.add(socket.on("error", () => {}))
        connected.open()
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          connected: Effect.promise(() => connected.opened),
          close: () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          }
        })))
    }
  ),
  ({ close }) => Effect.sync(close)
)

// -----------------------------------------------------------------------------
// replies
// -----------------------------------------------------------------------------

export const text = (content: string | Buffer, status = 200, headers: Headers = {}): Script => [
  head(status, { "content-length": String(Buffer.byteLength(content)), ...headers }),
  body(content),
  end
]

export const json = (content: unknown, status = 200, headers: Headers = {}): Script =>
  text(JSON.stringify(content), status, { "content-type": "application/json", ...headers })

/** A body in chunks, with a turn of the event loop after each. */
export const pieces = (
  all: ReadonlyArray<Bytes>,
  headers: Headers = { "content-type": "application/json" },
  status = 200
): Script => [head(status, headers), ...all.flatMap((bytes) => [body(bytes), turn]), end]

/** The documented error envelope. */
export const error = (status: number, headers?: Headers, fields?: object): Script =>
  json(
    { error: { message: `said ${status}`, type: "test_error", param: null, code: null, ...fields } },
    status,
    headers
  )

export const redirect = (status: number, location: string): Script => text("", status, { location })

/** Resets the connection before the response. */
export const reset: Script = [{ _tag: "Reset" }]

/** Never responds. */
export const stall: Script = []

type Then = "end" | "reset" | "stall"

const closing: Readonly<Record<Then, Script>> = { end: [{ _tag: "Close" }], reset, stall }

/** Sends bytes unchanged, and then closes or resets the connection, or leaves it open and idle. */
export const raw = (bytes: Bytes, then: Then = "end"): Script => [{ _tag: "Raw", bytes }, ...closing[then]]

/** A JSON response with fewer bytes than its content-length. */
export const cut = (then: Then, status = 200): Script =>
  raw(`HTTP/1.1 ${status} Whatever\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id":"asst`, then)

/** A JSON response with more bytes than its content-length. */
export const overlong = (content: unknown, promised: number): Script =>
  json(content, 200, { "content-length": String(promised) })

/** A complete response, and then a reset. */
export const resetAfter = (content: unknown): Script => {
  const text = JSON.stringify(content)
  return raw(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    "reset"
  )
}

/** A compressed response, or its first bytes with the content-length of these. */
export const gzip = (content: unknown, kept = Infinity): Script => {
  const bytes = gzipSync(JSON.stringify(content))
  return text(bytes.subarray(0, Math.min(kept, bytes.length)), 200, {
    "content-type": "application/json",
    "content-encoding": "gzip"
  })
}

/** A body in chunks of one byte, with a turn of the event loop after each. */
export const trickle = (content: string): Script => pieces(Array.from(Buffer.from(content), (byte) => Buffer.of(byte)))

/** A body that begins, and then is idle. */
export const hush = (beginning: string, status = 200): Script => [head(status), body(beginning)]

/** An endless body, as fast as it is read. */
export const endless = (status = 200, piece: Bytes = Buffer.alloc(65_536, "x"), headers?: Headers): Script => [
  head(status, headers),
  forever(piece)
]

/** Makes a reply begin before the end of the request's body. */
export const early = (reply: (request: Recorded) => Script): Reply =>
  Object.assign((request: Recorded) => reply(request), { early: true } as const)
