import {
  Assistants,
  AzureOpenAi,
  ChatCompletions,
  Completions,
  Embeddings,
  FetchHttpClient,
  Files,
  Models,
  type OpenAiClient,
  Retry
} from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Layer, Redacted, Stream } from "effect"
import { inspect } from "node:util"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Objects from "./utils/models.js"
import * as Server from "./utils/server.js"

const key = "azure-key-0123456789"

const options = {
  endpoint: "https://example.openai.azure.com",
  apiVersion: "2024-10-21",
  apiKey: Redacted.make(key),
  deployments: { "gpt-4o": "my chat", "text-embedding-3-small": "vectors" }
} satisfies AzureOpenAi.Options

const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }

/** Runs a call on a transport in memory, and returns its only request. */
const sent = <A, E>(
  call: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
  changes?: Partial<AzureOpenAi.Options>
) => {
  const transport = Client.fake(() => Client.failure(404))
  return Effect.exit(call).pipe(
    Effect.provide(Layer.provide(AzureOpenAi.layer({ ...options, ...changes }), transport.layer)),
    Effect.map(() => transport.requests[0]!)
  )
}

describe("AzureOpenAi", () => {
  const version = "api-version=2024-10-21"
  const calls: ReadonlyArray<
    readonly [url: string, call: Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>]
  > = [
    [`/openai/deployments/my%20chat/chat/completions?${version}`, ChatCompletions.create(chat)],
    [
      `/openai/deployments/my%20chat/chat/completions?${version}`,
      Stream.runDrain(ChatCompletions.create.stream(chat))
    ],
    [
      `/openai/deployments/other%2Fmodel/chat/completions?${version}`,
      ChatCompletions.create({ ...chat, model: "other/model" })
    ],
    [
      `/openai/deployments/gpt-3.5-turbo-instruct/completions?${version}`,
      Completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Hi" })
    ],
    [
      `/openai/deployments/vectors/embeddings?${version}`,
      Embeddings.create({ model: "text-embedding-3-small", input: "Hi" })
    ],
    [`/openai/models?${version}`, Models.list()],
    [`/openai/assistants?limit=2&${version}`, Assistants.list({ limit: 2 })],
    [`/openai/files/file-1/content?${version}`, Files.content({ file_id: "file-1" })]
  ]
  for (const [url, call] of calls) {
    it.effect(`sends to ${url}, with the key as a header`, () =>
      Effect.gen(function*() {
        const request = yield* sent(call)
        assert.strictEqual(request.url, options.endpoint + url)
        assert.strictEqual(request.headers["api-key"], key)
        assert.notProperty(request.headers, "authorization")
      }))
  }

  it.effect("sends a token instead of the key", () =>
    Effect.gen(function*() {
      const { headers } = yield* sent(Models.list(), { token: Redacted.make("token-1") })
      assert.strictEqual(headers["authorization"], "Bearer token-1")
      assert.notProperty(headers, "api-key")
    }))

  for (const model of ["", ".", "..", "%2e%2E"]) {
    it.effect(`refuses ${JSON.stringify(model)} as a deployment`, () =>
      Effect.gen(function*() {
        const transport = Client.fake(() => Client.failure(404))
        const error = yield* ChatCompletions.create({ ...chat, model }).pipe(
          Effect.provide(Layer.provide(AzureOpenAi.layer(options), transport.layer)),
          Effect.flip
        )
        assert.deepInclude(error, {
          _tag: "InvalidRequestError",
          field: "deployment",
          operation: "createChatCompletion"
        })
        assert.strictEqual(transport.requests.length, 0)
      }))
  }

  for (
    const [changes, option] of [
      [{ apiKey: undefined }, "apiKey"],
      [{ apiKey: Redacted.make("") }, "apiKey"],
      [{ endpoint: "example.openai.azure.com" }, "endpoint"],
      [{ endpoint: "https://example.openai.azure.com?api-version=1" }, "endpoint"],
      [{ apiVersion: "" }, "apiVersion"],
      [{ concurrency: 0 }, "concurrency"]
    ] as const
  ) {
    it.effect(`refuses ${JSON.stringify(changes)}`, () =>
      Effect.gen(function*() {
        const error = yield* AzureOpenAi.make({ ...options, ...changes }).pipe(
          Effect.provide(FetchHttpClient.layer),
          Effect.flip
        )
        assert.include(String(error), option)
      }))
  }

  it.effect("layerConfig reads the environment, and other options from Config", () =>
    Effect.gen(function*() {
      const transport = Client.fake(() => Client.failure(404))
      const run = (env: Record<string, string>) =>
        Effect.exit(ChatCompletions.create(chat)).pipe(
          Effect.provide(
            AzureOpenAi.layerConfig({ deployments: Config.succeed({ "gpt-4o": "mine" }) }).pipe(
              Layer.provide(transport.layer)
            )
          ),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env))))
        )
      const env = { AZURE_OPENAI_ENDPOINT: "http://fake/gateway/", OPENAI_API_VERSION: "1" }
      yield* run({ ...env, AZURE_OPENAI_API_KEY: "k" })
      yield* run({ ...env, AZURE_OPENAI_API_KEY: "", AZURE_OPENAI_AD_TOKEN: "t" })
      assert.deepStrictEqual(
        transport.requests.map(({ headers, url }) => [url, headers["api-key"], headers["authorization"]]),
        [
          ["http://fake/gateway/openai/deployments/mine/chat/completions?api-version=1", "k", undefined],
          ["http://fake/gateway/openai/deployments/mine/chat/completions?api-version=1", undefined, "Bearer t"]
        ]
      )
      assert.include(String(yield* Effect.flip(run(env))), "API key")
      assert.include(String(yield* Effect.flip(run({ AZURE_OPENAI_API_KEY: "k" }))), "AZURE_OPENAI_ENDPOINT")
    }))

  for (const [name, transport] of Object.entries({ FetchHttpClient, UndiciHttpClient })) {
    describe(name, () => {
      const against = (server: Server.TestServer) =>
        Effect.provide(
          AzureOpenAi.layer({ ...options, endpoint: server.origin }).pipe(Layer.provide(transport.layer))
        )

      const filtered = {
        error: {
          message: "The response was filtered",
          type: null,
          param: "prompt",
          code: "content_filter",
          status: 400,
          innererror: {
            code: "ResponsibleAIPolicyViolation",
            content_filter_result: { violence: { filtered: true, severity: "medium" } }
          }
        }
      }
      for (
        const [what, status, body, expected] of [
          ["the content filter", 400, filtered, {
            _tag: "BadRequestError",
            message: "The response was filtered",
            code: "content_filter",
            param: "prompt"
          }],
          ["the gateway", 401, { statusCode: 401, message: "Unauthorized. Access token is missing." }, {
            _tag: "AuthenticationError",
            message: "Unauthorized. Access token is missing."
          }],
          ["an unknown deployment", 404, { error: { code: "DeploymentNotFound", message: "No such deployment." } }, {
            _tag: "NotFoundError",
            code: "DeploymentNotFound"
          }],
          ["a limit", 429, { error: { code: "429", message: "Retry after 7 seconds." } }, {
            _tag: "RateLimitError",
            message: "Retry after 7 seconds."
          }]
        ] as const
      ) {
        it.scopedLive(`an error of ${what} has the class of its status, and its words`, () =>
          Effect.gen(function*() {
            const server = yield* Server.make(Server.json(body, status))
            const error = yield* ChatCompletions.create(chat).pipe(Retry.none, against(server), Effect.flip)
            assert.deepInclude(error, { ...expected, status })
            assert.strictEqual(OpenAiError.isThrottling(error as OpenAiError.OpenAiError), status === 429)
          }))
      }

      it.scopedLive("sends the key to no other origin, and shows it in no error", () =>
        Effect.gen(function*() {
          const other = yield* Server.make(Server.json({ error: { message: `bad key ${key}` } }, 404))
          const server = yield* Server.make(Server.redirect(302, `${other.origin}/away`))
          const error = yield* Effect.flip(against(server)(Models.list()))
          assert.strictEqual(server.requests[0]!.headers["api-key"], key)
          assert.notProperty(other.requests[0]!.headers, "api-key")
          assert.notInclude(inspect(error) + JSON.stringify(error), key)
          assert.include(error.message, "bad key")
        }))

      it.scopedLive("follows a redirect within the resource with its key", () =>
        Effect.gen(function*() {
          const server = yield* Server.make(
            Server.redirect(307, "/openai/assistants/asst_1?api-version=2"),
            Server.json(Objects.assistant())
          )
          yield* against(server)(Assistants.retrieve({ assistant_id: "asst_1" }))
          assert.deepStrictEqual(server.requests.map(({ headers }) => headers["api-key"]), [key, key])
        }))

      it.scopedLive("reads a stream", () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.reply(
            Conversation.event({ id: "", model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
            Conversation.event(Conversation.chunk({ content: "Hi" })),
            Conversation.event({ id: "", choices: [{ index: 0, content_filter_offsets: { check_offset: 1 } }] }),
            Conversation.done
          ))
          const chunks = yield* against(server)(Stream.runCollect(ChatCompletions.create.stream(chat)))
          assert.strictEqual(chunks.length, 3)
        }))
    })
  }
})
