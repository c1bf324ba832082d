import { OpenAiLanguageModel } from "@effect-openai/ai"
import { OpenAiClient, Retry } from "@effect-openai/client"
import { Emulator, type Faults, Script } from "@effect-openai/emulator"
import { HttpApiClient } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createServer } from "node:http"
import { Api, CreateHelpdesk, Question } from "../src/helpdesk/Api.js"
import { type Helpdesks, Repairs } from "../src/helpdesk/Helpdesks.js"
import { ServerLive } from "../src/helpdesk/Server.js"
import * as WithClient from "../src/helpdesk/WithClient.js"
import * as WithEffectAi from "../src/helpdesk/WithEffectAi.js"
import * as WithOpenai from "../src/helpdesk/WithOpenai.js"

/** Only a model that has the ticket's status from the function, or the handbook, replies with what the tests expect. */
const options = (rules: ReadonlyArray<Faults.Rule>) => ({
  faults: { rules },
  model: Script.layer({
    turns: [
      {
        when: { message: "A-17" },
        replies: [
          { type: "function_calls", calls: [{ name: "repair_status", arguments: { ticket: "A-17" } }] },
          { type: "text", text: "It is ready." }
        ]
      },
      // In an assistant the handbook is a file, which the built-in model quotes.
      { when: { instructions: "takes a week" }, replies: [{ type: "text", text: "A repair takes a week." }] }
    ]
  })
})

const apiKey = "sk-test"

/** Without retries: the test sees the first failure, and waits for nothing. */
const client = (rules: ReadonlyArray<Faults.Rule>) =>
  OpenAiClient.layer({ apiKey: Redacted.make(apiKey) }).pipe(
    Layer.provide(Layer.merge(Emulator.layer(options(rules)), Retry.layer({ times: 0 })))
  )

/** The ways to write the service, each over the emulator. The official SDK needs a socket. */
const ways = {
  "WithClient": (rules: ReadonlyArray<Faults.Rule>) => WithClient.layer.pipe(Layer.provide(client(rules))),
  "WithEffectAi": (rules: ReadonlyArray<Faults.Rule>) =>
    WithEffectAi.layer.pipe(
      Layer.provide(OpenAiLanguageModel.layer({ model: "gpt-4-turbo" }).pipe(Layer.provide(client(rules))))
    ),
  "WithOpenai": (rules: ReadonlyArray<Faults.Rule>) =>
    Layer.unwrapEffect(
      Effect.map(Emulator.baseUrl, (baseURL) => WithOpenai.layer({ apiKey, baseURL, maxRetries: 0 }))
    ).pipe(
      Layer.provide(Layer.provideMerge(
        Emulator.layerHttp(options(rules)),
        NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
      ))
    )
}

/** The tickets that models asked for. */
const asked: Array<string> = []

const RepairsTest = Layer.succeed(Repairs, {
  status: (ticket) => Effect.sync(() => asked.push(ticket)).pipe(Effect.as(`${ticket} is ready.`))
})

/** The backend under test, and an HTTP client with its address. */
const backend = (helpdesks: Layer.Layer<Helpdesks, unknown, Repairs>) =>
  ServerLive.pipe(
    Layer.provide(helpdesks),
    Layer.provide(RepairsTest),
    Layer.provideMerge(NodeHttpServer.layerTest),
    Layer.orDie
  )

const handbook = new CreateHelpdesk({ name: "Repairs & more", handbook: "A repair takes a week." })

describe.each(Object.entries(ways))("%s", (_, way) => {
  describe("a helpdesk", () => {
    const withBackend = Effect.provide(backend(way([])))

    it.effect("is created, shown, listed and removed", () =>
      Effect.gen(function*() {
        const { helpdesks } = yield* HttpApiClient.make(Api)
        const created = yield* helpdesks.create({ payload: handbook })
        assert.strictEqual(created.documents, 1)

        const got = yield* helpdesks.get({ path: { id: created.id } })
        assert.deepStrictEqual({ ...got }, { id: created.id, name: "Repairs & more", documents: 1 })
        assert.deepStrictEqual((yield* helpdesks.list()).map(({ id }) => id), [created.id])

        yield* helpdesks.remove({ path: { id: created.id } })
        assert.deepStrictEqual(yield* helpdesks.list(), [])
      }).pipe(withBackend))

    it.effect("replies from its handbook, and from a function", () =>
      Effect.gen(function*() {
        const { helpdesks } = yield* HttpApiClient.make(Api)
        const { id } = yield* helpdesks.create({ payload: handbook })
        const ask = (question: string) => helpdesks.ask({ path: { id }, payload: new Question({ question }) })
        assert.include((yield* ask("How long does a repair take?")).text, "takes a week")

        asked.length = 0
        assert.strictEqual((yield* ask("What is the state of ticket A-17?")).text, "It is ready.")
        assert.deepStrictEqual(asked, ["A-17"])
      }).pipe(withBackend))

    it.effect("fails with HelpdeskNotFound for an unknown helpdesk", () =>
      Effect.gen(function*() {
        const { helpdesks } = yield* HttpApiClient.make(Api)
        const path = { id: "asst_missing" }
        const errors = yield* Effect.all([
          Effect.flip(helpdesks.get({ path })),
          Effect.flip(helpdesks.remove({ path })),
          Effect.flip(helpdesks.ask({ path, payload: new Question({ question: "Hello?" }) }))
        ])
        assert.deepStrictEqual(errors.map(({ _tag }) => _tag), Array(3).fill("HelpdeskNotFound"))
      }).pipe(withBackend))
  })

  describe("a helpdesk whose server is busy", () => {
    const withBackend = Effect.provide(backend(way([{
      operation: ["createRun", "createChatCompletion"],
      fault: { type: "rate_limit", retry_after_ms: 7000 }
    }])))

    it.effect("fails with HelpdeskUnavailable and the time to wait", () =>
      Effect.gen(function*() {
        const { helpdesks } = yield* HttpApiClient.make(Api)
        const { id } = yield* helpdesks.create({ payload: handbook })
        const error = yield* Effect.flip(helpdesks.ask({ path: { id }, payload: new Question({ question: "Hello?" }) }))
        assert.include(error, { _tag: "HelpdeskUnavailable", retryAfterSeconds: 7 })
      }).pipe(withBackend))
  })
})
