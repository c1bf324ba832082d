import { Assistants, OpenAiClient } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { FileSource } from "@effect-openai/core"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Config, ConfigProvider, Effect, Layer, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Server from "./utils/server.js"
import * as Things from "./utils/things.js"

/** Each test calls an endpoint that does not exist, over a real socket. */
const against = (server: Server.TestServer) => Effect.provide(Client.layer(server.origin))

/** The parts of a form: name, whether it is a file, text. */
const partsOf = async (server: Server.TestServer) => {
  const { body, headers } = server.requests[0]!
  const form = await new Response(new Uint8Array(body()), { headers: { "content-type": headers["content-type"]! } })
    .formData()
  return Promise.all(
    Array.from(
      form.entries(),
      async ([name, value]) => typeof value === "string" ? [name, value] : [name, value.name, await value.text()]
    )
  )
}

const text = (content: string) => Server.text(content, 200, { "content-type": "text/plain" })

const file = FileSource.fromBytes("a.mp3", "abc", { type: "audio/mpeg" })

describe("queries", () => {
  it.scoped("have arrays, booleans and objects", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ id: "thing_1" }))
      yield* Things.search({
        group_by: ["model", "project"],
        "event_types[]": ["login"],
        batch: true,
        effective_at: { gte: 1, lt: undefined }
      }).pipe(against(server))
      assert.deepStrictEqual([...new URL(server.requests[0]!.url, server.origin).searchParams], [
        ["group_by[]", "model"],
        ["group_by[]", "project"],
        ["event_types[]", "login"],
        ["batch", "true"],
        ["effective_at[gte]", "1"]
      ])
    }))

  it.scoped("refuse an unknown field of an object", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ id: "thing_1" }))
      const effective_at: object = { since: 1 }
      const error = yield* Effect.flip(Things.search({ effective_at }).pipe(against(server)))
      assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: "effective_at.since" })
      assert.lengthOf(server.requests, 0)
    }))
})

describe("forms", () => {
  it.scoped("have one part per item of an array, numbers, several files, and no null", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ text: "hello" }))
      yield* Things.transcribe({
        file,
        images: [FileSource.fromBytes("1.png", "one"), FileSource.fromBytes("2.png", "two")],
        timestamp_granularities: ["word", "segment"],
        temperature: 0.5,
        language: null
      }).pipe(against(server))
      assert.deepStrictEqual(yield* Effect.promise(() => partsOf(server)), [
        ["file", "a.mp3", "abc"],
        ["images", "1.png", "one"],
        ["images", "2.png", "two"],
        ["timestamp_granularities", "word"],
        ["timestamp_granularities", "segment"],
        ["temperature", "0.5"]
      ])
    }))

  it.scoped("refuse a file above the endpoint's maximum", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ text: "hello" }))
      const images = [file, FileSource.fromBytes("large.png", "x".repeat(17))]
      const error = yield* Effect.flip(Things.transcribe({ file, images }).pipe(against(server)))
      assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: "images[1]" })
      assert.include(error.message, "17 bytes")
      assert.lengthOf(server.requests, 0)
    }))
})

describe("responses", () => {
  it.scoped("are text", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(text("{\"not\": \"parsed\"} é"))
      assert.strictEqual(yield* Things.show().pipe(against(server)), "{\"not\": \"parsed\"} é")
      assert.strictEqual(server.requests[0]!.headers.accept, "text/plain")
    }))

  it.scoped("are chosen by a field of the request, not by their media type", () =>
    Effect.gen(function*() {
      const json = JSON.stringify({ text: "hello" })
      const server = yield* Server.make(Server.json({ text: "hello" }))
      const run = Effect.gen(function*() {
        assert.deepStrictEqual(yield* Things.transcribe({ file }), { text: "hello" })
        assert.strictEqual(yield* Things.transcribe({ file, response_format: "text" }), json)
        const error = yield* Effect.flip(Things.transcribe({ file, response_format: "verbose_json" }))
        assert.deepInclude<object>(error, { _tag: "InvalidResponseError", field: "duration" })
      })
      yield* run.pipe(against(server))
      assert.deepStrictEqual(server.requests.map(({ headers }) => headers.accept), [
        "application/json",
        "text/plain",
        "application/json"
      ])
    }))

  it.scoped("are bytes in response to JSON, buffered or as a Stream", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.text("RIFF", 200, { "content-type": "audio/wav" }))
      const buffered = yield* Things.speak({ input: "hello" }).pipe(against(server))
      assert.strictEqual(new TextDecoder().decode(buffered), "RIFF")
      const streamed = yield* Things.speak.stream({ input: "hello", response_format: "wav" }).pipe(
        Stream.decodeText(),
        Stream.mkString,
        against(server)
      )
      assert.strictEqual(streamed, "RIFF")
      assert.deepStrictEqual(server.requests.map(({ body, headers }) => [headers.accept, body().toString()]), [
        ["audio/mpeg", "{\"input\":\"hello\"}"],
        ["audio/wav", "{\"input\":\"hello\",\"response_format\":\"wav\"}"]
      ])
    }))
})

