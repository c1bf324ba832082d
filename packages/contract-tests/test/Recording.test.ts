import {
  Assistants,
  ChatCompletions,
  Files,
  Messages,
  Models,
  OpenAiClient,
  Runs,
  Threads
} from "@effect-openai/client"
import { Fixture, Replay } from "@effect-openai/contract-tests"
import { FileSource } from "@effect-openai/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Redacted, Stream } from "effect"
import * as Http from "node:http"
import * as Zlib from "node:zlib"
import { apiKey, client, emulator, fixturesOf, record, temporaryDirectory } from "./utils/session.js"
import { nowhere, upstream } from "./utils/upstream.js"

/** A session with a bit of everything: JSON, events, forms, bytes, pages, the same request again and again, an error. */
const session = Effect.gen(function*() {
  const bytes = new Uint8Array([0, 255, 254, 128, 10])
  const binary = yield* Files.upload({ file: FileSource.fromBytes("data.bin", bytes), purpose: "assistants" })
  const text = yield* Files.upload({
    file: FileSource.fromBytes("handbook.md", new TextEncoder().encode("# Repairs\r\nThey take a wéek.\n")),
    purpose: "assistants"
  })
  const downloaded = [...yield* Files.content({ file_id: binary.id }), ...yield* Files.content({ file_id: text.id })]
  const assistant = yield* Assistants.create({ model: "gpt-4-turbo", name: "Ada", file_ids: [text.id] })
  const { id: thread_id } = yield* Threads.create()
  yield* Messages.create({ thread_id, role: "user", content: "How long does a répair take?" })
  const events = yield* Stream.runCollect(Runs.create.stream({ thread_id, assistant_id: assistant.id }))
  const run = yield* Runs.createAndPoll({ thread_id, assistant_id: assistant.id })
  const messages = yield* Stream.runCollect(Messages.list.items({ thread_id, limit: 1, order: "asc" }))
  const chat = yield* Stream.runCollect(
    ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Write a poem." }] })
  )
  yield* Files.delete({ file_id: binary.id })
  const error = yield* Effect.flip(Files.retrieve({ file_id: binary.id }))
  return {
    downloaded,
    assistant,
    events: Chunk.toReadonlyArray(events),
    run,
    messages: Chunk.toReadonlyArray(messages),
    chat: Chunk.toReadonlyArray(chat),
    error: { ...error }
  }
})

/** What plain HTTP responses, undecoded. */
const send = (url: string, options: Http.RequestOptions = {}, body = "") =>
  Effect.async<{ readonly status: number; readonly headers: Http.IncomingHttpHeaders; readonly body: Buffer }, Error>(
    (resume) => {
      const request = Http.request(url, { agent: false, ...options }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", (error) => resume(Effect.fail(error)))
        response.on("end", () =>
          resume(Effect.succeed({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(chunks)
          })))
      })
      request.on("error", (error) => resume(Effect.fail(error)))
      request.end(body)
    }
  )

