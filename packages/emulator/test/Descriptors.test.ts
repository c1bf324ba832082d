import { OpenAiClient, Operation } from "@effect-openai/client"
import { Endpoint, FileSource, Resource } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import * as app from "../src/internal/app.js"
import * as Form from "../src/internal/form.js"
import * as HttpApiBuilder from "../src/internal/httpApiBuilder.js"
import * as Served from "../src/internal/served.js"
import { apiKey, BaseUrl, form, send, type SendOptions } from "./utils.js"

// Made-up operations with everything that a descriptor can state. They are served as those of the contract are.

const received = Endpoint.json(Schema.Struct({ received: Schema.Unknown }))

const words = { summary: "Made up", description: "Is made up." }

const Time = Schema.optional(Schema.Int)

const list = Endpoint.make({
  ...words,
  name: "listThings",
  method: "GET",
  path: "/things",
  query: Schema.Struct({
    limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 10))),
    archived: Schema.optional(Schema.Boolean),
    version: Schema.optional(Schema.Literal(1, 2)),
    kinds: Schema.optional(Schema.Array(Schema.Literal("a", "b")).pipe(Schema.maxItems(2))),
    sizes: Schema.optional(Schema.Array(Schema.Number)),
    "tags[]": Schema.optional(Schema.Array(Schema.String)),
    effective_at: Schema.optional(Schema.Struct({ gt: Time, gte: Time, lt: Time, lte: Time }))
  }),
  success: received
})

const usage = Endpoint.make({
  ...words,
  name: "listUsage",
  method: "GET",
  path: "/usage",
  query: Schema.Struct({ page: Schema.optional(Schema.String) }),
  success: Endpoint.json(Schema.Struct({
    data: Schema.Array(Schema.Number),
    has_more: Schema.Boolean,
    next_page: Schema.NullOr(Schema.String)
  })),
  pagination: Endpoint.nextPage()
})

const text = Endpoint.make({
  ...words,
  name: "getText",
  method: "GET",
  path: "/things/{thing_id}/text",
  parameters: { thing_id: Endpoint.pathParameter("The ID of the thing.") },
  success: Endpoint.text("The text.", "text/markdown")
})

const transcribe = Endpoint.make({
  ...words,
  name: "transcribe",
  method: "POST",
  path: "/transcripts",
  body: Endpoint.multipart(
    Schema.Struct({
      file: FileSource.FileSource,
      masks: Schema.optional(Schema.Array(FileSource.FileSource)),
      granularities: Schema.optional(Schema.Array(Schema.Literal("word", "segment"))),
      temperature: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))),
      verbatim: Schema.optional(Schema.Boolean),
      prompt: Schema.optional(Schema.NullOr(Schema.String)),
      response_format: Schema.optional(Schema.Literal("json", "verbose_json", "text", "srt"))
    }),
    { files: ["file", "masks"], maxFileBytes: 10 }
  ),
  success: Endpoint.byField("response_format", {
    json: Endpoint.json(Schema.Struct({ text: Schema.String })),
    verbose_json: received,
    text: Endpoint.text("The text."),
    srt: Endpoint.text("The subtitles.", "application/x-subrip")
  }, "json")
})

const speak = Endpoint.make({
  ...words,
  name: "speak",
  method: "POST",
  path: "/speech",
  body: Endpoint.json(Schema.Struct({ input: Schema.String, buffered: Schema.Boolean })),
  success: Endpoint.bytes("The audio.", "audio/mpeg")
})

const administrate = Endpoint.make({
  ...words,
  name: "administrate",
  method: "GET",
  path: "/organization/things",
  success: received,
  family: "administration"
})

const resources = {
  Things: Resource.make({
    name: "Things",
    title: "Things",
    description: "Things.",
    operations: { list, usage, text, transcribe, speak }
  }),
  Administration: Resource.make({
    name: "Administration",
    title: "Administration",
    description: "Administration.",
    operations: { administrate }
  })
} as const

const api = Api.make(resources).prefix("/v1")

