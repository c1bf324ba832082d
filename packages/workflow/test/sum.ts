import { Tool } from "@effect-openai/client"
import { DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { Workflow } from "@effect/workflow"
import { Effect, Schema } from "effect"
import { Numbers } from "./utils.js"

/** A tool loop of two actions with three calls. */
export const Sum = Workflow.make({
  name: "Sum",
  payload: { thread_id: Schema.String, assistant_id: Schema.String },
  idempotencyKey: ({ thread_id }) => thread_id,
  success: Schemas.Run,
  error: Schema.Union(Schemas.OpenAiError, Schemas.ToolCallError)
})

/** A call that was executed. */
export interface Executed {
  readonly id: string
  readonly key: string
}

/** Its layer, with a tool whose effect is to note the call. */
export const layerOf = (note: (executed: Executed) => Effect.Effect<void>) =>
  Sum.toLayer((request) =>
    DurableRuns.runTools(request, [
      Tool.make("add", {
        parameters: Numbers,
        handler: ({ a, b }) => Effect.flatMap(ToolCall.ToolCall, ({ id, key }) => Effect.as(note({ id, key }), a + b))
      })
    ], { name: "crash", interval: "100 millis" })
  )
