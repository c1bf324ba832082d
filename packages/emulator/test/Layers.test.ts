import { Assistants, Files } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Emulator, Ids, Store } from "@effect-openai/emulator"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpClient, HttpServer } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Logger, LogLevel, Schema, Stream } from "effect"
import { apiKey, inProcess, overHttp, send } from "./utils.js"

const create = Assistants.create({ model: "a" })

describe("Emulator.layer", () => {
  it.effect("keeps two emulators in one program apart", () => {
    class Other extends Context.Tag("test/Other")<Other, HttpClient.HttpClient>() {}
    const other = Layer.effect(Other, HttpClient.HttpClient).pipe(Layer.provide(Emulator.layer()))
    return Effect.gen(function*() {
      yield* create
      const response = yield* (yield* Other).get("https://anything.example:1234/v1/assistants", {
        headers: { authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1" }
      })
      assert.strictEqual(response.status, 200)
      assert.deepInclude(yield* response.json, { data: [] })
      assert.lengthOf((yield* Assistants.list()).data, 1)
    }).pipe(Effect.provide(Layer.merge(inProcess.layer(), other)))
  })

  it.live("ends a body whose reader leaves", () =>
    Effect.gen(function*() {
      const memory = yield* Store.Store
      const [reads, ended] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const endless = Stream.fromEffect(Deferred.succeed(reads, undefined)).pipe(
        Stream.flatMap(() => Stream.never),
        Stream.ensuring(Deferred.succeed(ended, undefined))
      )
      let count = 0
      const layer = inProcess.layer({
        // The first one is read before the response begins.
        store: Layer.succeed(Store.Store, {
          ...memory,
          readBlob: (key) => ++count === 1 ? memory.readBlob(key) : endless
        })
      })
      yield* Effect.gen(function*() {
        const { id: file_id } = yield* Files.upload({ file: FileSource.fromBytes("a", "abc"), purpose: "assistants" })
        const reader = yield* Effect.fork(Files.content({ file_id }))
        yield* Deferred.await(reads)
        yield* Fiber.interrupt(reader)
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(Store.layerMemory)))

  it.effect("shares a store with the program", () =>
    Effect.gen(function*() {
      const { id } = yield* create.pipe(Effect.provide(inProcess.layer({ store: Store.layerMemory })))
      const found = yield* Assistants.retrieve({ assistant_id: id }).pipe(
        Effect.provide(overHttp.layer({ store: Store.layerMemory })),
        Effect.flip
      )
      assert.strictEqual(found._tag, "NotFoundError")

      const shared = Layer.succeed(Store.Store, yield* Effect.provide(Store.Store, Store.layerMemory))
      yield* create.pipe(Effect.provide(inProcess.layer({ store: shared })))
      const { data } = yield* Assistants.list().pipe(Effect.provide(overHttp.layer({ store: shared })))
      assert.lengthOf(data, 1)
    }))

  it.effect("makes new identifiers for a seed whose store has documents already", () =>
    Effect.gen(function*() {
      const store = Layer.succeed(Store.Store, yield* Effect.provide(Store.Store, Store.layerMemory))
      const run = Effect.provide(create, inProcess.layer({ store, ids: Ids.layerSeeded("a") }))
      const first = yield* run
      const second = yield* run
      assert.notStrictEqual(first.id, second.id)
    }))

  it.effect("logs each request at the level of the options, and none at the level None", () =>
    Effect.gen(function*() {
      for (
        const [requestLogLevel, count] of [[LogLevel.Info, 1], [LogLevel.Debug, 0], [LogLevel.None, 0]] as const
      ) {
        const lines: Array<unknown> = []
        const logger = Logger.make(({ message }) => {
          lines.push(message)
        })
        yield* create.pipe(Effect.provide(Layer.provideMerge(inProcess.layer({ requestLogLevel }), Logger.add(logger))))
        assert.lengthOf(lines, count, requestLogLevel.label)
      }
    }))

  it.effect("keeps its routes apart from those of the program", () => {
    const Own = HttpApi.make("own").add(
      HttpApiGroup.make("group").add(HttpApiEndpoint.get("files", "/v1/files").addSuccess(Schema.String))
    )
    const own = HttpApiBuilder.serve().pipe(
      Layer.provide(HttpApiBuilder.api(Own)),
      Layer.provide(
        HttpApiBuilder.group(Own, "group", (handlers) => handlers.handle("files", () => Effect.succeed("own")))
      ),
      Layer.provide(HttpServer.layerContext),
      Layer.provide(Layer.succeed(
        HttpServer.HttpServer,
        HttpServer.make({ address: { _tag: "UnixAddress", path: "/none" }, serve: () => Effect.void })
      ))
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual((yield* Files.list()).data, [])
      assert.strictEqual((yield* send("GET", "/files")).status, 200)
    }).pipe(Effect.provide(Layer.merge(own, inProcess.layer())))
  })
})