const Things = HttpApiBuilder.group(api, "Things", (handlers) =>
  handlers
    .handle("listThings", ({ urlParams }) => Effect.succeed({ received: urlParams }))
    .handle("listUsage", ({ urlParams: { page = "0" } }) => {
      const number = Number(page)
      return Effect.succeed({
        data: [number],
        has_more: number < 2,
        next_page: number < 2 ? String(number + 1) : null
      })
    })
    .handle("getText", ({ path }) => Effect.succeed(`# ${path.thing_id}`))
    .handle("transcribe", ({ request }) =>
      Effect.gen(function*() {
        const { files, request: { file, masks = [], response_format = "json", ...fields } } = yield* Form.read(
          transcribe.body,
          request,
          ({ content }) => Stream.mkString(Stream.decodeText(content))
        )
        switch (response_format) {
          case "json":
            return Api.chosen("json", { text: files[0]!.result })
          case "verbose_json":
            return Api.chosen("verbose_json", {
              received: { file: file.name, masks: masks.map(({ name }) => name), fields, files }
            })
          case "text":
            return Api.chosen("text", files[0]!.result)
          case "srt":
            return Api.chosen("srt", `1\n${files[0]!.result}`)
        }
      }))
    .handle("speak", ({ payload: { input, buffered } }) => {
      const bytes = new TextEncoder().encode(input)
      return Effect.succeed(
        buffered ?
          bytes :
          HttpServerResponse.stream(Stream.fromIterable([...bytes].map((byte) => Uint8Array.of(byte))), {
            contentType: speak.success.mediaType
          })
      )
    }))

const Administration = HttpApiBuilder.group(
  api,
  "Administration",
  (handlers) => handlers.handle("administrate", () => Effect.succeed({ received: true }))
)

const served = Served.make(resources, api, { Things, Administration })

const layer = (options: Emulator.Options = {}) =>
  Layer.merge(FetchHttpClient.layer, Layer.effect(BaseUrl, Emulator.baseUrl)).pipe(
    Layer.provideMerge(Layer.scopedDiscard(app.serve(options, served)).pipe(Layer.provide(app.services(options)))),
    Layer.provide(Layer.orDie(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })))
  )

type Part = readonly [headers: string, content: string]

/** The body of a success, decoded. */
const ok = (path: string, options?: SendOptions, method = "GET") =>
  Effect.map(send(method, path, options), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return json.received
  })

/** The message of an invalid request. */
const refused = (path: string, options?: SendOptions, method = "GET") =>
  Effect.map(send(method, path, options), ({ json, status, text }) => {
    assert.strictEqual(status, 400, text)
    return String(json.error.message).split("\n").slice(1).map((line) => line.trim())
  })

/** The client's operations of the same descriptors. */
const Client = {
  list: Operation.make(list),
  usage: Operation.paged(usage),
  text: Operation.make(text),
  transcribe: Operation.upload(transcribe),
  speak: Operation.jsonDownload(speak)
}

const layerClient = Layer.unwrapEffect(
  Effect.map(BaseUrl, (baseUrl) => OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl }))
)

const typeOf = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(
    OpenAiClient.withResponse(call),
    ([value, response]) => [response?.headers["content-type"], value] as const
  )

