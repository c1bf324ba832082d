import { Assistants, Messages, Projects, Runs, RunSteps, Threads } from "@effect-openai/core"
import { Emulator, Ids, Model, Script, Store } from "@effect-openai/emulator"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { runs } from "../src/internal/documents.js"
import { events, ok, refused } from "./calls.js"
import { describeEach } from "./describeEach.js"
import { inProcess, type Services, storedTargets, stores } from "./utils.js"

const tool = { type: "function", function: { name: "f_x" } }

const begin = (content = "Hi") =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4", tools: [tool] })
    const thread = { messages: [{ role: "user", content }] }
    const { id: run_id, thread_id } = yield* ok(Runs.createThreadAndRun, { assistant_id, thread })
    return { thread_id, run_id } as { readonly thread_id: string; readonly run_id: string }
  })

type Path = Effect.Effect.Success<ReturnType<typeof begin>>

const status = (path: Path) => Effect.map(ok(Runs.retrieve, path), (run) => run.status as string)

const message = { role: "user", content: "next" }

/** Waits for a status without a request. */
const stored = ({ run_id, thread_id }: Path, status: string) =>
  Effect.flatMap(
    Store.Store,
    (store) =>
      Effect.repeat(Effect.zipRight(Effect.yieldNow(), store.get(runs, run_id, thread_id)), {
        until: (run) => Option.getOrThrow(run).status === status
      })
  ).pipe(
    Effect.map(Option.getOrThrow),
    Effect.timeoutFail({ duration: "50 seconds", onTimeout: () => `never ${status}` }),
    Effect.withClock(Clock.make())
  )

describeEach(stores)("Without a request, $name", ({ layer }) => {
  const test = (
    name: string,
    effect: Effect.Effect<void, unknown, Services | Store.Store>,
    options: Emulator.Options = {}
  ) =>
    it.effect(name, () =>
      Effect.gen(function*() {
        const store = Layer.succeed(Store.Store, yield* Store.Store)
        yield* Effect.provide(effect, inProcess.layer({ ...options, store }))
      }).pipe(Effect.provide(Layer.fresh(layer))), 60_000)

  it.effect("runs of the same identifiers in two projects are two pieces of work", () =>
    Effect.gen(function*() {
      const store = Layer.succeed(Store.Store, yield* Store.Store)
      const emulator = Layer.build(inProcess.layer({ store, ids: Ids.layerSeeded("same") }))
      const [one, other] = [yield* emulator, yield* emulator]
      const { id } = yield* Effect.provide(ok(Projects.create, { name: "Other" }), other)
      const inProject = Effect.updateService(
        HttpClient.HttpClient,
        HttpClient.mapRequest(HttpClientRequest.setHeader("openai-project", id))
      )
      const path = yield* Effect.provide(begin(), one)
      assert.deepStrictEqual(yield* Effect.provide(inProject(begin()), other), path)
      const statuses = Effect.zip(
        Effect.provide(status(path), one),
        Effect.provide(inProject(status(path)), other)
      )
      assert.deepStrictEqual(yield* statuses, ["in_progress", "in_progress"])
      assert.deepStrictEqual(yield* statuses, ["completed", "completed"])
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(layer))), 60_000)

  test(
    "a run is completed when time passes, each step at its time",
    Effect.gen(function*() {
      const path = yield* begin()
      yield* TestClock.adjust("10 minutes")
      const run = yield* stored(path, "completed")
      assert.deepInclude(run, { started_at: 0, completed_at: 1 })
    })
  )

  test(
    "a run that needs its caller expires",
    Effect.gen(function*() {
      const path = yield* begin("f_x")
      yield* TestClock.adjust("2 seconds")
      yield* stored(path, "requires_action")
      yield* TestClock.adjust("597999 millis")
      assert.strictEqual(yield* status(path), "requires_action")
      yield* TestClock.adjust("1 millis")
      yield* stored(path, "expired")
    })
  )

  test(
    "a run that is cancelled ends",
    Effect.gen(function*() {
      const path = yield* begin()
      yield* ok(Runs.cancel, path)
      yield* TestClock.adjust("1 second")
      yield* stored(path, "cancelled")
    })
  )

  test(
    "a run continues after its outputs are submitted",
    Effect.gen(function*() {
      const path = yield* begin("f_x")
      yield* TestClock.adjust("2 seconds")
      yield* stored(path, "requires_action")
      const { required_action } = yield* ok(Runs.retrieve, path)
      const tool_outputs = required_action.submit_tool_outputs.tool_calls.map(({ id }: any) => ({ tool_call_id: id }))
      yield* ok(Runs.submitToolOutputs, { ...path, tool_outputs })
      yield* TestClock.adjust("2 seconds")
      yield* stored(path, "completed")
    })
  )

  test(
    "a run whose stream was left is completed",
    Effect.gen(function*() {
      const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4" })
      const { id: thread_id } = yield* ok(Threads.create, { messages: [message] })
      const first = yield* Deferred.make<string>()
      const reader = yield* Effect.fork(Stream.runForEach(
        events(Runs.create, { thread_id, assistant_id }),
        ({ data }) => Deferred.succeed(first, data.id)
      ))
      const run_id = yield* Deferred.await(first)
      yield* Fiber.interrupt(reader)
      yield* stored({ thread_id, run_id }, "in_progress")
      assert.match(yield* refused(400, Messages.create, { thread_id, ...message }), /is active/)
      yield* TestClock.adjust("10 seconds")
      yield* stored({ thread_id, run_id }, "completed")
    }),
    { model: Script.layer({ turns: [{ replies: [{ type: "text", text: ["a", "b"], delay_ms: 1000 }] }] }) }
  )
})

