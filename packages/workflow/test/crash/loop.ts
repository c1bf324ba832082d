import { Messages, Runs, RunSteps } from "@effect-openai/client"
import { Effect, Layer } from "effect"
import { type Executed, layerOf, Sum } from "../sum.js"
import { client, conversation, emulator, twoActions } from "../utils.js"
import type { DiesAt } from "./process.js"
import { survive } from "./survive.js"

/** Runs a tool loop of two actions with three calls. */
export const run = (diesAt: ReadonlyArray<DiesAt>) =>
  Effect.gen(function*() {
    const outside = yield* Layer.build(client(emulator(twoActions)))
    const ids = yield* Effect.provide(conversation, outside)
    const executed: Array<Executed> = []
    const { deaths, points, result: run } = yield* survive({
      diesAt,
      outside,
      layerOf: (process) =>
        layerOf((call) => process.around("tool", Effect.sync(() => void executed.push(call)), undefined)),
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
