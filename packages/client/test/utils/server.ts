import { Effect } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import type { AddressInfo, Socket } from "node:net"
import { gzipSync } from "node:zlib"

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

// -----------------------------------------------------------------------------
// scripts
// -----------------------------------------------------------------------------

type Bytes = string | Uint8Array

export type Headers = Readonly<Record<string, string>>

/** One thing that a server does to answer. */
export type Step =
  /** Status and headers leave. */
  | { readonly _tag: "Head"; readonly status: number; readonly headers: Headers }
  /** A piece of the body leaves, framed as the head says. */
  | { readonly _tag: "Body"; readonly bytes: Bytes }
  /** Bytes leave as they are, HTTP or not. */
  | { readonly _tag: "Raw"; readonly bytes: Bytes }
  /** The event loop turns once, so that what comes next leaves apart from what came before. */
  | { readonly _tag: "Turn" }
  /** Nothing is done until something has happened. */
  | { readonly _tag: "Until"; readonly promise: Promise<unknown> }
  /** The body goes on with the same piece as fast as it is read, until the connection is closed. */
  | { readonly _tag: "Forever"; readonly bytes: Bytes }
  /** The answer ends as its head says; the connection stays. */
  | { readonly _tag: "End" }
  /** The connection is closed in order. */
  | { readonly _tag: "Close" }
  /** The connection is reset. */
  | { readonly _tag: "Reset" }

/** How one request is answered. A script that ends without an end leaves the connection open, in silence. */
export type Script = ReadonlyArray<Step>

/** A script, or what makes one of a request. It runs when the request's body is whole, unless it is `early`. */
export type Reply = Script | { (request: Recorded): Script; readonly early?: true }

export const head = (status: number, headers: Headers = {}): Step => ({ _tag: "Head", status, headers })

export const body = (bytes: Bytes): Step => ({ _tag: "Body", bytes })

const turn: Step = { _tag: "Turn" }

export const until = (promise: Promise<unknown>): Step => ({ _tag: "Until", promise })

/** What a script can wait for. */
export const gate = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

export const forever = (bytes: Bytes): Step => ({ _tag: "Forever", bytes })

const end: Step = { _tag: "End" }

const perform = async (script: Script, response: Http.ServerResponse, socket: Socket): Promise<void> => {
  /** Waits for something, or until the connection is gone. */
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
        // What comes before a reset must have left, or the client may never see it.
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
  /** The requests in the order of their arrival. */
  readonly requests: ReadonlyArray<Recorded>
  /** How many connections were ever made. */
  readonly connections: () => number
  /** How many connections are open. */
  readonly open: () => number
  /** How many bytes have left on the connection of a request. */
  readonly written: (request: number) => number
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

/** A server on a free port of the loopback, which answers each request as it is told to. */
export const serve = (
  choose: (request: Recorded, index: number) => Reply,
  options: {
    /** Whether requests are kept to be looked at; true unless told. */
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
      // Test by test, what is still idle is closed at its end.
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

/** A server that has the first reply for the first request, and the last for all further ones. */
export const make = (...replies: readonly [Reply, ...ReadonlyArray<Reply>]) =>
  serve((_, index) => replies[Math.min(index, replies.length - 1)]!)

/** The address of a server that is gone: connections are refused. */
export const nowhere: Effect.Effect<string> = Effect.scoped(
  Effect.map(make([]), (server) => server.origin)
)

/** A server that takes connections and never says a word on them. */
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

/** A body in chunks, each in its own turn of the event loop. */
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

/** Closes the connection with a reset before anything is answered. */
export const reset: Script = [{ _tag: "Reset" }]

/** Never answers. */
export const stall: Script = []

type Then = "end" | "reset" | "stall"

const closing: Readonly<Record<Then, Script>> = { end: [{ _tag: "Close" }], reset, stall }

/** Writes bytes as they are on the connection, and then ends it, resets it, or leaves it open in silence. */
export const raw = (bytes: Bytes, then: Then = "end"): Script => [{ _tag: "Raw", bytes }, ...closing[then]]

/** A JSON answer that promises more bytes than it gives. */
export const cut = (then: Then, status = 200): Script =>
  raw(`HTTP/1.1 ${status} Whatever\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id":"asst`, then)

/** A JSON answer that gives more bytes than it promises. */
export const overlong = (content: unknown, promised: number): Script =>
  json(content, 200, { "content-length": String(promised) })

/** A whole answer after which the connection is reset. */
export const resetAfter = (content: unknown): Script => {
  const text = JSON.stringify(content)
  return raw(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    "reset"
  )
}

/** A compressed answer, or the first bytes of one: its frame is whole, what is in it is not. */
export const gzip = (content: unknown, kept = Infinity): Script => {
  const bytes = gzipSync(JSON.stringify(content))
  return text(bytes.subarray(0, Math.min(kept, bytes.length)), 200, {
    "content-type": "application/json",
    "content-encoding": "gzip"
  })
}

/** A body by single bytes, each in its own turn of the event loop. */
export const trickle = (content: string): Script => pieces(Array.from(Buffer.from(content), (byte) => Buffer.of(byte)))

/** A body that begins, and then says no more. */
export const hush = (beginning: string, status = 200): Script => [head(status), body(beginning)]

/** A body without an end, as fast as it is read. */
export const endless = (status = 200, piece: Bytes = Buffer.alloc(65_536, "x"), headers?: Headers): Script => [
  head(status, headers),
  forever(piece)
]

/** Makes a reply begin before the request's body is whole. */
export const early = (reply: (request: Recorded) => Script): Reply =>
  Object.assign((request: Recorded) => reply(request), { early: true } as const)
