/**
 * Executions of an assistant on a thread.
 *
 * @since 0.1.0
 */
import type * as AssistantStream from "@effect-openai/core/AssistantStream"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Contract from "@effect-openai/core/Runs"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as Polling from "./internal/polling.js"
import * as ToolLoop from "./internal/tools/run.js"
import type { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import type * as Tool from "./Tool.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Runs"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * The IDs of a run and of its thread.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunIds {
  readonly thread_id: string
  readonly run_id: string
}

/**
 * The request of {@link create}, without `stream`: `create.stream` sets it.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateRequest extends Omit<Contract.CreateRunRequest, "stream"> {
  readonly thread_id: string
}

/**
 * List runs (`listRuns`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create run (`createRun`): runs an assistant on a thread. `.stream` emits the events of the run.
 *
 * @example
 * import { Runs, RunStream } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const response = Runs.create.stream({ thread_id: "thread_abc123", assistant_id: "asst_abc123" }).pipe(
 *   RunStream.text,
 *   Stream.runForEach((text) => Console.log(text))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.streaming(Contract.create)

/**
 * Create thread and run (`createThreadAndRun`) in one request. `.stream` emits the events of the run.
 *
 * @since 0.1.0
 * @category operations
 */
export const createThreadAndRun: Operation.Of<typeof Contract.createThreadAndRun> = Operation.streaming(
  Contract.createThreadAndRun
)

/**
 * Retrieve run (`getRun`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify run (`modifyRun`): changes its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

/**
 * Submit tool outputs to run (`submitToolOuputsToRun`): all outputs in one request. `.stream` emits the events that follow.
 *
 * @since 0.1.0
 * @category operations
 */
export const submitToolOutputs: Operation.Of<typeof Contract.submitToolOutputs> = Operation.streaming(
  Contract.submitToolOutputs
)

/**
 * Cancel run (`cancelRun`). Returns the run with the status `cancelling`. Its status becomes `cancelled` later.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)

// -----------------------------------------------------------------------------
// polling
// -----------------------------------------------------------------------------

/**
 * Options of {@link poll}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /** Default: 1 second. The delay between two requests. The response header `openai-poll-after-ms` takes precedence. */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: 10 minutes, after which a run has expired. Then polling fails with `TimeoutError`. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Default: false. Whether the run is cancelled where polling is interrupted, times out or fails. The request is sent
   * once, with a timeout of 10 seconds.
   */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * Whether a run does not continue automatically: it has ended, or requires an action. A run with an unknown status continues.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSettled = (run: Contract.Run): boolean => {
  switch (run.status as string) {
    case "completed":
    case "failed":
    case "cancelled":
    case "expired":
    case "incomplete":
    case "requires_action":
      return true
    default:
      return false
  }
}

const idsOf = ({ thread_id }: { readonly thread_id: string }, { id }: Contract.Run): RunIds => ({
  thread_id,
  run_id: id
})

const pollOnce = (
  ids: RunIds,
  options: PollOptions | undefined
): Effect.Effect<Contract.Run, OpenAiError.OpenAiError, OpenAiClient> =>
  Polling.last(Polling.states(retrieve(ids), isSettled, () => options?.interval ?? "1 second"))

const bounded = (ids: RunIds, options: PollOptions | undefined) =>
  Polling.bounded({
    operation: "getRun",
    phase: "run",
    name: `The run ${ids.run_id}`,
    timeout: options?.timeout ?? "10 minutes",
    cancelOnFailure: options?.cancelOnFailure,
    cancel: cancel(ids)
  })

/**
 * Waits until a run has ended or requires an action, and returns it.
 *
 * @example
 * import { Runs } from "@effect-openai/client"
 *
 * const run = Runs.poll(
 *   { thread_id: "thread_abc123", run_id: "run_abc123" },
 *   { timeout: "2 minutes", cancelOnFailure: true }
 * )
 *
 * @since 0.1.0
 * @category polling
 */
export const poll = (
  ids: RunIds,
  options?: PollOptions
): Effect.Effect<Contract.Run, OpenAiError.OpenAiError, OpenAiClient> =>
  pollOnce(ids, options).pipe(bounded(ids, options))

/**
 * Creates a run, and waits until it has ended or requires an action.
 *
 * @since 0.1.0
 * @category polling
 */
export const createAndPoll = (
  request: CreateRequest,
  options?: PollOptions
): Effect.Effect<Contract.Run, OpenAiError.OpenAiError, OpenAiClient> =>
  Effect.flatMap(create(request), (run) => poll(idsOf(request, run), options))

/**
 * Submits tool outputs, and waits until the run has ended or requires another action.
 *
 * @since 0.1.0
 * @category polling
 */
export const submitToolOutputsAndPoll = (
  request: RunIds & Omit<Contract.SubmitToolOutputsRunRequest, "stream">,
  options?: PollOptions
): Effect.Effect<Contract.Run, OpenAiError.OpenAiError, OpenAiClient> =>
  Effect.flatMap(submitToolOutputs(request), (run) => poll(idsOf(request, run), options))

// -----------------------------------------------------------------------------
// tools
// -----------------------------------------------------------------------------

/**
 * Options of {@link runTools}`.stream`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunToolsStreamOptions<OnError extends "fail" | "output">
  extends Tool.Options<OnError>, Operation.StreamOptions
{
  /** Default: false. Whether the run is cancelled where the Stream fails or is interrupted. */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * An event of {@link runTools}`.stream`: an event of the run, a call, or the output of a call.
 *
 * @since 0.1.0
 * @category models
 */
export type RunToolsEvent = AssistantStream.AssistantStreamEvent | Tool.Event

/**
 * A tool loop over a run.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunTools {
  <const Tools extends ReadonlyArray<Tool.Tool<any, any>>, OnError extends "fail" | "output" = "fail">(
    request: Tool.WithoutHandlers<CreateRequest>,
    tools: Tools,
    options?: PollOptions & Tool.Options<OnError>
  ): Effect.Effect<
    Contract.Run,
    OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
  /** Emits the events of the run in every round, the calls and their outputs. */
  readonly stream: <
    const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
    OnError extends "fail" | "output" = "fail"
  >(
    request: Tool.WithoutHandlers<CreateRequest>,
    tools: Tools,
    options?: RunToolsStreamOptions<OnError>
  ) => Stream.Stream<
    RunToolsEvent,
    OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
}

