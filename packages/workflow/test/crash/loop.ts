import { Messages, Runs, RunSteps, Tool } from "@effect-openai/client"
import { DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { Workflow } from "@effect/workflow"
import { Effect, Layer, Schema } from "effect"
import { client, conversation, emulator, Numbers, twoActions } from "../utils.js"
import type * as Process from "./process.js"
import { survive } from "./survive.js"

const Sum = Workflow.make({
  name: "Sum",
  payload: { thread_id: Schema.String, assistant_id: Schema.String },
  idempotencyKey: ({ thread_id }) => thread_id,
  success: Schemas.Run,
  error: Schema.Union(Schemas.OpenAiError, Schemas.ToolCallError)
})

interface Executed {
  readonly id: string
  readonly key: string
}

const layerOf = (process: Process.Process, executed: Array<Executed>) =>
  Sum.toLayer((request) =>
    DurableRuns.runTools(request, [
      Tool.make("add", {
        parameters: Numbers,
        handler: ({ a, b }) =>
          Effect.gen(function*() {
            const { id, key } = yield* ToolCall.ToolCall
            const execute = Effect.sync(() => {
              executed.push({ id, key })
              return a + b
            })
            return yield* process.around("tool", execute, 0)
          })
      })
    ], { name: "crash" })
  )

/** Runs a tool loop of two actions with three calls. */
export const run = (diesAt: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const outside = yield* Layer.build(client(emulator(twoActions)))
    const ids = yield* Effect.provide(conversation, outside)
    const executed: Array<Executed> = []
    const { deaths, points, result: run } = yield* survive({
      diesAt,
      outside,
      layerOf: (process) => layerOf(process, executed),
      execute: Sum.execute(ids)
    })
    const [runs, messages, steps] = yield* Effect.provide(
      Effect.all([
        Runs.list({ thread_id: ids.thread_id }),
        Messages.list({ thread_id: ids.thread_id }),
        RunSteps.list({ thread_id: ids.thread_id, run_id: run.id, order: "asc" })
      ]),
      outside
    )
    return { run, runs: runs.data, messages: messages.data, steps: steps.data, executed, deaths, points }
  })
