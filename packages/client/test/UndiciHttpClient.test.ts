import { Assistants, Retry } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { Cookies, HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { execFileSync } from "node:child_process"
import type { Dispatcher } from "undici"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"
import * as Tracing from "./utils/tracer.js"

const live = Effect.provide(UndiciHttpClient.layer)

const get = (server: Server.TestServer, path = "/") => HttpClient.get(`${server.origin}${path}`)

const post = (server: Server.TestServer, body: HttpBody.HttpBody) =>
  HttpClient.execute(HttpClientRequest.post(server.origin).pipe(HttpClientRequest.setBody(body)))

describe("UndiciHttpClient", () => {
  // In a separate process, since other tests load undici.
  it("does not replace the dispatcher of Node's fetch", () => {
    const program = `
      import { Effect, Layer } from "effect"
      import * as UndiciHttpClient from ${JSON.stringify(new URL("../src/UndiciHttpClient.ts", import.meta.url).href)}
      await Effect.runPromise(Effect.scoped(Layer.build(UndiciHttpClient.layer)))
      const { Agent } = await import("undici")
      const dispatcher = globalThis[Symbol.for("undici.globalDispatcher.1")]
      console.log(dispatcher !== undefined, dispatcher instanceof Agent)
    `
    const output = execFileSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", program],
      { cwd: new URL("..", import.meta.url), encoding: "utf8" }
    )
    assert.strictEqual(output, "true false\n")
  })

  describe("requests", () => {
    it.scoped("the URL with its parameters, the method, the headers", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.text(""))
        yield* HttpClient.execute(
          HttpClientRequest.del(`${server.origin}/a?b=c`).pipe(
            HttpClientRequest.setUrlParam("d", "e f"),
            HttpClientRequest.setHash("g"),
            HttpClientRequest.setHeader("X-Custom", "h")
          )
        )
        const { headers, method, url } = server.requests[0]!
        assert.deepStrictEqual([method, url, headers["x-custom"]], ["DELETE", "/a?b=c&d=e+f", "h"])
      }).pipe(live))

    const form = new FormData()
    form.append("name", "value")
    for (
      const [name, body, expected] of [
        ["text", HttpBody.text("Grüße"), /^Grüße$/],
        ["bytes", HttpBody.uint8Array(Buffer.from("abc")), /^abc$/],
        ["raw text", HttpBody.raw("abc"), /^abc$/],
        ["a form", HttpBody.formData(form), /name="name"\r\n\r\nvalue\r\n/],
        ["a Stream", HttpBody.stream(Stream.make(Buffer.from("ab"), Buffer.from("c"))), /^abc$/],
        ["a Stream of known length", HttpBody.stream(Stream.make(Buffer.from("abc")), "text/plain", 3), /^abc$/],
        ["nothing", HttpBody.empty, /^$/]
      ] as const
    ) {
      it.scoped(`a body: ${name}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.text(""))
          yield* post(server, body)
          yield* Effect.promise(() => server.requests[0]!.whole)
          assert.match(server.requests[0]!.body().toString(), expected)
        }).pipe(live))
    }

    for (
      const [name, request] of [
        ["an invalid URL", HttpClientRequest.get("no url")],
        [
          "an invalid header",
          HttpClientRequest.get("http://127.0.0.1").pipe(HttpClientRequest.setHeader("a", "\n"))
        ]
      ] as const
    ) {
      it.effect(`not ${name}`, () =>
        Effect.gen(function*() {
          assert.strictEqual((yield* Effect.flip(HttpClient.execute(request)))._tag, "RequestError")
        }).pipe(live))
    }

    it.effect("fails with what a dispatcher throws", () =>
      Effect.gen(function*() {
        const broken = {
          dispatch: () => {
            throw new Error("closed")
          }
        } as unknown as Dispatcher // All that is called.
        const error = yield* Effect.flip(UndiciHttpClient.make(broken).get("http://127.0.0.1"))
        assert.deepInclude<object>(error, { _tag: "RequestError", reason: "Transport", cause: new Error("closed") })
      }))
  })

  describe("responses", () => {
    it.scoped("can be read in every way", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.text("\uFEFF{\"a\":\"é\"}", 201, { "set-cookie": "a=b", "X-Custom": "c" })
        )
        const response = yield* get(server)
        assert.strictEqual(response.status, 201)
        assert.strictEqual(response.headers["x-custom"], "c")
        assert.strictEqual(Option.getOrThrow(Cookies.getValue(response.cookies, "a")), "b")
        for (let i = 0; i < 2; i++) {
          assert.strictEqual(yield* response.text, "{\"a\":\"é\"}")
          assert.deepStrictEqual(yield* response.json, { a: "é" })
          assert.strictEqual((yield* response.arrayBuffer).byteLength, 13)
        }
        const pieces = Chunk.toReadonlyArray(yield* Stream.runCollect(response.stream))
        assert.strictEqual(Buffer.concat(pieces).length, 13)
      }).pipe(live))

    it.scoped("a form, and parameters", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.text("a=b", 200, { "content-type": "application/x-www-form-urlencoded" })
        )
        assert.strictEqual((yield* (yield* get(server)).formData).get("a"), "b")
        assert.deepStrictEqual(yield* (yield* get(server)).urlParamsBody, [["a", "b"]])
      }).pipe(live))

    it.scoped("skips an informational response", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.raw("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        )
        assert.strictEqual(yield* (yield* get(server)).text, "ok")
      }).pipe(live))

    it.scoped("is read with back-pressure", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.endless())
        const before = process.memoryUsage.rss()
        const response = yield* get(server)
        let turns = 0
        yield* Effect.async<void>((resume) => {
          const turn = () => void (++turns < 2000 ? setImmediate(turn) : resume(Effect.void))
          turn()
        })
        assert.isBelow(process.memoryUsage.rss() - before, 64_000_000)
        const read = yield* Stream.runFoldWhile(response.stream, 0, (size) =>
          size < 10_000_000, (size, piece) =>
          size + piece.length)
        assert.isAtLeast(read, 10_000_000)
        yield* server.deserted
      }).pipe(live))

    it.scoped("closes the connection of an interrupted reader", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("abc"))
        for (const [index, read] of (["text", "stream"] as const).entries()) {
          const response = yield* get(server)
          const fiber = yield* Effect.fork(read === "text" ? response.text : Stream.runDrain(response.stream))
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(fiber)
          yield* server.gone(index)
        }
      }).pipe(live))

    it.scoped("closes the connection of an unread body", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush("abc"))
        yield* get(server)
        yield* collectingGarbage(server.deserted)
      }).pipe(live))
  })

  describe("an outer timeout", () => {
    const get = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))
    const timedOut = (fiber: Fiber.Fiber<unknown, { readonly _tag: string }>) =>
      Effect.map(Effect.flip(Fiber.join(fiber)), ({ _tag }) => assert.strictEqual(_tag, "TimeoutError"))

    it.scoped("interrupts what wraps the transport", () =>
      Effect.gen(function*() {
        const stuck = Layer.map(UndiciHttpClient.layer, (context) =>
          HttpClient.HttpClient.context(
            HttpClient.mapRequestEffect(Context.get(context, HttpClient.HttpClient), () => Effect.never)
          ))
        // Undici is loaded before the time passes.
        const client = yield* Layer.build(Client.layer("http://fake", {}, stuck))
        const fiber = yield* get.pipe(Effect.provide(client), Effect.fork)
        yield* TestClock.adjust("10 minutes")
        yield* timedOut(fiber)
      }))

    it.scoped("follows no redirect after the timeout", () =>
      Effect.gen(function*() {
        const server = yield* Server.make([
          Server.head(307, { location: "/elsewhere" }),
          Server.body("a body without an end")
        ], Server.json(Models.assistant()))
        const fiber = yield* get.pipe(
          Effect.provide(Client.layer(server.origin, { timeout: "3 seconds" }, UndiciHttpClient.layer)),
          Effect.fork
        )
        yield* server.arrived(1)
        yield* TestClock.adjust("3 seconds")
        yield* timedOut(fiber)
        yield* server.gone(0)
        assert.strictEqual(server.requests.length, 1)
      }))
  })

  it.scoped("a request has a span where tracing is on, and else none", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text("abc"))
      const { spans, tracer } = Tracing.make()
      const read = Effect.flatMap(get(server, "/a"), ({ text }) => text)
      assert.strictEqual(yield* read.pipe(Effect.withTracer(tracer)), "abc")
      assert.strictEqual(spans.length, 1)
      assert.deepInclude(spans[0]!.attributes, { "url.path": "/a", "http.response.status_code": 200 })
      yield* read.pipe(Effect.withTracerEnabled(false), Effect.withTracer(tracer))
      assert.strictEqual(spans.length, 1)
    }).pipe(live))
})

/** Runs the garbage collector repeatedly until an effect ends. */
const collectingGarbage = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.promise(async () => {
    const { setFlagsFromString } = await import("node:v8")
    const { runInNewContext } = await import("node:vm")
    setFlagsFromString("--expose-gc")
    return runInNewContext("gc") as () => void
  }).pipe(
    Effect.flatMap((gc) =>
      Effect.raceFirst(
        effect,
        Effect.forever(Effect.async<void>((resume) => {
          gc()
          setImmediate(() => resume(Effect.void))
        }))
      )
    )
  )