describe("the client and the emulator", () => {
  const paired = (title: string, test: Effect.Effect<void, unknown, OpenAiClient.OpenAiClient>) =>
    it.effect(title, () => test.pipe(Effect.provide(Layer.provideMerge(layerClient, layer()))))

  paired(
    "encode and decode every kind of query",
    Effect.gen(function*() {
      const query = {
        limit: 3,
        archived: false,
        version: 2,
        kinds: ["a", "b"],
        sizes: [1, 2.5],
        "tags[]": ["a&b=c", "é"],
        effective_at: { gte: 1, lt: 2 }
      } as const
      assert.deepStrictEqual((yield* Client.list(query)).received, query)
      const sparse = { kinds: ["a"], sizes: [], effective_at: { gt: undefined, lte: 2 } } as const
      assert.deepStrictEqual((yield* Client.list(sparse)).received, { kinds: ["a"], effective_at: { lte: 2 } })
      assert.deepStrictEqual((yield* Client.list()).received, {})
    })
  )

  paired(
    "encode and decode every kind of part of a form",
    Effect.gen(function*() {
      const { received } = yield* Client.transcribe({
        file: FileSource.fromBytes("a.wav", "sound", { type: "audio/wav" }),
        masks: [FileSource.fromBytes("1.png", "one"), FileSource.fromBytes("2.png", "")],
        granularities: ["word", "segment"],
        temperature: 0.5,
        verbatim: true,
        prompt: null,
        response_format: "verbose_json"
      })
      const type = "application/octet-stream"
      assert.deepStrictEqual(received, {
        file: "a.wav",
        masks: ["1.png", "2.png"],
        fields: { granularities: ["word", "segment"], temperature: 0.5, verbatim: true },
        files: [
          { field: "file", name: "a.wav", type: "audio/wav", bytes: 5, result: "sound" },
          { field: "masks", name: "1.png", type, bytes: 3, result: "one" },
          { field: "masks", name: "2.png", type, bytes: 0, result: "" }
        ]
      })
    })
  )

  paired(
    "have the response that a field chooses: JSON or text",
    Effect.gen(function*() {
      const file = FileSource.fromBytes("a", "{\"a\":1}")
      const json = ["application/json", { text: "{\"a\":1}" }] as const
      assert.deepStrictEqual(yield* typeOf(Client.transcribe({ file })), json)
      assert.deepStrictEqual(yield* typeOf(Client.transcribe({ file, response_format: "json" })), json)
      const text = yield* typeOf(Client.transcribe({ file, response_format: "text" }))
      assert.deepStrictEqual(text, ["text/plain", "{\"a\":1}"])
      const srt = yield* typeOf(Client.transcribe({ file, response_format: "srt" }))
      assert.deepStrictEqual(srt, ["application/x-subrip", "1\n{\"a\":1}"])
      assert.deepStrictEqual(yield* typeOf(Client.text({ thing_id: "a/b" })), ["text/markdown", "# a/b"])
    })
  )

  paired(
    "have bytes, buffered and as a Stream",
    Effect.gen(function*() {
      for (const buffered of [true, false]) {
        const [bytes, response] = yield* OpenAiClient.withResponse(Client.speak({ input: "Hello", buffered }))
        assert.strictEqual(new TextDecoder().decode(bytes), "Hello")
        assert.strictEqual(response!.headers["content-type"], "audio/mpeg")
        assert.strictEqual(response!.headers["content-length"], buffered ? "5" : undefined)
        const streamed = Client.speak.stream({ input: "Hello", buffered })
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(streamed)), "Hello")
      }
    })
  )

  paired(
    "go from page to page by next_page",
    Effect.gen(function*() {
      assert.deepStrictEqual([...yield* Stream.runCollect(Client.usage.items())], [0, 1, 2])
      assert.deepStrictEqual([...yield* Stream.runCollect(Client.usage.items({ page: "1" }))], [1, 2])
    })
  )
})

