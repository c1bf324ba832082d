/**
 * A durable request to cancel the API's work of an execution.
 *
 * `Workflow.interrupt` is only noticed where an execution is suspended, and not while an activity runs. This request is
 * stored, and every durable wait of this package looks at it.
 *
 * @since 3.0.0
 */
import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import type * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"

const requested = DurableDeferred.make("effect-openai/Cancellation")

/** A cluster handles the messages of an execution one after the other, so the request has its own address. */
const addressOf = (executionId: string) => `${executionId}/cancellation`

/**
 * Requests the cancellation. Runs, batches and fine-tuning jobs that the execution waits for are cancelled, and the wait
 * returns them with their last status: `cancelled`, or how they ended before. A tool that already runs is not interrupted,
 * and no further one starts. The execution then continues, so that its workflow decides what follows.
 *
 * The request can come from any node, and any number of times. It has no effect on an execution that has ended.
 *
 * @example
 * import { Cancellation, Schemas } from "@effect-openai/workflow"
 * import { Workflow } from "@effect/workflow"
 * import { Effect, Schema } from "effect"
 *
 * const Reply = Workflow.make({
 *   name: "Reply",
 *   payload: { ticket: Schema.String },
 *   idempotencyKey: ({ ticket }) => ticket,
 *   success: Schemas.Run,
 *   error: Schemas.OpenAiError
 * })
 *
 * const stop = (ticket: string) =>
 *   Effect.flatMap(Reply.executionId({ ticket }), (executionId) => Cancellation.request(Reply, executionId))
 *
 * @since 3.0.0
 * @category constructors
 */
export const request = (workflow: Workflow.Any, executionId: string): Effect.Effect<void, never, WorkflowEngine> =>
  // The second one resumes the execution where it is suspended.
  Effect.forEach([addressOf(executionId), executionId], (executionId) =>
    DurableDeferred.succeed(requested, {
      token: DurableDeferred.tokenFromExecutionId(requested, { workflow, executionId }),
      value: undefined
    }), { discard: true })

/**
 * Whether the cancellation of the current execution was requested.
 *
 * @since 3.0.0
 * @category accessors
 */
export const isRequested: Effect.Effect<boolean, never, WorkflowEngine | WorkflowInstance> = Effect.gen(function*() {
  const engine = yield* WorkflowEngine
  const instance = yield* WorkflowInstance
  const address = { ...instance, executionId: addressOf(instance.executionId) }
  return (yield* Effect.provideService(engine.deferredResult(requested), WorkflowInstance, address)) !== undefined
})
