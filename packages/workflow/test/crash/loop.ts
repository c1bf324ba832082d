import { Messages, Runs, RunSteps, Tool } from "@effect-openai/client"
import { DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { HttpClient } from "@effect/platform"
import { Workflow } from "@effect/workflow"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Schema, Scope, TestClock } from "effect"
import { client, conversation, emulator, inTime, Numbers, twoActions } from "../utils.js"
import * as Process from "./process.js"

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

const loop = (process: Process.Process, executed: Array<Executed>) =>
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
    ], { name: "sum" })
  )

/** Runs a tool loop in processes that die at these points, one after the other, and then in one that does not die. */
export const run = (diesAt: ReadonlyArray<number>) =>
  Effect.gen(function*() {
    const outside = yield* Layer.build(client(emulator(twoActions)))
    const server = Context.get(outside, HttpClient.HttpClient)
    const driver = yield* Process.makeDriver
    const ids = yield* Effect.provide(conversation, outside)
    const executed: Array<Executed> = []
    const deaths: Array<Process.Point> = []
    const opened: Array<{ readonly process: Process.Process; readonly scope: Scope.CloseableScope }> = []

    const live = (
      n: number
    ): Effect.Effect<{ readonly run: Runs.Run; readonly points: ReadonlyArray<Process.Point> }> =>
      Effect.gen(function*() {
        const process = new Process.Process(diesAt[n] ?? 0)
        const scope = yield* Scope.make()
        opened.push({ process, scope })
        // The identifiers of the storage begin with the time.
        yield* TestClock.adjust("1 second")
        const fiber = yield* Layer.provideMerge(loop(process, executed), Process.layer(process, driver, server)).pipe(
          Layer.buildWithScope(scope),
          Effect.flatMap((context) => Effect.provide(Sum.execute(ids), context)),
          Effect.orDie,
          Effect.forkIn(scope)
        )
        const end = yield* Effect.raceFirst(Fiber.join(fiber), Deferred.await(process.died))
        if (!("what" in end)) return { run: end, points: process.points }
        deaths.push(end)
        return yield* live(n + 1)
      })

    const { points, run } = yield* inTime(live(0))
    const [runs, messages, steps] = yield* Effect.provide(
      Effect.all([
        Runs.list({ thread_id: ids.thread_id }),
        Messages.list({ thread_id: ids.thread_id }),
        RunSteps.list({ thread_id: ids.thread_id, run_id: run.id, order: "asc" })
      ]),
      outside
    )
    yield* inTime(
      Effect.forEach(opened, ({ process, scope }) => Effect.zipRight(process.bury, Scope.close(scope, Exit.void)))
    )
    return { run, runs: runs.data, messages: messages.data, steps: steps.data, executed, deaths, points }
  })
