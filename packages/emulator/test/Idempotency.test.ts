import { Assistants, ChatCompletions, Files, OpenAiClient, Retry } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { type Emulator, Model, Store } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Logger, Redacted, Ref } from "effect"
import { describeEach } from "./describeEach.js"
import {
  apiKey,
  BaseUrl,
  inProcess,
  later,
  overHttp,
  send,
  sendJson,
  type Services,
  stores,
  withEmulator
} from "./utils.js"

const body = { model: "gpt-4-turbo", name: "Ada" }

const create = (key: string, assistant: object = body, headers?: Record<string, string>) =>
  sendJson("POST", "/assistants", assistant, { "idempotency-key": key, ...headers })

const count = Effect.map(Assistants.list(), ({ data }) => data.length)

describeEach(stores)("Idempotency-Key on $name", ({ layer }) => {
  const run = (effect: Effect.Effect<unknown, unknown, Services>, options?: Emulator.Options<never, never>) =>
    withEmulator(options)(effect)

  const test = (title: string, effect: Effect.Effect<unknown, unknown, Store.Store>) =>
    it.scopedLive(title, () => Effect.provide(effect, layer))

  test(
    "a repeated request gets the first response, also from the next process",
    Effect.gen(function*() {
      const first = yield* Ref.make("")
      yield* run(Effect.gen(function*() {
        const created = yield* create("one")
        assert.strictEqual(created.status, 200)
        assert.isUndefined(created.headers["idempotent-replayed"])
        yield* Ref.set(first, created.text)
        const repeated = yield* create("one")
        assert.deepInclude(repeated, { status: 200, text: created.text })
        assert.strictEqual(repeated.headers["idempotent-replayed"], "true")
        assert.notStrictEqual(repeated.headers["x-request-id"], created.headers["x-request-id"])
      }))
      yield* run(Effect.gen(function*() {
        assert.strictEqual((yield* create("one")).text, yield* Ref.get(first))
        assert.strictEqual(yield* count, 1)
        yield* create("two")
        assert.strictEqual(yield* count, 2)
      }))
    })
  )

  test(
    "a key is kept for 24 hours",
    Effect.gen(function*() {
      yield* run(create("one"))
      yield* run(
        Effect.gen(function*() {
          yield* create("one")
          assert.strictEqual(yield* count, 1)
        }),
        { clock: later("23 hours") }
      )
      yield* run(
        Effect.gen(function*() {
          yield* create("one")
          assert.strictEqual(yield* count, 2)
        }),
        { clock: later("25 hours") }
      )
    })
  )

  test(
    "a key of another request is refused",
    run(Effect.gen(function*() {
      yield* create("one")
      const other = yield* create("one", { ...body, name: "Bob" })
      assert.strictEqual(other.status, 400)
      assert.strictEqual(other.json.error.type, "idempotency_error")
      const elsewhere = yield* sendJson("POST", "/threads", body, { "idempotency-key": "one" })
      assert.strictEqual(elsewhere.status, 400)
      for (const key of ["", "k".repeat(256)]) assert.strictEqual((yield* create(key)).status, 400)
      assert.strictEqual(yield* count, 1)
      // Another caller has other keys.
      yield* create("one", body, { authorization: "Bearer sk-another-key-0123456789" })
      assert.strictEqual(yield* count, 2)
    }))
  )

  test(
    "an error is not kept",
    run(Effect.gen(function*() {
      assert.strictEqual((yield* create("one", { name: "Ada" })).status, 400)
      assert.strictEqual((yield* create("one")).status, 200)
    }))
  )

  test(
    "a request in flight is refused, and ends after its caller has left",
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      let turns = 0
      const model = Layer.succeed(Model.Model, {
        reply: () =>
          Effect.sync(() => turns++).pipe(
            Effect.zipRight(Deferred.succeed(asked, undefined)),
            Effect.zipRight(Deferred.await(gate)),
            Effect.as(Model.text("Done."))
          )
      })
      const chat = sendJson(
        "POST",
        "/chat/completions",
        { model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }] },
        { "idempotency-key": "one" }
      )
      yield* run(
        Effect.gen(function*() {
          const first = yield* Effect.fork(chat)
          yield* Deferred.await(asked)
          const second = yield* chat
          assert.strictEqual(second.status, 409)
          assert.strictEqual(second.json.error.code, "idempotency_key_in_use")
          yield* Fiber.interrupt(first)
          yield* Deferred.succeed(gate, undefined)
          const third = yield* Effect.repeat(Effect.delay(chat, "10 millis"), {
            until: ({ status }) => status !== 409
          })
          assert.strictEqual(third.status, 200)
          assert.strictEqual(third.headers["idempotent-replayed"], "true")
          assert.strictEqual(turns, 1)
        }),
        { model }
      )
    })
  )

  test(
    "a request whose response was lost is not carried out again",
    Effect.gen(function*() {
      const store = yield* Store.Store
      const losing: typeof Store.Store.Service = {
        ...store,
        set: (collection, document) =>
          collection.name === "idempotency_key" && "response" in document
            ? Effect.fail(new Store.StoreError({ message: "gone" }))
            : store.set(collection, document)
      }
      yield* Effect.provideService(
        run(Effect.gen(function*() {
          assert.strictEqual((yield* create("one")).status, 500)
        })),
        Store.Store,
        losing
      ).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
      yield* run(Effect.gen(function*() {
        assert.strictEqual((yield* create("one")).status, 409)
        assert.strictEqual(yield* count, 1)
      }))
    })
  )
})

