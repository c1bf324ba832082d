import { ChatCompletions, ChatStream, Files, type OpenAiClient, Retry } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Stream } from "effect"
import * as Zlib from "node:zlib"
import { transports } from "./behaviours/transports.js"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Server from "./utils/server.js"

const { chunk, done, event } = Conversation

const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }
const file = { file_id: "file-1" }

const events = event(chunk({ content: "数" })) + event(chunk({ content: "学" })) + done
const completion = JSON.stringify(Conversation.completion({ content: "数学" }))

interface CallError {
  readonly _tag: string
  readonly message: string
}

/** The calls, each with the body of its response. All of them return the same text. */
const calls: ReadonlyArray<
  readonly [
    name: string,
    body: string,
    call: Effect.Effect<unknown, CallError, OpenAiClient.OpenAiClient>
  ]
> = [
  ["JSON", completion, Effect.map(ChatCompletions.create(chat), ({ choices }) => choices[0]?.message.content)],
  [
    "events",
    events,
    Effect.map(ChatStream.final(ChatCompletions.create.stream(chat)), ({ choices }) => choices[0]?.content)
  ],
  ["a download", "数学", Effect.map(Files.content(file), (bytes) => new TextDecoder().decode(bytes))],
  [
    "a streamed download",
    "数学",
    Stream.mkString(Stream.decodeText(Files.content.stream(file)))
  ]
]

const codings: ReadonlyArray<readonly [header: string, encode: (body: Uint8Array) => Uint8Array]> = [
  ["gzip", (body) => Zlib.gzipSync(body)],
  ["x-gzip", (body) => Zlib.gzipSync(body)],
  ["GZIP", (body) => Zlib.gzipSync(body)],
  ["deflate", (body) => Zlib.deflateSync(body)],
  ["deflate", (body) => Zlib.deflateRawSync(body)],
  ["br", (body) => Zlib.brotliCompressSync(body)],
  ["gzip, br", (body) => Zlib.brotliCompressSync(Zlib.gzipSync(body))]
]

const includes = (error: object | undefined, expected: object) => assert.deepInclude<object>(error ?? {}, expected)

const coded = (header: string, body: Uint8Array, status = 200) =>
  Server.text(Buffer.from(body), status, { "content-encoding": header })

/** A body of zeros without an end, a thousandth of its size: a member of gzip, repeated. */
const bomb = (status = 200) =>
  Server.endless(status, Zlib.gzipSync(Buffer.alloc(1 << 20)), { "content-encoding": "gzip" })

/** Transports that do not decode. They ask for no coding, and another one is an error. */
const plain = ["Undici", "node:http"]

