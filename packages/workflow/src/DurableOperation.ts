/**
 * One call of the client as an activity.
 *
 * @since 3.0.0
 */
import { OpenAiClient } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as WorkflowActivity from "@effect/workflow/Activity"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as Activity from "./internal/activity.js"

/**
 * Runs a call of the client as an activity. Its response is stored, so that a process that continues the execution does not
 * repeat it. A call that was not stored is repeated under the same `Idempotency-Key`: a server that supports the header
 * returns the first response, any other one carries it out again.
 *
 * The effect should have one request that creates an object, because all of its requests have the same key.
 *
 * @example
 * import { Threads } from "@effect-openai/client"
 * import { DurableOperation, Schemas } from "@effect-openai/workflow"
 * import { Effect } from "effect"
 *
 * const thread = DurableOperation.run(Effect.map(Threads.create({}), ({ id }) => ({ id })), {
 *   name: "thread",
 *   success: Schemas.json<{ readonly id: string }>("Thread")
 * })
 *
 * @since 3.0.0
 * @category constructors
 */
export const run = <A, I, R>(
  execute: Effect.Effect<A, OpenAiError.OpenAiError, R>,
  options: {
    /** The name under which it is stored, unique in the workflow. */
    readonly name: string
    readonly success: Schema.Schema<A, I>
  }
): Effect.Effect<
  A,
  OpenAiError.OpenAiError,
  WorkflowEngine | WorkflowInstance | Exclude<R, WorkflowEngine | WorkflowInstance | Scope>
> =>
  Effect.flatMap(
    WorkflowActivity.idempotencyKey(options.name),
    (key) => Activity.make(options.name, options.success, OpenAiClient.withIdempotencyKey(key)(execute))
  )
