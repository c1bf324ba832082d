import { Messages, type OpenAiClient, Runs, Tool } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core"
import { Cancellation, DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Activity, Workflow, WorkflowEngine } from "@effect/workflow"
import { Context, Deferred, Effect, Fiber, Layer, Schema, TestClock } from "effect"
import { type Executed, layerOf, Sum } from "./sum.js"
import { client, conversation, emulator, inTime, Numbers, twoActions } from "./utils.js"

const memory = (
  workflow: Layer.Layer<never, never, Layer.Layer.Success<ReturnType<typeof client>> | WorkflowEngine.WorkflowEngine>
) =>
  Layer.provideMerge(workflow, WorkflowEngine.layerMemory).pipe(
    Layer.provideMerge(client(emulator(twoActions)))
  )

/** A model that replies after a minute. */
const slow = emulator([{ type: "text", text: "Done.", delay_ms: 60_000 }])

class Other extends Context.Tag("Other")<Other, number>() {}

class AddError extends Schema.TaggedError<AddError>()("AddError", { message: Schema.String }) {}

const failing = Tool.make("add", { parameters: Numbers, handler: () => new AddError({ message: "No numbers" }) })

const Failing = Workflow.make({
  name: "Failing",
  payload: { thread_id: Schema.String, assistant_id: Schema.String },
  idempotencyKey: ({ thread_id }) => thread_id,
  success: Schemas.Run,
  error: Schema.Union(Schemas.OpenAiError, Schemas.ToolCallError, AddError)
})

describe("DurableRuns.runTools", () => {
  it.effect("runs the tools of each action, and returns the run", () => {
    const executed: Array<Executed> = []
    return Effect.gen(function*() {
      const ids = yield* conversation
      const run = yield* inTime(Sum.execute(ids))
      assert.strictEqual(run.status, "completed")
      const runs = yield* Runs.list({ thread_id: ids.thread_id })
      assert.deepStrictEqual(runs.data, [run])
      assert.strictEqual((yield* Messages.list({ thread_id: ids.thread_id })).data.length, 1)
      assert.strictEqual(new Set(executed.map(({ key }) => key)).size, 3)
      assert.strictEqual(new Set(executed.map(({ id }) => id)).size, 3)
      for (const { key } of executed) assert.match(key, /^[0-9a-f]{32}$/)
      // The same execution has the same result.
      assert.deepStrictEqual(yield* inTime(Sum.execute(ids)), run)
      assert.strictEqual(executed.length, 3)
    }).pipe(Effect.provide(memory(layerOf((call) => Effect.sync(() => void executed.push(call))))))
  })

  it.effect("fails with the error of a tool, and cancels the run", () =>
    Effect.gen(function*() {
      const ids = yield* conversation
      const error = yield* inTime(Effect.flip(Failing.execute(ids)))
      assert.instanceOf(error, AddError)
      assert.strictEqual(error.message, "No numbers")
      const { data: [run] } = yield* Runs.list({ thread_id: ids.thread_id })
      assert.strictEqual(run?.status, "cancelled")
    }).pipe(Effect.provide(memory(Failing.toLayer((request) =>
      DurableRuns.runTools(request, [failing], { name: "sum", error: AddError, cancelOnFailure: true })
    )))))

  it.effect("fails with ToolCallError for a call of an unknown function", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Effect.flatMap(conversation, (ids) => Failing.execute(ids))))
      assert.strictEqual(error._tag, "ToolCallError")
    }).pipe(Effect.provide(memory(Failing.toLayer((request) => DurableRuns.runTools(request, [], { name: "sum" }))))))

  it.effect("sends the error of a tool to the model with onError: output", () =>
    Effect.gen(function*() {
      const run = yield* inTime(Effect.flatMap(conversation, (ids) => Failing.execute(ids)))
      assert.strictEqual(run.status, "completed")
    }).pipe(Effect.provide(memory(Failing.toLayer((request) =>
      DurableRuns.runTools(request, [failing], { name: "sum", onError: "output" })
    )))))

  it.effect("two loops of one execution have their own runs and keys", () => {
    const keys: Array<string> = []
    const add = Tool.make("add", {
      parameters: Numbers,
      handler: ({ a, b }) => Effect.map(ToolCall.ToolCall, ({ key }) => (keys.push(key), a + b))
    })
    return Effect.gen(function*() {
      const ids = yield* conversation
      yield* inTime(Sum.execute(ids))
      assert.strictEqual((yield* Runs.list({ thread_id: ids.thread_id })).data.length, 2)
      assert.strictEqual(new Set(keys).size, 6)
    }).pipe(Effect.provide(memory(Sum.toLayer((request) =>
      Effect.zipRight(
        DurableRuns.runTools(request, [add], { name: "first" }),
        DurableRuns.runTools(request, [add], { name: "second" })
      )
    ))))
  })

  it.effect("fails with TimeoutError, counted from the creation of the run", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Effect.flatMap(conversation, (ids) => Sum.execute(ids))))
      assert.strictEqual(error._tag, "TimeoutError")
    }).pipe(
      Effect.provide(
        Sum.toLayer((request) => DurableRuns.runTools(request, [], { name: "sum", timeout: "5 seconds" })).pipe(
          Layer.provideMerge(Layer.merge(WorkflowEngine.layerMemory, client(slow)))
        )
      )
    ))
})

