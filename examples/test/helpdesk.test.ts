import { Assistants, OpenAiClient } from "@effect-openai/client"
import { OpenAiError } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import { HttpApiClient } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { Api, CreateHelpdesk } from "../src/helpdesk/Api.js"
import { ServerLive } from "../src/helpdesk/Server.js"

// The only line that a test changes: the emulator replaces the network. It opens no socket.
const OpenAiTest = OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provide(Emulator.layer()))

/** The backend under test, and an HTTP client with its address. */
const backend = (openAi: typeof OpenAiTest) =>
  ServerLive.pipe(Layer.provide(openAi), Layer.provideMerge(NodeHttpServer.layerTest))

const handbook = new CreateHelpdesk({ name: "Repairs", handbook: "A repair takes a week." })

layer(backend(OpenAiTest))("helpdesk", (it) => {
  it.effect("creates, shows, lists and removes helpdesks", () =>
    Effect.gen(function*() {
      const { helpdesks } = yield* HttpApiClient.make(Api)
      const created = yield* helpdesks.create({ payload: handbook })
      assert.strictEqual(created.documents, 1)

      const got = yield* helpdesks.get({ path: { id: created.id } })
      assert.deepStrictEqual({ ...got }, { id: created.id, name: "Repairs", documents: 1 })
      assert.deepStrictEqual((yield* helpdesks.list()).map(({ id }) => id), [created.id])

      yield* helpdesks.remove({ path: { id: created.id } })
      assert.deepStrictEqual(yield* helpdesks.list(), [])
    }))

  it.effect("fails with HelpdeskNotFound for an unknown helpdesk", () =>
    Effect.gen(function*() {
      const { helpdesks } = yield* HttpApiClient.make(Api)
      const error = yield* Effect.flip(helpdesks.get({ path: { id: "asst_missing" } }))
      assert.strictEqual(error._tag, "HelpdeskNotFound")
    }))
})

const throttled = new OpenAiError.RateLimitError({
  operation: "createAssistant",
  status: 429,
  message: "Rate limit reached",
  requestId: undefined,
  type: "requests",
  param: undefined,
  code: "rate_limit_exceeded",
  retryAfter: Duration.seconds(7),
  limit: {
    requests: { limit: 60, remaining: 0, reset: Duration.seconds(7) },
    tokens: { limit: undefined, remaining: undefined, reset: undefined }
  }
})

// Replaces one operation. The emulator serves all others.
const OpenAiThrottled = OpenAiClient.replace(Assistants.create, () => Effect.fail(throttled)).pipe(
  Layer.provide(OpenAiTest)
)

layer(backend(OpenAiThrottled))("helpdesk, throttled", (it) => {
  it.effect("fails with HelpdeskUnavailable and the time to wait", () =>
    Effect.gen(function*() {
      const { helpdesks } = yield* HttpApiClient.make(Api)
      const error = yield* Effect.flip(helpdesks.create({ payload: handbook }))
      assert.strictEqual(error._tag, "HelpdeskUnavailable")
      assert.strictEqual(error._tag === "HelpdeskUnavailable" && error.retryAfterSeconds, 7)
    }))
})
