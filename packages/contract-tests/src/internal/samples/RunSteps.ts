import { RunSteps } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import { run_id } from "./Runs.js"
import type { Parameter, Samples } from "./sample.js"
import { thread_id } from "./Threads.js"

const step_id: Parameter = {
  unknown: "step_doesnotexist000000000000",
  create: ({ run_id, thread_id }) =>
    Effect.flatMap(
      RunSteps.list({ thread_id: thread_id!, run_id: run_id! }),
      ({ data }) => Effect.map(Scenario.present("the run has a step", data[0]), ({ id }) => id)
    )
}

export const samples: Samples<"RunSteps"> = {
  listRunSteps: { parameters: { thread_id, run_id } },
  getRunStep: { parameters: { thread_id, run_id, step_id } }
}
