/**
 * Runs of assistants in a workflow: each is created once, waited for, and continued by the process that comes next.
 *
 * @since 3.0.0
 */
import type { OpenAiClient, Runs, Tool } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { Run } from "@effect-openai/core/Runs"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Activity from "./internal/activity.js"
import * as Loop from "./internal/loop.js"
import * as Wait from "./internal/wait.js"
import * as Schemas from "./Schemas.js"
import type { ToolCall } from "./ToolCall.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The option of everything that is durable.
 *
 * @since 3.0.0
 * @category models
 */
export interface Named {
  /**
   * The name under which its activities are stored, unique in the workflow. It is the same in each version of the program
   * that continues an execution, and should have at most 50 characters: engines limit the length of names.
   */
  readonly name: string
}

/**
 * Options of {@link poll}.
 *
 * @since 3.0.0
 * @category models
 */
export interface PollOptions extends Named, Runs.PollOptions {}

/**
 * The option `error` of {@link runTools}. It is required where tools can fail and `onError` is not `output`: a failure is
 * stored too.
 *
 * @since 3.0.0
 * @category type-level
 */
export type ErrorOption<Tools extends ReadonlyArray<Tool.Tool<any, any>>, OnError extends "fail" | "output"> = [
  Tool.Error<Tools>
] extends [never] ? unknown
  : OnError extends "output" ? unknown
  : { readonly error: Schema.Schema<Tool.Error<Tools>, any> }

/**
 * Options of {@link runTools}.
 *
 * @since 3.0.0
 * @category models
 */
export type RunToolsOptions<Tools extends ReadonlyArray<Tool.Tool<any, any>>, OnError extends "fail" | "output"> =
  & PollOptions
  & Tool.Options<OnError>
  & ErrorOption<Tools, OnError>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Creates a run once. The run has the metadata `workflow_key`, by which a repeated attempt finds it, so that 15 pairs of
 * metadata are left for the request. The request also has an `Idempotency-Key`, for servers that support it.
 *
 * @since 3.0.0
 * @category constructors
 */
export const create = (
  request: Runs.CreateRequest,
  { name }: Named
): Effect.Effect<
  Run,
  OpenAiError.OpenAiError,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance
> => Loop.create(name, request.thread_id, Effect.succeed(request), Schemas.Run, Effect.succeed)

/**
 * Waits until a run has ended or requires an action, and returns it.
 *
 * The wait is one activity, without a durable sleep: a run takes seconds, and engines look for what is due every 10 seconds.
 * After a restart another process polls, and `timeout` starts again.
 *
 * @since 3.0.0
 * @category polling
 */
export const poll = (
  ids: Runs.RunIds,
  options: PollOptions
): Effect.Effect<
  Run,
  OpenAiError.OpenAiError,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance
> =>
  Wait.run(options.name, ids, options, undefined, Schemas.Run, (run) => run).pipe(
    Activity.cancelledOnFailure(options.cancelOnFailure, Wait.cancel(options.name, ids))
  )

/**
 * Creates a run once, and runs the functions that it calls until it has ended, like `Runs.runTools`, in a workflow.
 *
 * Each step is an activity: the run is created, its calls run, their outputs are sent, and its end is waited for. A process
 * that continues the execution repeats the step that was not stored, and no step before it:
 *
 * - The run is created once, as {@link create} does it.
 * - A tool runs at least once for each call, always with the same `ToolCall.key`.
 * - The outputs of an action are sent once: they are only sent while the run requires them.
 *
 * The request and the tools must be the same in each attempt. `timeout` counts from the creation of the run.
 *
 * @example
 * import { Tool } from "@effect-openai/client"
 * import { DurableRuns, Schemas } from "@effect-openai/workflow"
 * import { Workflow } from "@effect/workflow"
 * import { Effect, Schema } from "effect"
 *
 * const weather = Tool.make("get_weather", {
 *   description: "The weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
 * })
 *
 * const Reply = Workflow.make({
 *   name: "Reply",
 *   payload: { thread_id: Schema.String, question: Schema.String },
 *   idempotencyKey: ({ thread_id, question }) => `${thread_id} ${question}`,
 *   success: Schemas.Run,
 *   error: Schemas.OpenAiError
 * })
 *
 * const ReplyLive = Reply.toLayer(({ question, thread_id }) =>
 *   DurableRuns.runTools(
 *     { thread_id, assistant_id: "asst_abc123", additional_messages: [{ role: "user", content: question }] },
 *     [weather],
 *     { name: "reply", onError: "output", cancelOnFailure: true }
 *   )
 * )
 *
 * @since 3.0.0
 * @category tools
 */
export const runTools = <
  const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
  OnError extends "fail" | "output" = "fail"
>(
  request: Tool.WithoutHandlers<Runs.CreateRequest>,
  tools: Tools,
  options: RunToolsOptions<Tools, OnError>
): Effect.Effect<
  Run,
  OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance | Exclude<Tool.Context<Tools>, ToolCall>
> => Loop.runTools(request, tools, options)