describe("Recording", () => {
  it.live("records a session that replays without a network, with the same results", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const { outcomes, value } = yield* record(
        { upstream: yield* emulator, directory },
        (baseUrl) => Effect.provide(session, client(baseUrl))
      )
      assert.deepStrictEqual(outcomes.filter(({ _tag }) => _tag !== "Written"), [])
      const fixtures = yield* Effect.provide(Fixture.readDirectory(directory), NodeContext.layer)
      assert.sameDeepMembers([...fixtures], [...fixturesOf(outcomes)])
      assert.isAtLeast(fixtures.filter(({ operationId }) => operationId === "getRun").length, 2)

      const replayed = yield* Effect.gen(function*() {
        const again = yield* session
        yield* (yield* Replay.Replay).verify
        return again
      }).pipe(Effect.provide(Layer.provideMerge(
        OpenAiClient.layer({ apiKey: Redacted.make(Fixture.placeholder) }),
        Replay.layer(fixtures)
      )))
      assert.deepStrictEqual(replayed, value)
    }).pipe(Effect.scoped))

  it.live("ignores an offer of HTTP/2, and records the request with its body", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const body = JSON.stringify({ model: "gpt-4-turbo", name: "Ada" })
      const { outcomes, value } = yield* record({ upstream: yield* emulator, directory }, (baseUrl) =>
        send(`${baseUrl}/assistants`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${apiKey}`,
            "content-type": "application/json",
            "openai-beta": "assistants=v1",
            connection: "Upgrade, HTTP2-Settings",
            upgrade: "h2c",
            "http2-settings": "AAMAAABkAAQAAP__"
          }
        }, body))
      assert.deepInclude(JSON.parse(value.body.toString()), { object: "assistant", name: "Ada" })
      assert.strictEqual(value.status, 200)
      const [fixture] = fixturesOf(outcomes)
      assert.deepInclude(fixture, { operationId: "createAssistant" })
      assert.include(JSON.stringify(fixture), "Ada")
    }).pipe(Effect.scoped))

  it.live("forwards each event immediately, and records its time", () =>
    Effect.gen(function*() {
      let proceed = () => {}
      const baseUrl = yield* upstream((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.flushHeaders()
        const event = (content: string) =>
          `data: ${
            JSON.stringify({
              id: "chatcmpl-1",
              object: "chat.completion.chunk",
              created: 1,
              model: "gpt-4o",
              choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }]
            })
          }\n\n`
        // Each piece leaves when the client has the one before it.
        const pieces = [event("one"), event("two").slice(0, 20), `${event("two").slice(20)}data: [DO`, "NE]\n\n"]
        proceed = () => {
          const piece = pieces.shift()
          if (piece === undefined) response.end()
          else response.write(piece)
        }
      })
      const { outcomes, value } = yield* record(
        { upstream: baseUrl, directory: yield* temporaryDirectory },
        (baseUrl) =>
          Effect.async<ReadonlyArray<string>>((resume) => {
            const request = Http.request(
              `${baseUrl}/chat/completions`,
              { method: "POST", agent: false },
              (response) => {
                const chunks: Array<string> = []
                // The headers are here, and of the body there is nothing yet.
                proceed()
                response.on("data", (chunk: Buffer) => {
                  chunks.push(String(chunk))
                  proceed()
                })
                response.on("end", () => resume(Effect.succeed(chunks)))
              }
            )
            request.end(JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], stream: true }))
          })
      )
      assert.lengthOf(value, 4)
      const [fixture] = fixturesOf(outcomes)
      const { body, chunks } = Fixture.answer(fixture!)
      assert.deepStrictEqual(chunks?.map(({ length }) => length), value.map(({ length }) => length))
      assert.isTrue(chunks?.every(({ at }, index) => at >= (chunks[index - 1]?.at ?? 0)))
      assert.strictEqual(new TextDecoder().decode(Fixture.bytes(body)), value.join(""))
      assert.propertyVal(body, "done", true)
      assert.strictEqual(fixture?.verdict.kind, "exact")
    }).pipe(Effect.scoped))

  describe("returns compressed responses unchanged, and records them decompressed", () => {
    const model = { id: "gpt-4o", object: "model", created: 1, owned_by: "openai" }
    const bytes = Buffer.from(JSON.stringify(model))
    const encodings = {
      gzip: Zlib.gzipSync(bytes),
      deflate: Zlib.deflateSync(bytes),
      br: Zlib.brotliCompressSync(bytes)
    }

    it.live.each(Object.entries(encodings))("%s", ([encoding, encoded]) =>
      Effect.gen(function*() {
        const accepted: Array<string | undefined> = []
        const baseUrl = yield* upstream(({ headers }, response) => {
          accepted.push(String(headers["accept-encoding"]))
          response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding })
          response.end(encoded)
        })
        const { outcomes, value } = yield* record(
          { upstream: baseUrl, directory: yield* temporaryDirectory },
          (baseUrl) => send(`${baseUrl}/models/gpt-4o`, { headers: { "accept-encoding": `zstd, ${encoding};q=0.5` } })
        )
        assert.deepStrictEqual(accepted.map((text) => text?.trim()), [`${encoding};q=0.5`])
        assert.strictEqual(value.headers["content-encoding"], encoding)
        assert.deepStrictEqual(value.body, encoded)
        const [fixture] = fixturesOf(outcomes)
        assert.deepStrictEqual(Fixture.answer(fixture!).body, { json: model })
        assert.deepStrictEqual(fixture?.verdict.repairs, [`decompressed from ${encoding}`])
      }).pipe(Effect.scoped))

    it.live("decodes deflate without a header, in chunks of any size", () =>
      Effect.gen(function*() {
        const encoded = Zlib.deflateRawSync(bytes)
        const baseUrl = yield* upstream((_, response) => {
          response.writeHead(200, { "content-type": "application/json", "content-encoding": "deflate" })
          response.write(encoded.subarray(0, 5), () => response.end(encoded.subarray(5)))
        })
        const { outcomes } = yield* record(
          { upstream: baseUrl, directory: yield* temporaryDirectory },
          (baseUrl) => send(`${baseUrl}/models/gpt-4o`)
        )
        assert.deepStrictEqual(Fixture.answer(fixturesOf(outcomes)[0]!).body, { json: model })
      }).pipe(Effect.scoped))
  })

  describe("secrets", () => {
    const organization = "org-0123456789abcdef"
    const secrets = [apiKey, organization]

    /** All that was written of a session. */
    const written = (text: string, type = "application/json", body: unknown = { metadata: {} }) =>
      Effect.gen(function*() {
        const baseUrl = yield* upstream((_, response) => {
          response.writeHead(200, {
            "content-type": type,
            "openai-organization": organization,
            "x-request-id": `req_${apiKey}`,
            "set-cookie": "session=0123456789abcdef"
          })
          response.end(text)
        })
        const { outcomes, value } = yield* record(
          { upstream: baseUrl, directory: yield* temporaryDirectory },
          (baseUrl) =>
            send(`${baseUrl}/threads/${apiKey}/runs`, {
              method: "POST",
              headers: {
                authorization: `Bearer ${apiKey}`,
                "openai-organization": organization,
                "openai-beta": "assistants=v1",
                cookie: "session=0123456789abcdef"
              }
            }, JSON.stringify(body))
        )
        // The client sees everything.
        assert.strictEqual(String(value.body), text)
        assert.strictEqual(value.headers["openai-organization"], organization)
        return outcomes
      }).pipe(Effect.scoped)

    it.live("are replaced by placeholders everywhere", () =>
      Effect.gen(function*() {
        const other = "sk-proj-another-key-0123456789"
        const outcomes = yield* written(
          JSON.stringify({ [apiKey]: apiKey, text: `(${other})`, told: `Bearer ${"x".repeat(40)}`, organization }),
          undefined,
          { assistant_id: apiKey, instructions: `My key is ${other}, in ${organization}.` }
        )
        const text = JSON.stringify(outcomes)
        for (const secret of [...secrets, other, "x".repeat(40), "0123456789abcdef"]) assert.notInclude(text, secret)
        const [fixture] = fixturesOf(outcomes)
        assert.deepStrictEqual(Fixture.request(fixture!), {
          method: "POST",
          path: "/threads/$OPENAI_API_KEY/runs",
          query: [],
          headers: {
            authorization: "Bearer $OPENAI_API_KEY",
            "openai-beta": "assistants=v1",
            "openai-organization": "$OPENAI_ORG_ID"
          },
          body: { json: { assistant_id: "$OPENAI_API_KEY", instructions: "My key is <redacted>, in $OPENAI_ORG_ID." } }
        })
        assert.deepStrictEqual(Fixture.answer(fixture!), {
          status: 200,
          contentType: "application/json",
          headers: { "x-request-id": "req_$OPENAI_API_KEY" },
          body: {
            json: {
              $OPENAI_API_KEY: "$OPENAI_API_KEY",
              text: "(<redacted>)",
              told: "Bearer <redacted>",
              organization: "$OPENAI_ORG_ID"
            }
          }
        })
      }))

    it.live("are masked completely", () =>
      Effect.gen(function*() {
        const [fixture] = fixturesOf(
          yield* written(JSON.stringify({ error: { message: "Incorrect API key provided: sk-ab****wxyz. Look." } }))
        )
        assert.deepStrictEqual(Fixture.answer(fixture!).body, {
          json: { error: { message: "Incorrect API key provided: <redacted>. Look." } }
        })
      }))

    it.live("are refused if deltas split them", () =>
      Effect.gen(function*() {
        const deltas = apiKey.match(/.{1,7}/g)!.map((value) =>
          `event: thread.message.delta\ndata: ${JSON.stringify({ delta: { content: [{ text: { value } }] } })}\n\n`
        )
        const outcomes = yield* written(`${deltas.join("")}event: done\ndata: [DONE]\n\n`, "text/event-stream")
        assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["Refused"])
        assert.match(JSON.stringify(outcomes), /events\.\d+\.data\.delta\.content\.0\.text\.value looks like a key/)
        assert.notInclude(JSON.stringify(outcomes), apiKey)
      }))

    it.live("move the boundaries of their chunks", () =>
      Effect.gen(function*() {
        const [fixture] = fixturesOf(yield* written(`data: {"key":"${apiKey}"}\n\n`, "text/event-stream"))
        const { body, chunks } = Fixture.answer(fixture!)
        assert.deepStrictEqual(body, { events: [{ data: { key: "$OPENAI_API_KEY" } }], done: false })
        assert.strictEqual(chunks!.reduce((sum, { length }) => sum + length, 0), Fixture.bytes(body).length)
      }))
  })

  describe("what is not a fixture", () => {
    const outcomesOf = (
      use: (baseUrl: string) => Effect.Effect<unknown, unknown>,
      response: Parameters<typeof upstream>[0] = (_, response) => void response.end("{}"),
      options?: { readonly maxBodyBytes: number }
    ) =>
      Effect.gen(function*() {
        const directory = yield* temporaryDirectory
        const { outcomes } = yield* record({ upstream: yield* upstream(response), directory, ...options }, (baseUrl) =>
          Effect.ignore(use(baseUrl)))
        return outcomes
      }).pipe(Effect.scoped)

    it.live("a request that is not in the contract", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* outcomesOf((baseUrl) => send(`${baseUrl}/images?size=1`)), [
          { _tag: "Passed", request: "GET /images", because: "it is not a request of the contract" }
        ])
      }))

    it.live("a body that is too large", () =>
      Effect.gen(function*() {
        const outcomes = yield* outcomesOf(
          (baseUrl) => send(`${baseUrl}/models`),
          (_, response) => void response.end("x".repeat(2000)),
          { maxBodyBytes: 1000 }
        )
        assert.propertyVal(outcomes[0], "because", "a body is larger than 1000 bytes")
      }))

    it.live("a body that is too large when decompressed", () =>
      Effect.gen(function*() {
        const outcomes = yield* outcomesOf(
          (baseUrl) => send(`${baseUrl}/models`),
          (_, response) => {
            response.writeHead(200, { "content-encoding": "gzip" })
            response.end(Zlib.gzipSync("x".repeat(1_000_000)))
          },
          { maxBodyBytes: 100_000 }
        )
        assert.propertyVal(outcomes[0], "because", "its body is larger than 100000 bytes")
      }))

    it.live("a response that ends early, also for the client", () =>
      Effect.gen(function*() {
        const outcomes = yield* outcomesOf(
          (baseUrl) =>
            Effect.flatMap(Effect.flip(send(`${baseUrl}/models`)), ({ message }) =>
              Effect.sync(() => {
                assert.strictEqual(message, "aborted")
              })),
          (_, response) => void response.write("{\"object\":", () => response.socket!.destroy())
        )
        assert.propertyVal(outcomes[0], "because", "the upstream closed the connection before the end of the response")
      }))

    it.live("a request whose client closes the connection", () =>
      Effect.gen(function*() {
        let closed = false
        const outcomes = yield* outcomesOf(
          (baseUrl) =>
            Effect.async<void>((resume) => {
              const request = Http.get(`${baseUrl}/models`, { agent: false }, (response) => {
                response.once("data", () => {
                  request.destroy()
                  resume(Effect.void)
                })
              })
              request.on("error", () => {})
            }),
          (_, response) => {
            response.on("close", () => {
              closed = true
            })
            response.write("{")
          }
        )
        assert.propertyVal(outcomes[0], "because", "the client closed the connection before the end of the response")
        assert.isTrue(closed)
      }))

    it.live("a body that can't be decoded", () =>
      Effect.gen(function*() {
        const outcomes = yield* outcomesOf((baseUrl) => send(`${baseUrl}/assistants`, { method: "POST" }, "{"))
        assert.propertyVal(outcomes[0], "because", "the body of its request is neither JSON nor a form")
      }))
  })

  it.live("returns the documented envelope if the upstream can't be reached", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const { outcomes, value } = yield* record({ upstream: yield* nowhere, directory }, (baseUrl) =>
        Effect.provide(Effect.flip(Models.list()), client(baseUrl)))
      assert.strictEqual(value._tag, "InternalServerError")
      assert.propertyVal(value, "status", 502)
      assert.propertyVal(value, "type", "server_error")
      assert.match(value.message, /^The upstream http:\/\/127\.0\.0\.1:\d+\/v1 could not be reached\.$/)
      assert.deepStrictEqual(
        outcomes.map(({ _tag }) =>
          _tag
        ),
        ["Passed"]
      )
    }).pipe(Effect.scoped))

  it.live("forwards only requests below the base URL", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const { outcomes, value } = yield* record({ upstream: yield* nowhere, directory }, (baseUrl) =>
        send(baseUrl.replace(/v1$/, "v2/models")))
      assert.strictEqual(value.status, 404)
      assert.property(JSON.parse(String(value.body)), "error")
      assert.deepStrictEqual(outcomes, [])
    }).pipe(Effect.scoped))

  it.live("overwrites fixtures only with `force`", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const baseUrl = yield* emulator
      const again = (force: boolean, name?: string) =>
        record(
          { upstream: baseUrl, directory, force, name },
          (baseUrl) => Effect.provide(Models.list(), client(baseUrl))
        )
      const first = fixturesOf((yield* again(false)).outcomes)
      const error = yield* Effect.flip(again(false))
      assert.strictEqual(error._tag, "RecordingError")
      assert.match(error.message, /listModels.recorded-0001\.json exists/)
      yield* again(false, "other")
      const forced = fixturesOf((yield* again(true)).outcomes)
      assert.deepStrictEqual(forced.map(({ name }) => name), first.map(({ name }) => name))
      const fixtures = yield* Effect.provide(Fixture.readDirectory(directory), NodeContext.layer)
      assert.sameMembers(fixtures.map(({ name }) => name), ["listModels/other-0001", "listModels/recorded-0001"])
      assert.deepInclude(fixtures, forced[0])
    }).pipe(Effect.scoped))

  it.effect.each(["ftp://host/v1", "http://user:secret@host/v1", "http://host/v1?key=secret", "nonsense"])(
    "refuses the upstream %s",
    (upstream) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(record({ upstream, directory: "nowhere" }, () => Effect.void))
        assert.propertyVal(error, "subject", "upstream")
        assert.notInclude(error.message, "secret")
      })
  )

  it.effect("refuses a name with a path", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const error = yield* Effect.flip(
        record({ upstream: "http://host/v1", directory, name: "../x" }, () => Effect.void)
      )
      assert.propertyVal(error, "subject", "name")
    }).pipe(Effect.scoped))
})
