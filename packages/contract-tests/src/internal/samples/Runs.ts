import { Threads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import { assistant_id } from "./Assistants.js"
import type { Ids, Parameter, Samples } from "./sample.js"
import { thread_id } from "./Threads.js"

const run = ({ thread_id }: Ids) =>
  Effect.gen(function*() {
    const { run_id } = yield* given.runIn(thread_id!, "Say hello.")
    yield* given.settled({ thread_id: thread_id!, run_id })
    return run_id
  })

/** A run that has ended. */
export const run_id: Parameter = {
  unknown: "run_doesnotexist0000000000000",
  requires: ["runs"],
  create: run
}

/** A run that waits for the output of a function. */
const waiting: Parameter = {
  ...run_id,
  create: ({ thread_id }) => Effect.map(given.waitingIn(thread_id!, "get_weather"), ({ run_id }) => run_id)
}

const references = () =>
  Effect.all({
    model: given.model,
    assistant_id: Effect.map(given.assistant(), ({ id }) => id),
    file_ids: Effect.succeed(undefined)
  })

export const samples: Samples<"Runs"> = {
  listRuns: {
    parameters: { thread_id },
    items: { requires: ["runs"], create: (ids) => given.sequentially(() => Effect.map(run(ids), (id) => ({ id }))) }
  },
  createRun: {
    parameters: { thread_id },
    requires: ["runs"],
    body: () => ({ assistant_id: assistant_id.unknown }),
    references,
    // A run locks its thread.
    ownObjects: true,
    repeats: ["instructions", "tools", "metadata", "temperature", "top_p"]
  },
  createThreadAndRun: {
    requires: ["runs"],
    body: () => ({ assistant_id: assistant_id.unknown }),
    references,
    cleanUp: ({ thread_id = "" }) => Threads.delete({ thread_id })
  },
  getRun: { parameters: { thread_id, run_id } },
  modifyRun: { parameters: { thread_id, run_id }, body: () => ({}), repeats: ["metadata"] },
  cancelRun: { parameters: { thread_id, run_id } },
  submitToolOuputsToRun: {
    parameters: { thread_id, run_id: waiting },
    body: () => ({ tool_outputs: [{ tool_call_id: "call_doesnotexist", output: "" }] }),
    // A model chooses which calls need outputs.
    generated: false
  }
}