describe("pages with next_page", () => {
  const page = (ids: ReadonlyArray<string>, next_page: string | null, has_more?: boolean) =>
    Server.json({ buckets: ids.map((id) => ({ id })), next_page, ...(has_more === undefined ? {} : { has_more }) })

  it.scoped("are paginated to the last", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(
        page(["a", "b"], "page_2", true),
        page([], "page_3", true),
        page(["c"], null, false)
      )
      const items = yield* Stream.runCollect(Things.usage.items()).pipe(against(server))
      assert.deepStrictEqual(Chunk.toReadonlyArray(items).map(({ id }) => id), ["a", "b", "c"])
      assert.deepStrictEqual(server.requests.map(({ url }) => url), [
        "/v1/things",
        "/v1/things?page=page_2",
        "/v1/things?page=page_3"
      ])
    }))

  it.scoped("are paginated without has_more, from the requested page", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(page(["b"], "page_3"), page(["c"], null))
      const pages = yield* Stream.runCount(Things.usage.pages({ page: "page_2" })).pipe(against(server))
      assert.strictEqual(pages, 2)
    }))

  for (
    const [name, last] of [
      ["a missing next_page", page(["b"], null, true)],
      ["a next_page that was requested before", page(["b"], "page_2", true)]
    ] as const
  ) {
    it.scoped(`end with an error for ${name}`, () =>
      Effect.gen(function*() {
        const server = yield* Server.make(page(["a"], "page_2", true), last)
        const error = yield* Effect.flip(Stream.runDrain(Things.usage.items()).pipe(against(server)))
        assert.deepInclude<object>(error, { _tag: "PaginationError", cursor: "page_2" })
      }))
  }
})

describe("credentials", () => {
  const page = Server.json({ buckets: [], next_page: null })

  it.scoped("need no API key for administration", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(page)
      yield* Things.usage().pipe(Effect.provide(Client.layer(server.origin, { apiKey: undefined })))
      assert.strictEqual(server.requests[0]!.headers.authorization, `Bearer ${Client.secrets.adminKey}`)
    }))

  it.scoped("are read from the environment, an admin key alone too", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(page)
      const env = new Map([["OPENAI_ADMIN_KEY", "sk-admin"]])
      const live = OpenAiClient.layerConfig({ baseUrl: Config.succeed(`${server.origin}/v1`) }).pipe(
        Layer.provide([FetchHttpClient.layer, Layer.setConfigProvider(ConfigProvider.fromMap(env))])
      )
      yield* Things.usage().pipe(Effect.provide(live))
      assert.strictEqual(server.requests[0]!.headers.authorization, "Bearer sk-admin")
    }))

  for (
    const [option, call] of [
      ["apiKey", Effect.asVoid(Assistants.retrieve({ assistant_id: "asst_1" }))],
      ["adminKey", Effect.asVoid(Things.usage())]
    ] as const
  ) {
    it.scoped(`fail an operation that needs a missing ${option}`, () =>
      Effect.gen(function*() {
        const server = yield* Server.make(page)
        const client = Client.layer(server.origin, { [option]: undefined })
        const error = yield* Effect.flip(Effect.provide(call, client))
        assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: option })
        assert.lengthOf(server.requests, 0)
      }))
  }

  it.effect("fail a client without any", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(OpenAiClient.make({}))
      assert.deepInclude<object>(error, { _op: "MissingData", path: ["apiKey"] })
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.scoped("have their own rate limits", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json({ buckets: [], next_page: null, id: "thing_1" }))
      const limits = RateLimit.layer({ requests: 1, maxWait: 0 })
      const client = OpenAiClient.layer({ ...Client.credentials, baseUrl: `${server.origin}/v1` }).pipe(
        Layer.provide([FetchHttpClient.layer, limits])
      )
      yield* Effect.gen(function*() {
        yield* Things.usage()
        yield* Things.search()
        assert.strictEqual((yield* Effect.flip(Things.usage()))._tag, "LimitExceededError")
        assert.strictEqual((yield* Effect.flip(Things.search()))._tag, "LimitExceededError")
      }).pipe(Effect.provide(client))
      assert.lengthOf(server.requests, 2)
    }))
})