describe("a client with idempotency keys", () => {
  const keyed = Effect.map(
    BaseUrl,
    (baseUrl) => Layer.orDie(OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl, idempotencyKeys: true }))
  )

  const lost = (operation: "createAssistant" | "createFile") => ({
    faults: { rules: [{ operation, times: 1, fault: { type: "reset" as const, when: "after" as const } }] }
  })

  it.scopedLive("repeats a create whose connection was lost, and creates once", () =>
    Effect.gen(function*() {
      const layer = yield* keyed
      const create = Assistants.create({ model: "gpt-4-turbo" })
      yield* create.pipe(Retry.policy({ delay: 0 }), Effect.provide(layer))
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(overHttp.layer(lost("createAssistant")))))

  it.scopedLive("repeats an upload", () =>
    Effect.gen(function*() {
      const layer = yield* keyed
      const file = FileSource.fromBytes("a.txt", new TextEncoder().encode("abc"))
      yield* Files.upload({ file, purpose: "assistants" }).pipe(Retry.policy({ delay: 0 }), Effect.provide(layer))
      assert.strictEqual((yield* Files.list()).data!.length, 1)
    }).pipe(Effect.provide(overHttp.layer(lost("createFile")))))

  it.scopedLive("without them it does not repeat a create", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Assistants.create({ model: "gpt-4-turbo" }))
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(yield* count, 1)
      yield* ChatCompletions.create({ model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }] })
    }).pipe(Effect.provide(overHttp.layer(lost("createAssistant")))))
})

describe("a store whose write succeeds, and whose confirmation is lost", () => {
  const losing = Layer.map(Store.layerMemory, (context) => {
    const store = Context.get(context, Store.Store)
    let hasWritten = false
    return Context.make(Store.Store, {
      ...store,
      insert: (collection, document) =>
        Effect.tap(store.insert(collection, document), () => {
          hasWritten ||= ["assistant", "thread"].includes(collection.name)
        }),
      set: (collection, document) =>
        Effect.tap(store.set(collection, document), () => {
          hasWritten ||= ["assistant", "thread"].includes(collection.name)
        }),
      remove: (collection, id) =>
        Effect.tap(store.remove(collection, id), () => {
          hasWritten ||= collection.name === "assistant"
        }),
      transaction: (effect) => {
        hasWritten = false
        return Effect.tap(
          store.transaction(effect),
          () => hasWritten ? new Store.StoreError({ message: "gone" }) : Effect.void
        )
      }
    })
  })
  it.effect("does not let a client create twice, and lets it repeat what is replayable", () =>
    Effect.gen(function*() {
      const assistant = { body: JSON.stringify({ model: "gpt-4-turbo" }) }
      const { headers, status } = yield* send("POST", "/assistants", assistant)
      assert.strictEqual(status, 500)
      assert.strictEqual(headers["x-should-retry"], "false")
      yield* Effect.either(Assistants.create({ model: "gpt-4-turbo" }).pipe(Retry.policy({ delay: 0 })))
      assert.strictEqual(yield* count, 2)

      const [first, second] = (yield* Assistants.list()).data
      const replayable = [
        send("DELETE", `/assistants/${first?.id}`),
        send("POST", `/assistants/${second?.id}`, { body: "{}" }),
        send("POST", "/assistants", { ...assistant, headers: { "idempotency-key": "one" } })
      ]
      for (const request of replayable) {
        const { headers, status } = yield* request
        assert.strictEqual(status, 500)
        assert.isUndefined(headers["x-should-retry"])
      }
      // A stream of events is carried out without its key.
      const streamed = yield* send("POST", "/threads/runs", {
        body: JSON.stringify({ assistant_id: second?.id, stream: true }),
        headers: { "idempotency-key": "two" }
      })
      assert.strictEqual(streamed.headers["x-should-retry"], "false")
    }).pipe(
      Effect.provide(Layer.provideMerge(inProcess.layer({ store: losing }), Logger.remove(Logger.defaultLogger)))
    ))
})
