import { OpenAiError } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, DefaultServices, Effect, Layer, Schema, Tracer } from "effect"
import { createServer } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { apiKey } from "./utils.js"

const served = (options: Parameters<typeof NodeServer.createServer>[0] = {}) =>
  Emulator.layerHttp().pipe(
    Layer.provideMerge(
      NodeServer.layer({ host: "127.0.0.1", port: 0 }, () => NodeServer.createServer(options))
    )
  )

/** What comes back for some bytes, until the server closes the connection. */
const exchange = (text: string) =>
  HttpServer.addressWith((address) =>
    Effect.async<string>((resume) => {
      const socket = connect(address._tag === "TcpAddress" ? address.port : 0, "127.0.0.1", () => socket.write(text))
      let response = ""
      socket.on("data", (data) => {
        response += String(data)
      })
      socket.on("error", () => {})
      socket.on("close", () => resume(Effect.succeed(response)))
    })
  )

const decodeError = Schema.decodeUnknownSync(OpenAiError.ErrorResponse, { onExcessProperty: "error" })

/** The status of a response that has the documented envelope and nothing after it. */
const refusal = (response: string): number => {
  const [head, ...rest] = response.split("\r\n\r\n")
  const body = rest.join("\r\n\r\n").replace(/^[\da-f]+\r\n|\r\n0\r\n/g, "")
  decodeError(JSON.parse(body))
  assert.match(head!, /\r\nx-request-id: req_\w+/)
  assert.match(head!, /\r\nconnection: close/i)
  return Number(head!.split(" ")[1])
}

const chunked = `POST /v1/assistants HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${apiKey}\r\n` +
  "content-type: application/json\r\nopenai-beta: assistants=v1\r\ntransfer-encoding: chunked\r\n\r\n"

const head = (method: string, path: string, ...headers: ReadonlyArray<string>) =>
  [`${method} /v1${path} HTTP/1.1`, "host: localhost", `authorization: Bearer ${apiKey}`, ...headers, "\r\n"].join(
    "\r\n"
  )

