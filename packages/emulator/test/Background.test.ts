import { Assistants, Messages, Runs, Threads } from "@effect-openai/core"
import { Model, Script, Store } from "@effect-openai/emulator"
import * as ChatCompletionsModel from "@effect-openai/emulator/ChatCompletionsModel"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Layer, Scope, TestClock } from "effect"
import { messages } from "../src/internal/documents.js"
import { ok, refused } from "./calls.js"
import { describeEach } from "./describeEach.js"
import { inProcess, type Services, storedTargets } from "./utils.js"

/** A thread with one message, and a run of it. */
const begin = (tools: ReadonlyArray<unknown> = []) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4o", tools })
    const { id: thread_id } = yield* ok(Threads.create, { messages: [{ role: "user", content: "Hi" }] })
    const { id: run_id, status } = yield* ok(Runs.create, { thread_id, assistant_id })
    assert.strictEqual(status, "queued")
    return { assistant_id, thread_id, run_id } as const
  })

type Path = Effect.Effect.Success<ReturnType<typeof begin>>

const look = ({ run_id, thread_id }: Path) => ok(Runs.retrieve, { thread_id, run_id })

/** Reads a run until it has a status. */
const eventually = (path: Path, status: string) =>
  look(path).pipe(
    Effect.repeat({ until: (run) => run.status === status }),
    Effect.timeoutFail({ duration: "50 seconds", onTimeout: () => `never ${status}` }),
    Effect.withClock(Clock.make())
  )

/** A model that replies or is interrupted when a test says so. */
const slow = Effect.gen(function*() {
  const asked = yield* Deferred.make<void>()
  const interrupted = yield* Deferred.make<void>()
  const reply = yield* Deferred.make<Model.Reply, Model.ModelError>()
  const layer = Layer.succeed(Model.Model, {
    reply: () =>
      Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(reply)).pipe(
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
  })
  return { reply, asked, interrupted, layer }
})

type Slow = Effect.Effect.Success<typeof slow>

describeEach(storedTargets)("A model that takes its time, $name", ({ layer }) => {
  const test = (name: string, run: (model: Slow) => Effect.Effect<void, unknown, Services>) =>
    it.effect(
      name,
      () => Effect.flatMap(slow, (model) => Effect.provide(run(model), layer({ model: model.layer }))),
      60_000
    )

  test("is asked without a request, and a request does not wait for it", ({ reply, asked }) =>
    Effect.gen(function*() {
      const path = yield* begin()
      yield* Deferred.await(asked)
      for (let looks = 0; looks < 5; looks++) assert.strictEqual((yield* look(path)).status, "in_progress")
      const { data: [listed] } = yield* ok(Runs.list, { thread_id: path.thread_id })
      assert.strictEqual(listed.status, "in_progress")
      const { assistant_id, thread_id } = path
      assert.match(yield* refused(400, Runs.create, { assistant_id, thread_id }), /already has an active run/)
      yield* Deferred.succeed(reply, Model.text("At last."))
      yield* eventually(path, "completed")
      const { data } = yield* ok(Messages.list, { thread_id: path.thread_id })
      assert.deepStrictEqual(data.map(({ content: [{ text }] }: any) => text.value), ["At last.", "Hi"])
    }))

  test("is interrupted when its run is cancelled", ({ asked, interrupted }) =>
    Effect.gen(function*() {
      const path = yield* begin()
      yield* Deferred.await(asked)
      const { run_id, thread_id } = path
      assert.strictEqual((yield* ok(Runs.cancel, { thread_id, run_id })).status, "cancelling")
      yield* Deferred.await(interrupted)
      assert.isNumber((yield* eventually(path, "cancelled")).cancelled_at)
    }))

  test("continues after outputs are submitted, and ends after a cancellation", ({ reply }) =>
    Effect.gen(function*() {
      yield* Deferred.succeed(reply, Model.functionCalls({ name: "f", arguments: "{}" }))
      const path = yield* begin([{ type: "function", function: { name: "f" } }])
      const { run_id, thread_id } = path
      const first = yield* eventually(path, "requires_action")
      const idOf = (run: any) => run.required_action.submit_tool_outputs.tool_calls[0].id
      yield* ok(Runs.submitToolOutputs, { thread_id, run_id, tool_outputs: [{ tool_call_id: idOf(first) }] })
      const second = yield* eventually(path, "requires_action")
      assert.notStrictEqual(idOf(second), idOf(first))
      yield* ok(Runs.cancel, { thread_id, run_id })
      yield* eventually(path, "cancelled")
    }))

  it.effect("takes as long as a script says, by the clock", () =>
    Effect.gen(function*() {
      const path = yield* begin()
      yield* eventually(path, "in_progress")
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual((yield* look(path)).status, "in_progress")
      yield* TestClock.adjust("1 millis")
      yield* eventually(path, "completed")
    }).pipe(Effect.provide(layer({
      model: Script.layer({ turns: [{ replies: [{ type: "text", text: "x", delay_ms: 1000, piece_delay_ms: 1000 }] }] })
    }))), 60_000)

  it.effect("expires with its run", () =>
    Effect.gen(function*() {
      const model = yield* slow
      yield* Effect.gen(function*() {
        const path = yield* begin()
        yield* Deferred.await(model.asked)
        yield* TestClock.adjust("10 minutes")
        yield* Deferred.await(model.interrupted)
        yield* eventually(path, "expired")
      }).pipe(Effect.provide(layer({ model: model.layer })))
    }), 60_000)
})

describe("A model that takes its time", () => {
  it.effect("of another server is no longer asked when its run is cancelled", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const transport = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((_, __, signal) => {
          signal.addEventListener("abort", () => Deferred.unsafeDone(interrupted, Effect.void))
          return Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
        })
      )
      const model = Layer.orDie(ChatCompletionsModel.layer({ baseUrl: "http://model.example/v1" }))
      yield* Effect.gen(function*() {
        const path = yield* begin()
        yield* Deferred.await(asked)
        assert.strictEqual((yield* look(path)).status, "in_progress")
        yield* ok(Runs.cancel, { thread_id: path.thread_id, run_id: path.run_id })
        yield* Deferred.await(interrupted)
        yield* eventually(path, "cancelled")
      }).pipe(Effect.provide(inProcess.layer({ model: Layer.provide(model, transport) })))
    }))

  it.effect("is interrupted with its emulator, and asked again by the next one", () =>
    Effect.gen(function*() {
      const store = Layer.succeed(Store.Store, yield* Store.Store)
      const first = yield* slow
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(inProcess.layer({ store, model: first.layer }), scope)
      const path = yield* Effect.provide(begin(), context)
      yield* Deferred.await(first.asked)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(first.interrupted)

      const second = yield* slow
      yield* Deferred.succeed(second.reply, Model.text("Again."))
      yield* Effect.provide(eventually(path, "completed"), inProcess.layer({ store, model: second.layer }))
    }).pipe(Effect.provide(Layer.fresh(Store.layerMemory))))

  it.effect("is interrupted when its thread is deleted", () =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      const model = yield* slow
      yield* Effect.gen(function*() {
        const { thread_id } = yield* begin()
        const { thread_id: other } = yield* begin()
        yield* Deferred.await(model.asked)
        yield* ok(Threads.delete, { thread_id })
        yield* Deferred.await(model.interrupted)
        assert.deepStrictEqual((yield* store.find(messages, {})).map(({ thread_id }) => thread_id), [other])
      }).pipe(Effect.provide(inProcess.layer({ store: Layer.succeed(Store.Store, store), model: model.layer })))
    }).pipe(Effect.provide(Layer.fresh(Store.layerMemory))))
})