const errorsOf = <E, R>(_: Effect.Effect<unknown, E, R>) => expectTypeOf<E>()
const requirementsOf = <E, R>(_: Effect.Effect<unknown, E, R>) => expectTypeOf<R>()

describe("the options of DurableRuns.runTools", () => {
  const request = { thread_id: "thread_1", assistant_id: "asst_1" }

  it("need a Schema for the errors of tools that are stored", () => {
    // @ts-expect-error: the property error is missing.
    void DurableRuns.runTools(request, [failing], { name: "sum" })
    // @ts-expect-error: it is the Schema of another error.
    void DurableRuns.runTools(request, [failing], { name: "sum", error: Schema.String })
    errorsOf(DurableRuns.runTools(request, [failing], { name: "sum", error: AddError })).toEqualTypeOf<
      OpenAiError.OpenAiError | OpenAiError.ToolCallError | AddError
    >()
    errorsOf(DurableRuns.runTools(request, [failing], { name: "sum", onError: "output" })).toEqualTypeOf<
      OpenAiError.OpenAiError
    >()
  })

  it("provide the call, and leave the other requirements of tools", () => {
    const tool = Tool.make("add", {
      parameters: Numbers,
      handler: () => Effect.zip(ToolCall.ToolCall, Other)
    })
    requirementsOf(DurableRuns.runTools(request, [tool], { name: "sum" })).toEqualTypeOf<
      OpenAiClient.OpenAiClient | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance | Other
    >()
  })
})

describe("DurableRuns.poll", () => {
  it.effect("waits for a run that was created once", () =>
    Effect.gen(function*() {
      const ids = yield* conversation
      const run = yield* inTime(Sum.execute(ids))
      assert.strictEqual(run.status, "requires_action")
      assert.strictEqual(run.metadata?.["topic"], "sums")
    }).pipe(Effect.provide(memory(Sum.toLayer(({ assistant_id, thread_id }) =>
      DurableRuns.create({
        thread_id,
        assistant_id,
        tools: [{ type: "function", function: { name: "add", parameters: { type: "object" } } }],
        metadata: { topic: "sums" }
      }, { name: "create" }).pipe(
        Effect.flatMap(({ id }) => DurableRuns.poll({ thread_id, run_id: id }, { name: "poll" }))
      )
    )))))
})

describe("Cancellation", () => {
  it.effect("cancels the run that an execution waits for, and the execution continues", () => {
    const continued = Activity.make({ name: "continued", success: Schema.String, execute: Effect.succeed("yes") })
    return Effect.gen(function*() {
      const ids = yield* conversation
      const fiber = yield* Effect.fork(Sum.execute(ids))
      yield* inTime(Effect.repeat(Effect.delay(Runs.list({ thread_id: ids.thread_id }), "1 second"), {
        until: ({ data }) => data[0]?.status === "in_progress"
      }))
      yield* Cancellation.request(Sum, yield* Sum.executionId(ids))
      const run = yield* inTime(Fiber.join(fiber))
      assert.strictEqual(run.status, "cancelled")
      assert.strictEqual((yield* Runs.list({ thread_id: ids.thread_id })).data[0]?.status, "cancelled")
    }).pipe(
      Effect.provide(
        Sum.toLayer((request) => Effect.zipLeft(DurableRuns.runTools(request, [], { name: "sum" }), continued)).pipe(
          Layer.provideMerge(Layer.merge(WorkflowEngine.layerMemory, client(slow)))
        )
      )
    )
  })

  it.effect("lets a tool end that runs, and starts none after it", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      let ended = 0
      const add = Tool.make("add", {
        parameters: Numbers,
        handler: ({ a, b }) =>
          Deferred.succeed(started, undefined).pipe(
            Effect.zipRight(Deferred.await(gate)),
            Effect.map(() => (ended++, a + b))
          )
      })
      yield* Effect.gen(function*() {
        const ids = yield* conversation
        const fiber = yield* Effect.fork(Sum.execute(ids))
        yield* inTime(Deferred.await(started))
        yield* Cancellation.request(Sum, yield* Sum.executionId(ids))
        yield* TestClock.adjust("10 seconds")
        yield* Deferred.succeed(gate, undefined)
        const run = yield* inTime(Fiber.join(fiber))
        assert.strictEqual(run.status, "cancelled")
        assert.strictEqual(ended, 1)
      }).pipe(Effect.provide(memory(Sum.toLayer((request) =>
        DurableRuns.runTools(request, [add], { name: "sum", concurrency: 1 })
      ))))
    }))
})
