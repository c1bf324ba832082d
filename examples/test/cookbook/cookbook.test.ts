import { OpenAiLanguageModel } from "@effect-openai/ai"
import { Batches, OpenAiClient } from "@effect-openai/client"
import { Emulator, Script } from "@effect-openai/emulator"
import { FileSystem, HttpClient, HttpClientRequest, HttpServer, KeyValueStore } from "@effect/platform"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Either, Layer, Redacted, Stream } from "effect"
import * as Approval from "../../src/cookbook/approval.js"
import { chat } from "../../src/cookbook/chat.js"
import { program, toolkit } from "../../src/cookbook/fromAiOpenai/program.js"
import { ingest, type Passage, Passages } from "../../src/cookbook/ingestion.js"
import { nightly } from "../../src/cookbook/nightly.js"
import { Clients, reply, TenantKeys } from "../../src/cookbook/tenants.js"

/** A client of an emulator whose model has some replies. */
const client = (turns: Script.Script["turns"]) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(
    Layer.provide(Emulator.layer({ model: Script.layer({ turns }) }))
  )

it.scoped("chat: sends the text as events, and a failure as the last event", () =>
  Effect.gen(function*() {
    yield* HttpServer.serveEffect(chat)
    const server = yield* HttpClient.HttpClient
    const post = (body: unknown) =>
      server.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/chat"), body))

    const response = yield* post({ message: "Hello" })
    assert.strictEqual(response.headers["content-type"], "text/event-stream")
    assert.strictEqual(
      yield* response.text,
      "event: text\ndata: \"Hi \"\n\nevent: text\ndata: \"there\"\n\nevent: done\ndata: {}\n\n"
    )
    assert.strictEqual(
      yield* Effect.flatMap(post({ message: "fail" }), ({ text }) => text),
      "event: error\ndata: {\"type\":\"BadRequestError\"}\n\n"
    )
    assert.strictEqual((yield* post({ message: "" })).status, 400)
  }).pipe(
    Effect.provide([
      NodeHttpServer.layerTest,
      client([
        { when: { message: "fail" }, replies: [{ type: "error", code: "invalid_prompt", message: "no" }] },
        { replies: [{ type: "text", text: ["Hi ", "there"] }] }
      ])
    ])
  ))

it.effect("approval: refunds only what a person approves", () =>
  Effect.gen(function*() {
    const refunded: Array<string> = []
    const asked: Array<string> = []
    const support = (approved: boolean) =>
      Approval.support("Refund my order").pipe(
        Effect.provideService(Approval.Approval, {
          ask: (action) => Effect.sync(() => asked.push(action)).pipe(Effect.as(approved))
        }),
        Effect.provideService(Approval.Orders, {
          find: (id) => Effect.succeed({ id, euros: 20 }),
          refund: (id) => Effect.sync(() => void refunded.push(id))
        })
      )
    const outputs = (yield* support(false)).messages.filter(({ role }) => role === "tool")
    assert.include(JSON.stringify(outputs), "A person rejected this: refund A-17")
    assert.deepStrictEqual(refunded, [])
    yield* support(true)
    assert.deepStrictEqual(refunded, ["A-17"])
    assert.deepStrictEqual(asked, ["refund A-17", "refund A-17"])
  }).pipe(Effect.provide(client([{
    replies: [
      { type: "function_calls", calls: [{ name: "find_order", arguments: { id: "A-17" } }] },
      { type: "function_calls", calls: [{ name: "refund_order", arguments: { id: "A-17" } }] },
      { type: "text", text: "Done." }
    ]
  }]))))

it.effect("nightly: classifies each ticket, and starts one batch for a day", () =>
  Effect.gen(function*() {
    const tickets = Stream.make({ id: "1", text: "My bill is wrong" }, { id: "2", text: "My watch is slow" })
    const classify = Effect.map(Stream.runCollect(nightly("2024-11-20", tickets)), Chunk.toReadonlyArray)
    const results = new Map((yield* classify).map(({ category, id }) => [id, Either.getOrElse(category, (why) => why)]))
    assert.strictEqual(results.get("1"), "billing")
    assert.match(results.get("2")!, /^ParseError: /)
    yield* classify
    assert.strictEqual((yield* Batches.list()).data.length, 1)
  }).pipe(
    Effect.provide([
      KeyValueStore.layerMemory,
      client([
        { when: { message: "bill" }, replies: [{ type: "text", text: "{\"category\":\"billing\"}" }] },
        { replies: [{ type: "text", text: "{\"category\":\"watches\"}" }] }
      ])
    ])
  ))

it.scoped("ingestion: stores a vector for each passage of a folder", () =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const folder = yield* fileSystem.makeTempDirectoryScoped()
    yield* fileSystem.writeFileString(`${folder}/a.md`, "One.\n\nTwo.\n")
    yield* fileSystem.writeFileString(`${folder}/b.md`, "Three.")
    yield* fileSystem.writeFileString(`${folder}/c.txt`, "Not Markdown.")
    const stored: Array<Passage> = []
    const count = yield* ingest(folder).pipe(
      Effect.provideService(Passages, { add: (passages) => Effect.sync(() => void stored.push(...passages)) })
    )
    assert.strictEqual(count, 3)
    assert.deepStrictEqual(stored.map(({ text }) => text).sort(), ["One.", "Three.", "Two."])
    assert.deepStrictEqual(stored.map(({ vector }) => vector.length), [1536, 1536, 1536])
  }).pipe(Effect.provide([NodeContext.layer, client([])])))

it.effect("tenants: sends the key of each tenant", () =>
  Effect.gen(function*() {
    assert.isNotEmpty(yield* reply("one", "Hello"))
    const error = yield* Effect.flip(reply("other", "Hello"))
    assert.strictEqual(error._tag, "AuthenticationError")
  }).pipe(
    Effect.provide(Clients.Default.pipe(
      Layer.provide(Layer.succeed(TenantKeys, { get: (tenant) => Effect.succeed(Redacted.make(`sk-${tenant}`)) })),
      Layer.provide(Emulator.layer({ apiKeys: [Redacted.make("sk-one")] }))
    ))
  ))

it.effect("fromAiOpenai: the program runs over chat completions", () =>
  Effect.gen(function*() {
    const [result] = yield* program
    assert.deepStrictEqual(result?.result, { celsius: 21 })
  }).pipe(
    Effect.provide([
      toolkit.toLayer({ get_weather: () => Effect.succeed({ celsius: 21 }) }),
      Layer.provide(
        OpenAiLanguageModel.layer({ model: "gpt-4o" }),
        client([{
          replies: [{ type: "function_calls", calls: [{ name: "get_weather", arguments: { city: "Lisbon" } }] }]
        }])
      )
    ])
  ))