/**
 * Creates a run, and runs the functions that it calls until it has ended. All calls of one action run concurrently, and
 * their outputs are sent in one request. `timeout` limits the entire loop.
 *
 * The run has these tools in addition to the assistant's own, which are retrieved first. A request with `tools` has those
 * instead of the assistant's: `tools: []` leaves only the functions that are passed here.
 *
 * Also fails with the errors of the tools, and with `ToolCallError` for a call that no tool can run. With
 * `onError: "output"` the model receives these errors instead. The loop has a span `invoke_agent`, and each call one that is
 * `execute_tool <name>`.
 *
 * `.stream` emits the events of the run instead of polling it, each call before it runs, and each output as soon as it is
 * there.
 *
 * @example
 * import { Runs, Tool } from "@effect-openai/client"
 * import { Effect, Schema } from "effect"
 *
 * const weather = Tool.make("get_weather", {
 *   description: "The weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
 * })
 *
 * const run = Runs.runTools(
 *   { thread_id: "thread_abc123", assistant_id: "asst_abc123" },
 *   [weather],
 *   { onError: "output", cancelOnFailure: true }
 * )
 *
 * @since 0.1.0
 * @category tools
 */
export const runTools: RunTools = ToolLoop.makeRunTools({ create, submitToolOutputs, cancel, pollOnce, bounded })

/**
 * Returns the calls that a run requires the outputs of. Undefined where it requires none.
 *
 * @since 3.0.0
 * @category tools
 */
export const requiredCalls: (run: Contract.Run) => ReadonlyArray<Tool.ToolCall> | undefined = ToolLoop.callsOf

/**
 * Returns the request that {@link runTools} sends: with the assistant's own tools, which are retrieved, and with these.
 *
 * @since 3.0.0
 * @category tools
 */
export const withTools: (
  request: Tool.WithoutHandlers<CreateRequest>,
  tools: ReadonlyArray<Tool.Tool<any, any>>
) => Effect.Effect<CreateRequest, OpenAiError.OpenAiError, OpenAiClient> = ToolLoop.withTools
