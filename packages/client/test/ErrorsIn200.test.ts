import { Assistants, ChatCompletions, FetchHttpClient, Retry } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { Contract } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Requests from "./utils/requests.js"
import * as Server from "./utils/server.js"

const transports = { FetchHttpClient: FetchHttpClient.layer, UndiciHttpClient: UndiciHttpClient.layer }

const nothing = { id: null, choices: null, created: null, model: null, object: null, usage: null }

const said = { message: "Slow down." }

/** Bodies of servers that respond with 200, and the error that each is. */
const bodies: ReadonlyArray<readonly [name: string, body: unknown, tag: string, fields?: object]> = [
  ["a status as code", { error: { ...said, code: 429 } }, "RateLimitError", { status: 429, code: "429" }],
  [
    "null for all documented fields (OpenRouter)",
    { ...nothing, error: { ...said, code: 429, metadata: { raw: "Too Many Requests" } }, user_id: "user_1" },
    "RateLimitError",
    { code: "429" }
  ],
  ["a status as code, below 500", { error: { ...said, code: "404" } }, "NotFoundError", { status: 404 }],
  ["a status as code, above 500", { error: { ...said, code: 502 } }, "InternalServerError", { status: 502 }],
  ["a status without a class", { error: { ...said, code: 418 } }, "UnexpectedStatusError", {
    status: 418,
    body: said.message
  }],
  ["a code", { error: { ...said, type: "requests", code: "rate_limit_exceeded" } }, "RateLimitError"],
  ["a type", { error: { ...said, type: "rate_limit_error", code: null } }, "RateLimitError"],
  ["no quota left", { error: { ...said, code: "insufficient_quota" } }, "InsufficientQuotaError", { status: 429 }],
  [
    "a code that says more than the type",
    { error: { ...said, type: "invalid_request_error", code: "invalid_api_key" } },
    "AuthenticationError",
    { status: 401 }
  ],
  ["an invalid request", { error: { ...said, type: "invalid_request_error", param: "n" } }, "BadRequestError", {
    param: "n"
  }],
  ["no code", { error: said }, "InternalServerError", { status: 500 }],
  ["an error as text (LM Studio)", { error: said.message }, "InternalServerError"],
  [
    "an error without an envelope (vLLM)",
    { object: "error", ...said, type: "BadRequestError", code: 400 },
    "BadRequestError"
  ],
  [
    "a list around the error (Gemini)",
    [{ error: { ...said, code: 429, status: "RESOURCE_EXHAUSTED" } }],
    "RateLimitError"
  ]
]

const request = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] }

for (const [transport, layer] of Object.entries(transports)) {
  describe(`An error with status 200 over ${transport}`, () => {
    for (const [name, body, tag, fields] of bodies) {
      it.scopedLive(`has the same class as a response and as an event: ${name}`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.json(body), Conversation.reply(Conversation.event(body)))
          const client = Client.layer(server.origin, {}, layer)
          const whole = yield* ChatCompletions.create(request).pipe(Retry.none, Effect.flip, Effect.provide(client))
          const streamed = yield* Stream.runDrain(ChatCompletions.create.stream(request)).pipe(
            Effect.flip,
            Effect.provide(client)
          )
          for (const error of [whole, streamed]) {
            assert.deepInclude<object>(error, {
              _tag: tag,
              operation: "createChatCompletion",
              message: said.message,
              ...fields
            })
          }
          assert.deepStrictEqual({ ...streamed }, { ...whole } as typeof streamed)
        }))
    }

    it.scopedLive("is retried by its class", () =>
      Effect.gen(function*() {
        const assistant = { id: "asst_1" }
        for (const [code, requests] of [[429, 2], ["insufficient_quota", 1], [400, 1], [503, 2]] as const) {
          const server = yield* Server.make(Server.json({ error: { ...said, code } }), Server.json(assistant))
          const exit = yield* Assistants.create({ model: "m" }).pipe(
            Client.atOnce,
            Effect.either,
            Effect.provide(Client.layer(server.origin, {}, layer))
          )
          assert.lengthOf(server.requests, requests)
          if (exit._tag === "Right") assert.deepInclude<object>(exit.right, assistant)
        }
      }))
  })
}

describe("An error with status 200", () => {
  for (const endpoint of Contract.endpoints) {
    if (endpoint.success._tag !== "Json") continue
    it.effect(`is the error of ${endpoint.name}`, () =>
      Effect.gen(function*() {
        const transport = Client.fake(() => Client.success({ error: { ...said, code: "rate_limit_exceeded" } }))
        const error = yield* Requests.call(endpoint, Requests.sample(endpoint)).pipe(
          Client.atOnce,
          Effect.flip,
          Effect.provide(Client.layer("http://fake", {}, transport.layer))
        )
        assert.deepInclude<object>(error, { operation: endpoint.name, message: said.message })
        if (endpoint.body._tag === "Multipart") return
        assert.strictEqual(error._tag, "RateLimitError")
        assert.lengthOf(transport.requests, 3)
      }))
  }

  it.effect("that is null, or next to a valid response, is none", () =>
    Effect.gen(function*() {
      for (const error of [null, undefined, said]) {
        const transport = Client.fake(() => Client.success({ id: "asst_1", error }))
        const assistant = yield* Assistants.retrieve({ assistant_id: "asst_1" }).pipe(
          Effect.provide(Client.layer("http://fake", {}, transport.layer))
        )
        assert.strictEqual(assistant.id, "asst_1")
      }
    }))
})
