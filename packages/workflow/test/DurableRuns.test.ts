import { Messages, Runs, Tool } from "@effect-openai/client"
import { DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { assert, describe, it } from "@effect/vitest"
import { Workflow, WorkflowEngine } from "@effect/workflow"
import { Effect, Layer, Ref, Schema } from "effect"
import { client, conversation, emulator, inTime, Numbers, twoActions } from "./utils.js"

const Sum = Workflow.make({
  name: "Sum",
  payload: { thread_id: Schema.String, assistant_id: Schema.String },
  idempotencyKey: ({ thread_id }) => thread_id,
  success: Schemas.Run,
  error: Schemas.OpenAiError
})

const add = (calls: Ref.Ref<ReadonlyArray<ToolCall.Service>>) =>
  Tool.make("add", {
    parameters: Numbers,
    handler: ({ a, b }) =>
      Effect.flatMap(ToolCall.ToolCall, (call) => Effect.as(Ref.update(calls, (all) => [...all, call]), a + b))
  })

describe("DurableRuns.runTools", () => {
  it.effect("runs the tools of each action, and returns the run", () =>
    Effect.gen(function*() {
      const calls = yield* Ref.make<ReadonlyArray<ToolCall.Service>>([])
      const workflow = Sum.toLayer((request) =>
        DurableRuns.runTools(request, [add(calls)], { name: "sum", onError: "output" })
      )
      yield* Effect.gen(function*() {
        const ids = yield* conversation
        const run = yield* inTime(Sum.execute(ids))
        assert.strictEqual(run.status, "completed")
        assert.strictEqual((yield* Runs.list({ thread_id: ids.thread_id })).data.length, 1)
        assert.strictEqual((yield* Messages.list({ thread_id: ids.thread_id })).data.length, 1)
        const made = yield* Ref.get(calls)
        assert.strictEqual(new Set(made.map(({ key }) => key)).size, 3)
        assert.strictEqual(new Set(made.map(({ id }) => id)).size, 3)
        for (const { key } of made) assert.match(key, /^[0-9a-f]{32}$/)
      }).pipe(
        Effect.provide(Layer.provideMerge(workflow, WorkflowEngine.layerMemory)),
        Effect.provide(client(emulator(twoActions)))
      )
    }))
})