describe("NodeServer", () => {
  const refuses = (title: string, status: number, text: string) =>
    it.scoped(`responds to ${title} with ${status}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(refusal(yield* exchange(text)), status)
      }).pipe(Effect.provide(served())))

  refuses("bytes that are not HTTP", 400, "nonsense\r\n\r\n")
  refuses("another protocol", 400, "\x16\x03\x01\x02\x00\x01\x00")
  refuses("another version of HTTP", 400, "GET / HTTP/9.9\r\n\r\n")
  refuses("an unknown method", 400, "FETCH /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n")
  refuses("a NUL in a header", 400, "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n")
  refuses(
    "two lengths",
    400,
    "POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
  )
  refuses(
    "a length that is not a number",
    400,
    "POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n"
  )
  refuses(
    "headers that are too large",
    431,
    `GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`
  )
  refuses("a path that is too long", 431, `GET /v1/${"x".repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  refuses("an expectation", 417, "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\n\r\n")
  refuses("a tunnel", 405, "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n")
  refuses("a chunk without a size", 400, `${chunked}zz\r\n`)
  refuses("chunks with endless extensions", 413, `${chunked}2;${"x".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`)

  it.scopedLive("responds to a request that does not arrive in time with 408", () =>
    Effect.gen(function*() {
      assert.strictEqual(refusal(yield* exchange("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n")), 408)
    }).pipe(Effect.provide(served({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 50 }))))

  describe.each([
    { name: "createServer", server: NodeServer.createServer },
    { name: "ignoreUpgrades", server: () => NodeServer.ignoreUpgrades(createServer()) }
  ])("$name", ({ server }) => {
    const layer = Emulator.layerHttp().pipe(
      Layer.provideMerge(NodeHttpServer.layer(server, { host: "127.0.0.1", port: 0 }))
    )
    const body = "{\"model\":\"gpt-4\"}"
    const json = ["content-type: application/json", "openai-beta: assistants=v1"]
    const h2c = ["connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"]
    const last = head("GET", "/models", "connection: close")

    const ignores = (title: string, text: string, count: number) =>
      it.scoped(`ignores ${title}`, () =>
        Effect.gen(function*() {
          const responses = yield* exchange(text)
          assert.lengthOf(responses.match(/HTTP\/1\.1 200 OK/g) ?? [], count)
          assert.lengthOf(responses.match(/HTTP\/1\.1 /g) ?? [], count)
        }).pipe(Effect.provide(layer)))

    const length = `content-length: ${body.length}`
    const offer = head("POST", "/assistants", ...json, length, ...h2c) + body
    ignores("an offer of HTTP/2, and continues with the next request", offer + last, 2)
    ignores(
      "an offer of HTTP/2 with a body in chunks",
      `${head("POST", "/assistants", ...json, "transfer-encoding: chunked", ...h2c)}11\r\n${body}\r\n0\r\n\r\n${last}`,
      2
    )
    ignores("an offer behind another request", head("GET", "/models") + offer + offer + last, 4)
    ignores(
      "an offer of a WebSocket",
      head("GET", "/models", "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13") + last,
      2
    )
  })

  it.scoped("serves others after a refusal", () =>
    Effect.gen(function*() {
      for (const nonsense of ["\r\n\r\n\0", "GET", "GET / HTTP/1.1\r\n\0\r\n\r\n"]) {
        yield* exchange(`${nonsense}\r\n\r\n`)
      }
      assert.match(yield* exchange(head("GET", "/models", "connection: close")), /^HTTP\/1\.1 200 /)
    }).pipe(Effect.provide(served())))
})

describe("createServer", () => {
  it.scopedLive("closes connections on which nothing was sent", () =>
    Effect.gen(function*() {
      const server = NodeServer.createServer()
      const silent = yield* Effect.scoped(Effect.gen(function*() {
        yield* Layer.build(NodeServer.layer({ host: "127.0.0.1", port: 0 }, () => server))
        const { port } = server.address() as AddressInfo
        return yield* Effect.async<Socket>((resume) => {
          // A busy server accepts a connection long after it is made.
          server.once("connection", () => resume(Effect.succeed(socket)))
          const socket = connect(port, "127.0.0.1")
        })
      }))
      // The server would wait for its end.
      assert.isFalse(server.listening)
      silent.destroy()
    }))
})

describe("NodeServer.layer", () => {
  const Server = NodeServer.layer({ host: "127.0.0.1", port: 0 })

  it.scoped("serves another app as the platform does", () =>
    Effect.gen(function*() {
      yield* HttpServer.serveEffect(
        Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => Effect.map(text, HttpServerResponse.text))
      )
      const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
      const response = yield* Effect.promise(() => fetch(url, { method: "POST", body: "Hi" }))
      assert.strictEqual(yield* Effect.promise(() => response.text()), "Hi")
    }).pipe(Effect.provide(Server)))

  it.scoped("makes spans where there is a tracer", () =>
    Effect.gen(function*() {
      const names: Array<string> = []
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, startTime, kind) => {
          names.push(name)
          return Context.get(DefaultServices.liveServices, Tracer.Tracer).span(
            name,
            parent,
            context,
            links,
            startTime,
            kind
          )
        }
      })
      const server = yield* Layer.build(
        Layer.provideMerge(Emulator.layerHttp(), Server).pipe(Layer.provide(Layer.setTracer(tracer)))
      )
      const url = yield* Effect.provide(Emulator.baseUrl, server)
      const { status } = yield* Effect.promise(() => fetch(`${url}/models`, { headers: { authorization: "Bearer x" } }))
      assert.strictEqual(status, 200)
      assert.include(names, "http.server GET")
    }))

  it.scoped("sends the head of a response to HEAD, and what a handler adds to a response", () =>
    Effect.gen(function*() {
      const server = yield* Layer.build(Layer.provideMerge(Emulator.layerHttp(), Server))
      const url = yield* Effect.provide(Emulator.baseUrl, server)
      const headers = {
        "authorization": "Bearer x",
        "openai-beta": "assistants=v1",
        "content-type": "application/json"
      }
      const head = yield* Effect.promise(() => fetch(`${url}/models`, { method: "HEAD", headers }))
      assert.strictEqual(head.status, 200)
      assert.strictEqual(yield* Effect.promise(() => head.text()), "")
      const post = (path: string, body: unknown) =>
        Effect.promise(async () =>
          (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json()
        )
      const { id: assistant_id } = yield* post("/assistants", { model: "gpt-4o" })
      const run = yield* post("/threads/runs", { assistant_id })
      const response = yield* Effect.promise(() => fetch(`${url}/threads/${run.thread_id}/runs/${run.id}`, { headers }))
      assert.strictEqual(response.headers.get("openai-poll-after-ms"), "0")
    }))
})
