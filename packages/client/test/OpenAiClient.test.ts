import { Assistants, FetchHttpClient, Files, OpenAiClient, Operation, Retry } from "@effect-openai/client"
import { Endpoint, OpenAiError } from "@effect-openai/core"
import { FetchHttpClient as Platform, HttpClient, HttpClientError } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Config,
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream,
  type Tracer
} from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"
import * as Tracing from "./utils/tracer.js"

const get = Assistants.retrieve({ assistant_id: "asst_1" })

const responding = () => Client.fake(() => Client.success(Models.assistant()))

describe("OpenAiClient", () => {
  describe("layerConfig", () => {
    const sent = (
      env: Record<string, string>,
      options?: Parameters<typeof OpenAiClient.layerConfig>[0]
    ) => {
      const transport = responding()
      return get.pipe(
        Effect.provide(Layer.provide(OpenAiClient.layerConfig(options), transport.layer)),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
        Effect.map(() => transport.requests[0]!)
      )
    }

    it.effect("reads the environment", () =>
      Effect.gen(function*() {
        const { headers, url } = yield* sent({
          OPENAI_API_KEY: "sk-1",
          OPENAI_ADMIN_KEY: "sk-2",
          OPENAI_ORG_ID: "org-1",
          OPENAI_PROJECT_ID: "proj_1",
          OPENAI_BASE_URL: "http://fake/v2"
        })
        assert.strictEqual(url, "http://fake/v2/assistants/asst_1")
        assert.deepInclude<object>(headers, {
          authorization: "Bearer sk-1",
          "openai-organization": "org-1",
          "openai-project": "proj_1"
        })
      }))

    it.effect("requires only a key", () =>
      Effect.gen(function*() {
        const { headers, url } = yield* sent({ OPENAI_API_KEY: "sk-1" })
        assert.strictEqual(url, "https://api.openai.com/v1/assistants/asst_1")
        assert.notProperty(headers, "openai-organization")
        assert.notProperty(headers, "openai-project")
      }))

    it.effect("treats an empty variable as missing", () =>
      Effect.gen(function*() {
        const { headers, url } = yield* sent({
          OPENAI_API_KEY: "sk-1",
          OPENAI_ADMIN_KEY: "",
          OPENAI_ORG_ID: "",
          OPENAI_PROJECT_ID: "",
          OPENAI_BASE_URL: ""
        })
        assert.strictEqual(url, "https://api.openai.com/v1/assistants/asst_1")
        assert.notProperty(headers, "openai-organization")
      }))

    for (const env of [{}, { OPENAI_API_KEY: "" }] as ReadonlyArray<Record<string, string>>) {
      it.effect(`fails without a key: ${JSON.stringify(env)}`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(sent(env))
          assert.include(String(error), "OPENAI_API_KEY")
        }))
    }

    it.effect("reads options from Config", () =>
      Effect.gen(function*() {
        const { headers, url } = yield* sent({ MY_KEY: "sk-3", OPENAI_ORG_ID: "org-1" }, {
          apiKey: Config.redacted("MY_KEY"),
          baseUrl: Config.succeed("http://mine"),
          project: Config.succeed(Redacted.make("proj_3"))
        })
        assert.strictEqual(url, "http://mine/assistants/asst_1")
        assert.deepInclude<object>(headers, {
          authorization: "Bearer sk-3",
          "openai-organization": "org-1",
          "openai-project": "proj_3"
        })
      }))
  })

  describe("baseUrl", () => {
    for (
      const [baseUrl, url] of [
        ["http://fake/v1", "http://fake/v1/assistants/asst_1"],
        ["http://fake/v1/", "http://fake/v1/assistants/asst_1"],
        ["http://fake/v1///", "http://fake/v1/assistants/asst_1"],
        ["http://fake", "http://fake/assistants/asst_1"],
        ["http://fake/", "http://fake/assistants/asst_1"],
        ["HTTPS://FAKE:8443/a/../b", "https://fake:8443/b/assistants/asst_1"],
        ["http://fake/v1?", "http://fake/v1/assistants/asst_1"],
        ["http://fake/v1/#", "http://fake/v1/assistants/asst_1"],
        ["http://[::1]:8080/v1", "http://[::1]:8080/v1/assistants/asst_1"],
        ["http://fake/v1?api-version=1", "http://fake/v1/assistants/asst_1?api-version=1"],
        ["http://fake/v1/?a=1&b=%20", "http://fake/v1/assistants/asst_1?a=1&b=%20"]
      ] as const
    ) {
      it.effect(`accepts ${baseUrl}`, () =>
        Effect.gen(function*() {
          const transport = responding()
          yield* get.pipe(Effect.provide(Client.layer("", { baseUrl }, transport.layer)))
          assert.strictEqual(transport.requests[0]!.url, url)
        }))
    }

    for (
      const baseUrl of [
        "",
        "api.openai.com/v1",
        "ftp://fake/v1",
        "file:///v1",
        "http://",
        "http://user:pass@fake/v1",
        "http://fa\nke/v1",
        "http://fake/v 1",
        "http://fake/\tv1",
        "http://fake/v1#x"
      ]
    ) {
      it.effect(`refuses ${JSON.stringify(baseUrl)}`, () =>
        Effect.gen(function*() {
          const error = yield* OpenAiClient.make({ ...Client.credentials, baseUrl }).pipe(
            Effect.provide(responding().layer),
            Effect.flip
          )
          assert.strictEqual(error._op, "InvalidData")
          assert.include(String(error), "baseUrl")
        }))
    }
  })

  describe("replace", () => {
    const base = Client.layer("http://fake", {}, responding().layer)
    const replaced = <A, E>(
      effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
      layer: Layer.Layer<OpenAiClient.OpenAiClient, never, OpenAiClient.OpenAiClient>
    ) => Effect.provide(effect, Layer.provide(layer, base))

    it.effect("replaces one operation and its Streams", () =>
      Effect.gen(function*() {
        const list = OpenAiClient.replace(Assistants.list, ({ after }) =>
          Effect.succeed(after === undefined ? Models.page(["a"], { has_more: true }) : Models.page(["b"])))
        assert.strictEqual((yield* replaced(Assistants.list(), list)).data[0]!.id, "a")
        const items = yield* replaced(Stream.runCollect(Assistants.list.items()), list)
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(Chunk.map(items, ({ id }) =>
            id)),
          ["a", "b"]
        )
        assert.strictEqual((yield* replaced(get, list)).id, "asst_1")
      }))

    it.effect("replaces a download and its Stream", () =>
      Effect.gen(function*() {
        const content = OpenAiClient.replace(Files.content, ({ file_id }) =>
          Effect.succeed(new TextEncoder().encode(file_id)))
        assert.strictEqual((yield* replaced(Files.content({ file_id: "abc" }), content)).length, 3)
        assert.strictEqual(
          yield* replaced(Stream.mkString(Stream.decodeText(Files.content.stream({ file_id: "abc" }))), content),
          "abc"
        )
      }))

    it.effect("fails with the error of the function", () =>
      Effect.gen(function*() {
        const failing = OpenAiClient.replace(Assistants.retrieve, ({ assistant_id }) =>
          new OpenAiError.TransportError({ operation: assistant_id, message: "gone", code: undefined, sent: false }))
        assert.strictEqual((yield* Effect.flip(replaced(get, failing))).operation, "asst_1")
      }))
  })

  it.effect("21: a valid object may have a field `error`", () =>
    Effect.gen(function*() {
      const job = { id: "ftjob-1", error: { code: "invalid_n_epochs", message: "too many" } }
      const retrieve = Operation.make(Endpoint.make({
        name: "retrieveJob",
        summary: "Retrieve job",
        description: "Returns a job.",
        method: "GET",
        path: "/jobs",
        success: Endpoint.json(Schema.Struct({
          id: Schema.String,
          error: Schema.NullOr(Schema.Struct({ code: Schema.String, message: Schema.String }))
        }))
      }))
      const transport = Client.fake(() => Client.success(job))
      assert.deepStrictEqual(
        yield* retrieve().pipe(Effect.provide(Client.layer("http://fake", {}, transport.layer))),
        job
      )
    }))

  describe.each([["the platform's", Platform.layer], ["the client's", FetchHttpClient.layer]])(
    "RequestInit with %s FetchHttpClient",
    (_, transport) => {
      const init = (keepalive: boolean) => Layer.succeed(Platform.RequestInit, { keepalive, redirect: "error" })

      /** Returns the arguments of a custom fetch. */
      const recording = () => {
        const inits: Array<RequestInit> = []
        const layer = Layer.succeed(Platform.Fetch, (_, init) => {
          inits.push(init!)
          return Promise.resolve(Client.success(Models.assistant()))
        })
        return { inits, layer }
      }

      for (const place of ["transport", "client", "call"] as const) {
        it.effect(`provided to the ${place} is kept, except the redirect mode`, () =>
          Effect.gen(function*() {
            const { inits, layer } = recording()
            const at = (here: typeof place) => here === place ? init(true) : Layer.empty
            yield* get.pipe(
              Effect.provide(
                OpenAiClient.layer({ ...Client.credentials, baseUrl: "http://fake" }).pipe(
                  Layer.provide(Layer.provide(transport, Layer.merge(layer, at("transport")))),
                  Layer.provide(at("client")),
                  Layer.merge(at("call"))
                )
              )
            )
            assert.strictEqual(inits[0]!.keepalive, true)
            assert.strictEqual(inits[0]!.redirect, "manual")
          }))
      }

      it.effect("of a call takes precedence, and does not outlast the call", () =>
        Effect.gen(function*() {
          const { inits, layer } = recording()
          const outside = yield* Effect.context<never>()
          yield* Effect.gen(function*() {
            yield* Effect.provide(get, init(false))
            yield* get
            const inside = yield* Effect.context<never>()
            assert.isTrue(Context.getOption(inside, Platform.RequestInit)._tag === "None")
          }).pipe(
            Effect.provide(
              OpenAiClient.layer({ ...Client.credentials, baseUrl: "http://fake" }).pipe(
                Layer.provide(Layer.provide(transport, layer)),
                Layer.provide(init(true))
              )
            )
          )
          assert.deepStrictEqual(inits.map(({ keepalive }) => keepalive), [false, true])
          assert.strictEqual(yield* Effect.context<never>(), outside)
        }))
    }
  )

  it.effect("is isolated from the transport's context", () =>
    Effect.gen(function*() {
      yield* get
      const after = yield* Effect.context<never>()
      assert.strictEqual(Context.getOption(after, Platform.RequestInit)._tag, "None")
    }).pipe(Effect.provide(Client.layer("http://fake", {}, responding().layer))))

  describe("spans", () => {
    const spansOf = <A, E>(
      effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
      ...replies: readonly [Server.Reply, ...ReadonlyArray<Server.Reply>]
    ) =>
      Effect.gen(function*() {
        const server = yield* Server.make(...replies)
        const { spans, tracer } = Tracing.make()
        yield* Effect.exit(effect).pipe(
          Client.atOnce,
          Effect.provide(Client.layer(server.origin)),
          Effect.withTracer(tracer)
        )
        return { spans, server }
      })

    it.scoped("are one per call, with retries", () =>
      Effect.gen(function*() {
        const { server, spans } = yield* spansOf(
          get,
          Server.error(500),
          Server.json(Models.assistant(), 200, { "x-request-id": "req_1" })
        )
        assert.strictEqual(spans.length, 1)
        assert.deepInclude(spans[0], {
          name: "openai.getAssistant",
          kind: "client",
          parent: undefined,
          attributes: {
            "http.request.method": "GET",
            "url.template": "/assistants/{assistant_id}",
            "server.address": "127.0.0.1",
            "server.port": Number(new URL(server.origin).port),
            "openai.operation": "getAssistant",
            "http.response.status_code": 200,
            "http.request.resend_count": 1,
            "openai.request_id": "req_1"
          }
        })
        assert.isTrue(Exit.isSuccess(spans[0]!.exit!))
      }))

    it.scoped("have the error as error.type", () =>
      Effect.gen(function*() {
        const { spans: answered } = yield* spansOf(get, Server.error(404))
        assert.deepInclude(answered[0]!.attributes, {
          "error.type": "NotFoundError",
          "http.response.status_code": 404
        })
        assert.isTrue(Exit.isFailure(answered[0]!.exit!))
        const { spans: unanswered } = yield* spansOf(Retry.none(get), Server.reset)
        assert.deepInclude(unanswered[0]!.attributes, { "error.type": "TransportError" })
        const { spans: unsent } = yield* spansOf(Assistants.list({ limit: 0 }), Server.stall)
        assert.deepInclude(unsent[0]!.attributes, { "error.type": "InvalidRequestError" })
      }))

    it.scoped("have the caller's span as parent", () =>
      Effect.gen(function*() {
        const { spans } = yield* spansOf(Effect.withSpan(get, "outer"), Server.json(Models.assistant()))
        assert.deepStrictEqual(spans.map(({ name, parent }) => [name, parent]), [
          ["outer", undefined],
          ["openai.getAssistant", "span-1"]
        ])
      }))

    it.effect("are not made for Effect's default tracer", () =>
      Effect.gen(function*() {
        let inside: Option.Option<Tracer.AnySpan> = Option.none()
        const transport = HttpClient.make((request) =>
          Effect.flatMap(Effect.option(Effect.currentParentSpan), (span) => {
            inside = span
            return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" }))
          })
        )
        yield* Effect.exit(get).pipe(
          Retry.none,
          Effect.provide(Client.layer("http://fake", {}, Layer.succeed(HttpClient.HttpClient, transport))),
          Effect.withSpan("outer")
        )
        assert.deepInclude(Option.getOrThrow(inside), { _tag: "Span", name: "outer" })
      }))

    it.scoped("are one per stream, until its end", () =>
      Effect.gen(function*() {
        const content = Files.content.stream({ file_id: "file-1" })
        const { spans: whole } = yield* spansOf(Stream.runDrain(content), Server.text("abc"))
        assert.deepStrictEqual(whole.map(({ name }) => name), ["openai.downloadFile"])
        assert.deepInclude(whole[0]!.attributes, { "http.response.status_code": 200 })
        assert.isTrue(Exit.isSuccess(whole[0]!.exit!))

        const { spans: broken } = yield* spansOf(Stream.runDrain(content), Server.cut("end"))
        assert.strictEqual(broken.length, 1)
        assert.deepInclude(broken[0]!.attributes, { "error.type": "TransportError" })
        assert.isTrue(Exit.isFailure(broken[0]!.exit!))
      }))

    it.scoped("are one per page", () =>
      Effect.gen(function*() {
        const { spans } = yield* spansOf(
          Stream.runDrain(Assistants.list.items()),
          Server.json(Models.page(["a"], { has_more: true })),
          Server.json(Models.page(["b"]))
        )
        assert.deepStrictEqual(spans.map(({ name }) => name), ["openai.listAssistants", "openai.listAssistants"])
      }))
  })
})
