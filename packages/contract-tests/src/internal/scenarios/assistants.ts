import { Assistants } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

export const assistants: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "assistants/create",
    title: "a created assistant has what was given, and is retrieved equal",
    group: "happy",
    operations: ["createAssistant", "getAssistant"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      const fields = {
        name: "Ada",
        description: "Answers questions.",
        instructions: "Be brief.",
        tools: [{ type: "code_interpreter" }],
        metadata: { suite: "contract" }
      } as const
      const created = yield* given.assistant(fields)
      yield* Scenario.includes("the assistant has what was given", created, {
        object: "assistant",
        file_ids: [],
        ...fields
      })
      const retrieved = yield* Assistants.retrieve({ assistant_id: created.id })
      yield* Scenario.equal("the retrieved assistant equals the created one", retrieved, created)
    })
  })
]
