import { Assistants, ChatCompletions, OpenAiClient, Runs } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Models from "./utils/models.js"

const create = Client.atOnce(Assistants.create({ model: "gpt-4o" }))

const transport = () =>
  Client.fake((count) => count % 3 === 0 ? Client.success(Models.assistant()) : Client.failure(503))

const keysOf = ({ requests }: ReturnType<typeof transport>) => requests.map(({ headers }) => headers["idempotency-key"])

describe("idempotencyKeys", () => {
  it.effect("sends the same key with each retry of a create, and another one with another create", () =>
    Effect.gen(function*() {
      const fake = transport()
      yield* Effect.zip(create, create).pipe(
        Effect.provide(Client.layer("http://fake", { idempotencyKeys: true }, fake.layer))
      )
      const [first, ...others] = keysOf(fake)
      assert.match(first!, /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual(others.slice(0, 2), [first, first])
      assert.notStrictEqual(others[2], first)
      assert.deepStrictEqual(others.slice(3), [others[2], others[2]])
    }))

  it.effect("sends none by default", () =>
    Effect.gen(function*() {
      const fake = transport()
      yield* create.pipe(Effect.provide(Client.layer("http://fake", {}, fake.layer)))
      assert.deepStrictEqual(keysOf(fake), [undefined, undefined, undefined])
    }))

  it.effect("sends none with a request that creates nothing, or that is streamed", () =>
    Effect.gen(function*() {
      const fake = Client.fake((_, { method, url }) =>
        method === "GET" || url.endsWith("asst_1")
          ? Client.success(Models.assistant())
          : Conversation.answer("event: done\ndata: [DONE]\n\n")
      )
      yield* Effect.all([
        Assistants.retrieve({ assistant_id: "asst_1" }),
        Stream.runDrain(Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" })),
        Stream.runDrain(
          ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] })
        )
      ]).pipe(Effect.provide(Client.layer("http://fake", { idempotencyKeys: true }, fake.layer)))
      assert.deepStrictEqual(keysOf(fake), [undefined, undefined, undefined])
    }))
})

describe("withIdempotencyKey", () => {
  it.effect("sends its key with a create, and none with a request that creates nothing", () =>
    Effect.gen(function*() {
      const fake = Client.fake(() => Client.success(Models.assistant()))
      yield* create.pipe(
        Effect.zipRight(Assistants.retrieve({ assistant_id: "asst_1" })),
        OpenAiClient.withIdempotencyKey("one"),
        Effect.zipRight(create),
        Effect.provide(Client.layer("http://fake", {}, fake.layer))
      )
      assert.deepStrictEqual(keysOf(fake), ["one", undefined, undefined])
    }))

  it.effect("sends the same key with a retry", () =>
    Effect.gen(function*() {
      const fake = transport()
      yield* create.pipe(
        OpenAiClient.withIdempotencyKey("one"),
        Effect.provide(Client.layer("http://fake", { idempotencyKeys: true }, fake.layer))
      )
      assert.deepStrictEqual(keysOf(fake), ["one", "one", "one"])
    }))
})