describeEach(storedTargets)("While the time does not change, $name", ({ layer }) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, Services>) =>
    it.effect(name, () => Effect.provide(effect, layer()), 60_000)

  test(
    "a run takes one step for each request that reads its thread's messages",
    Effect.gen(function*() {
      const { thread_id } = yield* begin()
      const count = Effect.map(ok(Messages.list, { thread_id }), ({ data }) => data.length)
      assert.deepStrictEqual([yield* count, yield* count], [1, 2])
    })
  )

  test(
    "a run takes one step for each request that reads its steps",
    Effect.gen(function*() {
      const path = yield* begin()
      const count = Effect.map(ok(RunSteps.list, path), ({ data }) => data.length)
      assert.deepStrictEqual([yield* count, yield* count], [0, 1])
    })
  )

  test(
    "a run takes one step for each message that its lock refuses",
    Effect.gen(function*() {
      const { thread_id } = yield* begin()
      yield* refused(400, Messages.create, { thread_id, ...message })
      yield* refused(400, Messages.create, { thread_id, ...message })
      yield* ok(Messages.create, { thread_id, ...message })
    })
  )

  test(
    "a status that was reached without a request is shown before the next step",
    Effect.gen(function*() {
      const path = yield* begin()
      yield* TestClock.adjust("800 millis")
      assert.strictEqual(yield* status(path), "in_progress")
      yield* TestClock.adjust("700 millis")
      assert.strictEqual(yield* status(path), "completed")
    })
  )

  test(
    "a request puts off the next step",
    Effect.gen(function*() {
      const path = yield* begin()
      yield* TestClock.adjust("700 millis")
      assert.strictEqual(yield* status(path), "in_progress")
      yield* TestClock.adjust("700 millis")
      const { data: [step] } = yield* ok(RunSteps.list, path)
      assert.strictEqual(step.completed_at, 1)
    })
  )
})

it.effect("A run takes no step without a request under a clock whose time never changes", () =>
  Effect.gen(function*() {
    const asleep = yield* Deferred.make<void>()
    const clock: Clock.Clock = {
      ...Emulator.clockAt("2024-04-15T00:00:00Z"),
      sleep: (duration) =>
        Duration.greaterThan(duration, "1 second")
          ? Effect.never
          : Effect.asVoid(Deferred.succeed(asleep, undefined))
    }
    yield* Effect.gen(function*() {
      const path = yield* begin()
      yield* Deferred.await(asleep)
      yield* Effect.repeatN(Effect.yieldNow(), 100)
      assert.deepStrictEqual([yield* status(path), yield* status(path)], ["in_progress", "completed"])
    }).pipe(Effect.provide(inProcess.layer({ clock })))
  }))

it.effect("Emulators that share a store share its runs", () =>
  Effect.gen(function*() {
    const store = Layer.succeed(Store.Store, yield* Store.Store)
    const path = yield* Effect.gen(function*() {
      const path = yield* begin()
      assert.strictEqual(
        yield* Effect.provide(status(path), inProcess.layer({ store, model: Model.layerScripted })),
        "in_progress"
      )
      return path
    }).pipe(Effect.provide(inProcess.layer({ store })))
    assert.strictEqual(yield* Effect.provide(status(path), inProcess.layer({ store })), "completed")
  }).pipe(Effect.provide(Layer.fresh(Store.layerMemory))))

it.effect.each(
  [
    ["its thread's runs", ({ thread_id }: Path) => Effect.asVoid(ok(Runs.list, { thread_id }))],
    ["its steps", (path: Path) => Effect.asVoid(ok(RunSteps.list, path))],
    ["its messages", ({ thread_id }: Path) => Effect.asVoid(ok(Messages.list, { thread_id }))],
    ["the run", (path: Path) => Effect.asVoid(ok(Runs.retrieve, path))]
  ] as const
)(
  "a run whose emulator is gone continues in another one on the store that is asked for %s",
  ([, read]) =>
    Effect.gen(function*() {
      const store = Layer.succeed(Store.Store, yield* Store.Store)
      const other = yield* Layer.build(inProcess.layer({ store }))
      const path = yield* Effect.provide(begin(), inProcess.layer({ store }))
      yield* Effect.provide(read(path), other)
      yield* stored(path, "completed")
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(Store.layerMemory)))
)