describe("a query", () => {
  it.effect("has arrays as name[] or name, once or repeated", () =>
    Effect.gen(function*() {
      for (const query of ["kinds[]=a&kinds[]=b", "kinds=a&kinds=b", "kinds%5B%5D=a&kinds=b"]) {
        assert.deepStrictEqual(yield* ok(`/things?${query}`), { kinds: ["a", "b"] })
      }
      for (const query of ["kinds[]=a", "kinds=a"]) {
        assert.deepStrictEqual(yield* ok(`/things?${query}`), { kinds: ["a"] })
      }
      assert.deepStrictEqual(yield* ok("/things?sizes[]=1&sizes[]=2.5"), { sizes: [1, 2.5] })
      assert.deepStrictEqual(yield* refused("/things?kinds[]=a&kinds[]=c"), [
        "query -> kinds -> 1",
        "unexpected value; permitted: 'a', 'b' (type=value_error.const; given=c; permitted=('a', 'b'))"
      ])
      assert.deepStrictEqual(yield* refused("/things?kinds=a&kinds=a&kinds=a"), [
        "query -> kinds",
        "ensure this value has at most 2 items (type=value_error.list.max_items; limit_value=2)"
      ])
      assert.deepStrictEqual(yield* refused("/things?sizes=NaN"), [
        "query -> sizes -> 0",
        "value is not a valid float (type=type_error.float)"
      ])
    }).pipe(Effect.provide(layer())))

  it.effect("has numbers and booleans as text", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ok("/things?limit=5&archived=true&version=2"), {
        limit: 5,
        archived: true,
        version: 2
      })
      assert.deepStrictEqual(yield* ok("/things?archived=false"), { archived: false })
      assert.deepStrictEqual(yield* refused("/things?archived=yes"), [
        "query -> archived",
        "value could not be parsed to a boolean (type=type_error.bool)"
      ])
      assert.deepStrictEqual(yield* refused("/things?version=3"), [
        "query -> version",
        "unexpected value; permitted: 1, 2 (type=value_error.const; given=3; permitted=(1, 2))"
      ])
      assert.deepStrictEqual(yield* refused("/things?limit=1&limit=2"), [
        "query -> limit",
        "value is not a valid integer (type=type_error.integer)"
      ])
    }).pipe(Effect.provide(layer())))

  it.effect("has objects as name[key]", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ok("/things?effective_at[gte]=1&effective_at%5Blt%5D=2"), {
        effective_at: { gte: 1, lt: 2 }
      })
      assert.deepStrictEqual(yield* refused("/things?effective_at[gte]=x"), [
        "query -> effective_at -> gte",
        "value is not a valid integer (type=type_error.integer)"
      ])
      assert.deepStrictEqual(yield* refused("/things?effective_at[around]=1"), [
        "query -> effective_at -> around",
        "extra fields not permitted (type=value_error.extra)"
      ])
      for (const query of ["effective_at=1", "effective_at=1&effective_at[gte]=1"]) {
        assert.deepStrictEqual(yield* refused(`/things?${query}`), [
          "query -> effective_at",
          "value is not a valid dict (type=type_error.dict)"
        ])
      }
    }).pipe(Effect.provide(layer())))

  it.effect("has no undocumented parameter", () =>
    Effect.gen(function*() {
      for (const name of ["unknown", "limit[]", "kinds[0]", "constructor"]) {
        assert.deepStrictEqual(yield* refused(`/things?${name}=1`), [
          `query -> ${name}`,
          "extra fields not permitted (type=value_error.extra)"
        ])
      }
      assert.deepStrictEqual(yield* refused("/things/1/text?page=1"), [
        "query -> page",
        "extra fields not permitted (type=value_error.extra)"
      ])
    }).pipe(Effect.provide(layer())))
})

