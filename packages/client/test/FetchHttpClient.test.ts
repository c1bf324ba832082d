import { Assistants, ChatCompletions, FetchHttpClient, Files, type OpenAiClient, Retry } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { FileSource, type OpenAiError } from "@effect-openai/core"
import { FetchHttpClient as Platform, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Stream, TestClock } from "effect"
import * as Client from "./utils/client.js"
import { collector } from "./utils/gc.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"
import * as Tracing from "./utils/tracer.js"

/** A client over a custom fetch, which ignores the signal. */
const over = (fetch: () => Response | undefined, options = {}) =>
  Client.layer(
    "http://fake",
    options,
    FetchHttpClient.layer.pipe(
      Layer.provide(
        Layer.succeed(Platform.Fetch, () => {
          const response = fetch()
          return response === undefined ? new Promise(() => {}) : Promise.resolve(response)
        })
      )
    )
  )

const endless = () => new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) })

const get = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))

const chat = ChatCompletions.create.stream({ model: "gpt-4", messages: [{ role: "user", content: "Hi" }] })

type Run = Effect.Effect<
  unknown,
  OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError,
  OpenAiClient.OpenAiClient
>

describe("FetchHttpClient", () => {
  it.scoped("works as the platform's HttpClient", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text("abc"))
      const response = yield* HttpClient.get(server.origin)
      assert.strictEqual(yield* response.text, "abc")
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  const cases: ReadonlyArray<readonly [name: string, run: Run, fetch: () => Response | undefined]> = [
    ["a response", get, () => undefined],
    ["the end of a response", get, () => new Response(endless())],
    ["the end of one of known length", get, () => new Response(endless(), { headers: { "content-length": "9" } })],
    ["the rest of an error", get, () => new Response(endless(), { status: 500 })],
    ["an event", Stream.runDrain(chat), () => new Response(endless())]
  ]
  for (const [name, run, fetch] of cases) {
    it.effect(`times out while it waits for ${name}, even if fetch ignores the signal`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(run, over(fetch))))
        yield* Client.turn
        yield* TestClock.adjust("10 minutes")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, name === "the rest of an error" ? "InternalServerError" : "TimeoutError")
      }))

    it.effect(`is interrupted while it waits for ${name}`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.provide(run, over(fetch)))
        yield* Client.turn
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      }))
  }

  it.effect("fails with what fetch throws", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        get,
        over(() => {
          throw new TypeError("no such thing")
        })
      ))
      assert.deepInclude<object>(error, { _tag: "TransportError", message: "no such thing" })
    }))

  it.effect("reads a form before it is sent, in a browser", () =>
    Effect.gen(function*() {
      const bodies: Array<unknown> = []
      const upload = Files.upload({ file: FileSource.fromBytes("a.txt", "twelve pages"), purpose: "assistants" })
      const send = upload.pipe(Effect.provide(Client.layer(
        "http://fake",
        {},
        Layer.provide(
          FetchHttpClient.layer,
          Layer.succeed(Platform.Fetch, (_, init) => {
            bodies.push(init?.body)
            return Promise.resolve(Response.json(Models.file()))
          })
        )
      )))
      yield* send
      yield* Effect.acquireUseRelease(
        Effect.sync(() => Reflect.set(globalThis, "document", {})),
        () => send,
        () => Effect.sync(() => Reflect.deleteProperty(globalThis, "document"))
      )
      const [stream, blob] = bodies
      assert.instanceOf(stream, ReadableStream)
      assert.instanceOf(blob, Blob)
      assert.include(yield* Effect.promise(() => blob.text()), "\r\n\r\ntwelve pages\r\n--")
    }))

  it.effect("returns no bytes for a response without a body", () =>
    Effect.gen(function*() {
      const bytes = yield* Stream.runCollect(Files.content.stream({ file_id: "file-1" }))
      assert.strictEqual(bytes.length, 0)
    }).pipe(Effect.provide(over(() => new Response(null)))))
})

describe.each([["FetchHttpClient", FetchHttpClient.layer], ["UndiciHttpClient", UndiciHttpClient.layer]])(
  "%s",
  (_, transport) => {
    it.scoped("reports defects of callbacks", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.json(Models.assistant()))
        const { spans, tracer } = Tracing.make()
        const broken = Object.assign(Object.create(tracer) as typeof tracer, {
          span: (...args: Parameters<typeof tracer.span>) =>
            Object.assign(tracer.span(...args), {
              attribute: () => {
                throw new Error("a broken tracer")
              }
            })
        })
        const exit = yield* get.pipe(
          Effect.provide(Client.layer(server.origin, {}, transport)),
          Effect.withTracer(broken),
          Effect.exit
        )
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "a broken tracer")
        assert.strictEqual(spans.length, 1)
      }))
  }
)

describe.each([["client", FetchHttpClient.layer], ["platform", Platform.layer]])(
  "files over the FetchHttpClient of the %s",
  (_, transport) => {
    const chunkBytes = 64 * 1024
    const chunks = 64

    it.scoped("are not kept in memory", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.json(Models.file()))
        const collect = yield* collector
        const sent: Array<WeakRef<Uint8Array>> = []
        let kept = Infinity
        const content = Stream.mapEffect(Stream.range(1, chunks), (index) =>
          Effect.promise(async () => {
            // The referents of WeakRefs are released after the next turn.
            await new Promise((resolve) => setImmediate(resolve))
            if (index === chunks) {
              collect()
              kept = sent.filter((chunk) => chunk.deref() !== undefined).length
            }
            const chunk = new Uint8Array(chunkBytes)
            sent.push(new WeakRef(chunk))
            return chunk
          }))
        const file = FileSource.fromStream("large.bin", content, { size: chunks * chunkBytes, replayable: true })
        yield* Effect.provide(Files.upload({ file, purpose: "assistants" }), Client.layer(server.origin, {}, transport))
        assert.isBelow(kept, chunks / 2)
      }))

    it.effect("are read again for a copy of a request", () =>
      Effect.gen(function*() {
        const bodies: Array<string> = []
        const copying = Layer.succeed(Platform.Fetch, async (input: RequestInfo | URL, init?: RequestInit) => {
          const request = new Request(input, init)
          bodies.push(await request.clone().text(), await request.text())
          return Response.json(Models.file())
        })
        const content = Stream.make(new TextEncoder().encode("to be"), new TextEncoder().encode(" read"))
        const file = FileSource.fromStream("a.txt", content, { size: 10, replayable: true })
        yield* Effect.provide(
          Files.upload({ file, purpose: "assistants" }),
          Client.layer("http://fake", {}, transport.pipe(Layer.provide(copying)))
        )
        assert.include(bodies[0]!, "to be read")
        assert.strictEqual(bodies[1], bodies[0])
      }))
  }
)