for (const { layer: transport, name } of transports) {
  describe(`Encodings over ${name}`, () => {
    const decodes = !plain.includes(name)

    const outcome = <A, E extends CallError>(
      call: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
      reply: Server.Script,
      options?: Partial<OpenAiClient.Options>
    ) =>
      Effect.gen(function*() {
        const server = yield* Server.make(reply)
        const result = yield* call.pipe(
          Retry.none,
          Effect.either,
          Effect.provide(Client.layer(server.origin, options, yield* transport))
        )
        return {
          accepted: server.requests[0]!.headers["accept-encoding"],
          value: Either.getOrUndefined(result),
          error: Either.isLeft(result) ? result.left : undefined
        }
      })

    it.scoped("asks for what it decodes, and decodes it", () =>
      Effect.gen(function*() {
        for (const [coding, encode] of codings) {
          for (const [what, body, call] of calls) {
            const { accepted, error, value } = yield* outcome(call, coded(coding, encode(Buffer.from(body))))
            assert.strictEqual(accepted, decodes ? "gzip, deflate, br" : "identity")
            if (decodes) assert.strictEqual(value, "数学", `${what} in ${coding}: ${error}`)
            else includes(error, { _tag: "InvalidResponseError", status: 200, field: "" })
          }
        }
      }))

    it.scoped("a body that is not encoded", () =>
      Effect.gen(function*() {
        for (const header of ["identity", "Identity", ""]) {
          for (const [, body, call] of calls) {
            assert.strictEqual((yield* outcome(call, coded(header, Buffer.from(body)))).value, "数学")
          }
        }
      }))

    it.scoped("an unknown coding is an error", () =>
      Effect.gen(function*() {
        for (const [, body, call] of calls) {
          const { error } = yield* outcome(call, coded("gzip, zstd", Buffer.from(body)))
          includes(error, {
            _tag: "InvalidResponseError",
            message: "The transport does not decode the content coding gzip, zstd"
          })
        }
      }))

    it.scoped("a body that is not in its coding is an error", () =>
      Effect.gen(function*() {
        for (const coding of ["gzip", "br"]) {
          for (const [, body, call] of calls) {
            const { error, value } = yield* outcome(call, coded(coding, Buffer.from(body)))
            assert.isUndefined(value)
            assert.include(["TransportError", "StreamInterruptedError", "InvalidResponseError"], error?._tag)
          }
        }
      }))

    it.scoped("a body that ends within its coding is not a success", () =>
      Effect.gen(function*() {
        for (const [what, body, call] of calls) {
          // Node's fetch ignores the early end: a download is then as long as what was received.
          if (what.includes("download") && name.includes("Fetch")) continue
          for (const [coding, encode] of codings) {
            const whole = encode(Buffer.from(body))
            const { value } = yield* outcome(call, coded(coding, whole.subarray(0, whole.length / 2)))
            assert.isUndefined(value, `${what} in ${coding}`)
          }
        }
      }))

    if (decodes) {
      it.scoped("an event is emitted before the end of the body", () =>
        Effect.gen(function*() {
          const begun = Zlib.gzipSync(event(chunk({ content: "数" })), { finishFlush: Zlib.constants.Z_SYNC_FLUSH })
          const first = Stream.runCollect(Stream.take(ChatStream.text(ChatCompletions.create.stream(chat)), 1))
          const { value } = yield* outcome(first, [
            Server.head(200, { "content-encoding": "gzip" }),
            Server.body(begun)
          ])
          assert.deepStrictEqual([...value!], ["数"])
        }))
    }

    it.scoped("what precedes a break of the connection is decoded", () =>
      Effect.gen(function*() {
        const begun = Zlib.gzipSync(event(chunk({ content: "数" })), { finishFlush: Zlib.constants.Z_SYNC_FLUSH })
        const texts: Array<string> = []
        // The connection breaks after the client has decoded the event: fetch drops what was not read.
        const received = yield* Deferred.make<void>()
        if (!decodes) yield* Deferred.succeed(received, undefined)
        const { error } = yield* outcome(
          Stream.runForEach(ChatStream.text(ChatCompletions.create.stream(chat)), (text) =>
            Effect.suspend(() => {
              texts.push(text)
              return Deferred.succeed(received, undefined)
            })),
          [
            Server.head(200, { "content-encoding": "gzip" }),
            Server.body(begun),
            { _tag: "Until", promise: Effect.runPromise(Deferred.await(received)) },
            { _tag: "Close" }
          ]
        )
        assert.strictEqual(error?._tag, decodes ? "StreamInterruptedError" : "InvalidResponseError")
        if (decodes) {
          assert.deepStrictEqual(texts, ["数"])
        }
      }))

    it.scoped("the status of an error decides, whether its body is decoded or not", () =>
      Effect.gen(function*() {
        const body = Zlib.gzipSync(JSON.stringify({ error: { message: "Slow down" } }))
        for (const [, , call] of calls) {
          includes((yield* outcome(call, coded("gzip", body, 429))).error, {
            _tag: "RateLimitError",
            message: decodes ? "Slow down" : "The server responded with status 429"
          })
        }
      }))

    it.scoped("maxBodyBytes counts decoded bytes", () =>
      Effect.gen(function*() {
        const options = { maxBodyBytes: 100_000 }
        for (const [what, , call] of calls) {
          if (what === "a streamed download") continue
          const { error } = yield* outcome(call, bomb(), options)
          assert.strictEqual(error?._tag, "InvalidResponseError")
          if (decodes) assert.match(error?.message ?? "", /is larger than 100000 bytes/)
        }
        for (const [, , call] of calls) {
          assert.strictEqual((yield* outcome(call, bomb(500), options)).error?._tag, "InternalServerError")
        }
        const { error, value } = yield* outcome(
          Stream.runHead(Files.content.stream(file)),
          bomb(),
          options
        )
        assert.strictEqual(error?._tag, decodes ? undefined : "InvalidResponseError")
        if (decodes) assert.isDefined(value)
      }))
  })
}