describe("a form", () => {
  const file = ["name=\"file\"; filename=\"a.wav\"\r\ncontent-type: audio/wav", "sound"] as const
  const verbose = ["name=\"response_format\"", "verbose_json"] as const
  const transcribed = (...parts: ReadonlyArray<Part>) => ok("/transcripts", form(...parts), "POST")
  const notTranscribed = (...parts: ReadonlyArray<Part>) => refused("/transcripts", form(...parts), "POST")
  const received = { field: "file", name: "a.wav", type: "audio/wav", bytes: 5, result: "sound" }

  it.effect("has arrays as repeated parts, numbers, booleans, and leaves null out", () =>
    Effect.gen(function*() {
      for (const name of ["granularities", "granularities[]"]) {
        assert.deepStrictEqual(
          yield* transcribed(
            [`name="${name}"`, "word"],
            file,
            ["name=\"temperature\"", "0.5"],
            ["name=\"verbatim\"", "true"],
            [`name="${name}"`, "segment"],
            verbose
          ),
          {
            file: "a.wav",
            masks: [],
            fields: { granularities: ["word", "segment"], temperature: 0.5, verbatim: true },
            files: [received]
          }
        )
      }
      const { fields } = yield* transcribed(file, ["name=\"granularities\"", "word"], verbose)
      assert.deepStrictEqual(fields, { granularities: ["word"] })
      const { masks } = yield* transcribed(file, ["name=\"masks[]\"; filename=\"1.png\"", ""], verbose)
      assert.deepStrictEqual(masks, ["1.png"])
    }).pipe(Effect.provide(layer())))

  it.effect("is refused where a part does not fit", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [ReadonlyArray<Part>, ReadonlyArray<string>]> = [
        [[], ["body -> file", "field required (type=value_error.missing)"]],
        [[file, file], ["body -> file", "file expected (type=type_error.file)"]],
        [[file, ["name=\"temperature\"", "2"]], [
          "body -> temperature",
          "ensure this value is less than or equal to 1 (type=value_error.number.not_le; limit_value=1)"
        ]],
        [[file, ["name=\"verbatim\"", ""]], [
          "body -> verbatim",
          "value could not be parsed to a boolean (type=type_error.bool)"
        ]],
        [[file, ["name=\"prompt\"", "a"], ["name=\"prompt\"", "b"]], [
          "body -> prompt",
          "str type expected (type=type_error.str)"
        ]],
        [[file, ["name=\"unknown\"", "a"]], ["body -> unknown", "extra fields not permitted (type=value_error.extra)"]]
      ]
      for (const [parts, message] of cases) assert.deepStrictEqual(yield* notTranscribed(...parts), message)
    }).pipe(Effect.provide(layer())))

  it.effect("has files up to the limit of the operation, or of the emulator where that is smaller", () =>
    Effect.gen(function*() {
      const upload = (bytes: number) =>
        Effect.map(
          send("POST", "/transcripts", form(["name=\"file\"; filename=\"a\"", "x".repeat(bytes)])),
          ({ status }) => status
        )
      const statuses = Effect.all([upload(4), upload(5), upload(10), upload(11)])
      assert.deepStrictEqual(yield* Effect.provide(statuses, layer()), [200, 200, 200, 413])
      assert.deepStrictEqual(yield* Effect.provide(statuses, layer({ maxFileBytes: 4 })), [200, 413, 413, 413])
    }))
})

describe("a key", () => {
  const adminKey = "sk-admin-abcdefghijklmnopqrst"
  const otherKey = "sk-other-abcdefghijklmnopqrst"
  const [apiKeys, adminKeys] = [[Redacted.make(apiKey)], [Redacted.make(adminKey)]]

  const statusesOf = (options: Emulator.Options) =>
    Effect.forEach(
      ["/things", "/organization/things", "/unknown"],
      (path) =>
        Effect.forEach([apiKey, adminKey, otherKey], (key) =>
          Effect.map(send("GET", path, { headers: { authorization: `Bearer ${key}` } }), ({ json, status }) => {
            if (status === 401) {
              assert.deepStrictEqual(json.error, {
                message:
                  `Incorrect API key provided: ${key.slice(0, 5)}****${key.slice(-4)}. You can find your API key ` +
                  "at https://platform.openai.com/account/api-keys.",
                type: "invalid_request_error",
                param: null,
                code: "invalid_api_key"
              })
            }
            if (status === 403) {
              const scope = path === "/things" ? "model.request" : "api.management.read"
              assert.deepStrictEqual(json, {
                error: `You have insufficient permissions for this operation. Missing scopes: ${scope}.`
              })
            }
            return status
          }))
    ).pipe(Effect.provide(layer(options)))

  it.effect("authorizes only the operations of the key's credential", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statusesOf({ apiKeys, adminKeys }), [
        [200, 403, 401],
        [403, 200, 401],
        [404, 404, 401]
      ])
    }))

  it.effect("authorizes a credential without keys, unless it is one of the other credential", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statusesOf({}), [[200, 200, 200], [200, 200, 200], [404, 404, 404]])
      assert.deepStrictEqual(yield* statusesOf({ adminKeys }), [[200, 403, 200], [401, 200, 401], [404, 404, 404]])
      assert.deepStrictEqual(yield* statusesOf({ apiKeys }), [[200, 401, 401], [403, 200, 200], [404, 404, 404]])
    }))

  it.effect("is required by administration too", () =>
    Effect.gen(function*() {
      const { json, status } = yield* send("GET", "/organization/things", { headers: { authorization: undefined } })
      assert.strictEqual(status, 401)
      assert.match(json.error.message, /^You didn't provide an API key\./)
    }).pipe(Effect.provide(layer())))
})
