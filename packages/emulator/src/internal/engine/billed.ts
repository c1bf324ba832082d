import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import { keyOf, type Run, type RunStep, runSteps, type RunUsage } from "../documents.js"
import * as Creators from "../organization/creators.js"
import { record } from "../organization/meter.js"
import { stepsOf } from "./run.js"

type Ended = RunStep & { readonly usage: RunUsage }

const usesInterpreter = ({ step_details: details }: RunStep): boolean =>
  details.type === "tool_calls" &&
  (details.tool_calls as ReadonlyArray<{ readonly type: string }>).some(({ type }) => type === "code_interpreter")

/** Writes a step that has ended, and what it used, as the usage of the run's creator. A run has one session of the code interpreter. Must run in a transaction. */
export const end = (run: Run, step: Ended) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { completion_tokens, prompt_tokens } = step.usage
    const hasSession = usesInterpreter(step) && !(yield* stepsOf(run)).some(usesInterpreter)
    yield* store.set(runSteps, step)
    yield* Creators.as(keyOf(run))(Effect.gen(function*() {
      if (hasSession) yield* record({ kind: "code_interpreter_sessions", model: null, sessions: 1 })
      yield* record({
        kind: "completions",
        model: run.model,
        input_tokens: prompt_tokens,
        output_tokens: completion_tokens
      })
    }))
  })
