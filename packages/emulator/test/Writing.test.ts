import { Assistants, Messages, Runs, Threads } from "@effect-openai/core"
import { Model, Store } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { messages } from "../src/internal/documents.js"
import { events, ok, streamed } from "./calls.js"
import { inProcess } from "./utils.js"

/** A store that counts how often a message is written. */
const counting = (counted: { messages: number }) =>
  Layer.map(Layer.fresh(Store.layerMemory), (context) => {
    const store = Context.get(context, Store.Store)
    return Context.make(Store.Store, {
      ...store,
      set: (collection, document) => {
        if (collection.name === messages.name) counted.messages++
        return store.set(collection, document)
      }
    })
  })

const begin = Effect.gen(function*() {
  const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4o" })
  const { id: thread_id } = yield* ok(Threads.create, { messages: [{ role: "user", content: "Hi" }] })
  return { assistant_id, thread_id } as const
})

const pieces = (count: number) => Stream.rechunk(Stream.fromIterable(Array.from({ length: count }, () => "word ")), 1)

const modelOf = (pieces: Stream.Stream<string>) =>
  Layer.succeed(Model.Model, { reply: () => Effect.succeed(Model.textStream(pieces)) })

const writtenOf = (thread_id: string) =>
  Effect.map(ok(Messages.list, { thread_id }), ({ data: [{ content: [{ text }], status }] }: any) => ({
    status,
    text: text.value
  }))

describe("A message that comes in pieces", () => {
  it.effect("is stored far less often than there are pieces", () => {
    const counted = { messages: 0 }
    return Effect.gen(function*() {
      const path = yield* begin
      counted.messages = 0
      const all = yield* streamed(Runs.create, path)
      assert.strictEqual(all.filter(({ event }) => event === "thread.message.delta").length, 2000)
      assert.deepStrictEqual(yield* writtenOf(path.thread_id), { status: "completed", text: "word ".repeat(2000) })
      assert.isBelow(counted.messages, 80)
    }).pipe(Effect.provide(inProcess.layer({ model: modelOf(pieces(2000)), store: counting(counted) })))
  })

  it.effect("keeps all that was emitted where its run is cancelled", () =>
    Effect.gen(function*() {
      const path = yield* begin
      const reached = yield* Deferred.make<string>()
      let deltas = 0
      const reading = yield* Effect.fork(Stream.runForEach(events(Runs.create, path), ({ data, event }) => {
        if (event !== "thread.message.delta" || ++deltas < 19) return Effect.void
        return Effect.asVoid(Deferred.succeed(reached, data.id as string))
      }))
      yield* Deferred.await(reached)
      const { data: [run] } = yield* ok(Runs.list, { thread_id: path.thread_id })
      yield* ok(Runs.cancel, { thread_id: path.thread_id, run_id: run.id })
      yield* Fiber.join(reading)
      assert.deepStrictEqual(yield* writtenOf(path.thread_id), { status: "incomplete", text: "word ".repeat(19) })
    }).pipe(Effect.provide(inProcess.layer({ model: modelOf(Stream.concat(pieces(19), Stream.never)) }))))

  it.effect("keeps all that was emitted where its model fails", () =>
    Effect.gen(function*() {
      const path = yield* begin
      yield* streamed(Runs.create, path)
      assert.deepStrictEqual(yield* writtenOf(path.thread_id), { status: "incomplete", text: "word ".repeat(19) })
    }).pipe(
      Effect.provide(inProcess.layer({ model: modelOf(Stream.concat(pieces(19), Stream.die("broken"))) }))
    ))
})
