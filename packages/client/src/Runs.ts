/**
 * Runs: an assistant at work on a thread.
 *
 * @since 0.1.0
 */
import type * as AssistantStream from "@effect-openai/core/AssistantStream"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Pagination from "@effect-openai/core/Pagination"
import * as Contract from "@effect-openai/core/Runs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type OpenAiClient, withResponse } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import * as Retry from "./Retry.js"
import * as Tool from "./Tool.js"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * A run's place.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunIds {
  readonly thread_id: string
  readonly run_id: string
}

/**
 * What a run is created from, and where; whether its answer is streamed is said by the function that is called.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateRequest extends Omit<Contract.CreateRunRequest, "stream"> {
  readonly thread_id: string
}

/**
 * List runs (`listRuns`): a page, or by `.items` and `.pages` all of them.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<
  { readonly thread_id: string } & Pagination.ListQuery,
  Contract.ListRunsResponse,
  Contract.Run
> = Operation.paged(Contract.list)

/**
 * Create run (`createRun`): sets an assistant to work on a thread. `.stream` hands out the run's events.
 *
 * @example
 * import { Runs, RunStream } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const answer = Runs.create.stream({ thread_id: "thread_abc123", assistant_id: "asst_abc123" }).pipe(
 *   RunStream.text,
 *   Stream.runForEach((text) => Console.log(text))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Streaming<CreateRequest, Contract.Run, AssistantStream.AssistantStreamEvent> = Operation
  .streaming(Contract.create)

/**
 * Create thread and run (`createThreadAndRun`), in one request. `.stream` hands out the run's events.
 *
 * @since 0.1.0
 * @category operations
 */
export const createThreadAndRun: Operation.Streaming<
  Omit<Contract.CreateThreadAndRunRequest, "stream">,
  Contract.Run,
  AssistantStream.AssistantStreamEvent
> = Operation.streaming(Contract.createThreadAndRun)

/**
 * Retrieve run (`getRun`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<RunIds, Contract.Run> = Operation.make(Contract.retrieve)

/**
 * Modify run (`modifyRun`): its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Operation<RunIds & Contract.ModifyRunRequest, Contract.Run> = Operation.json(
  Contract.modify
)

/**
 * Submit tool outputs to run (`submitToolOuputsToRun`), all of them in one request. `.stream` hands out the events of
 * what follows.
 *
 * @since 0.1.0
 * @category operations
 */
export const submitToolOutputs: Operation.Streaming<
  RunIds & Omit<Contract.SubmitToolOutputsRunRequest, "stream">,
  Contract.Run,
  AssistantStream.AssistantStreamEvent
> = Operation.streaming(Contract.submitToolOutputs)

/**
 * Cancel run (`cancelRun`). It answers with the status `cancelling`; the run is `cancelled` later.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Operation<RunIds, Contract.Run> = Operation.make(Contract.cancel)

// -----------------------------------------------------------------------------
// polling
// -----------------------------------------------------------------------------

/**
 * How a run is waited for.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /** The time between two looks, where the server names none by `openai-poll-after-ms`; a second unless told. */
  readonly interval?: Duration.DurationInput | undefined
  /** How long is waited in all, before a `TimeoutError`; 10 minutes unless told, after which a run has expired. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Whether the run is cancelled when waiting for it is interrupted, takes too long or fails; false unless told. It is
   * tried once, for 10 seconds at the most.
   */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * Whether a run goes no further by itself: it has ended, or requires an action. An unknown status is none of these.
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

const pollAfter = (headers: Readonly<Record<string, string>> | undefined): Duration.Duration | undefined => {
  const text = headers?.["openai-poll-after-ms"]?.trim()
  const millis = text ? Number(text) : NaN
  return millis >= 0 && Number.isFinite(millis) ? Duration.millis(millis) : undefined
}

const idsOf = ({ id, thread_id }: Contract.Run): RunIds => ({ thread_id, run_id: id })

const settle = (
  ids: RunIds,
  options: PollOptions | undefined
): Effect.Effect<Contract.Run, OpenAiError.OpenAiError, OpenAiClient> =>
  Effect.flatMap(withResponse(retrieve(ids)), ([run, response]) =>
    isSettled(run)
      ? Effect.succeed(run)
      : Effect.zipRight(
        Effect.sleep(pollAfter(response?.headers) ?? options?.interval ?? "1 second"),
        settle(ids, options)
      ))

/** Holds waiting for a run to its deadline, and cancels the run where it was waited for in vain. */
const bounded =
  (ids: RunIds, options: PollOptions | undefined) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | OpenAiError.TimeoutError, R | OpenAiClient> => {
    const timeout = Duration.decode(options?.timeout ?? "10 minutes")
    const cancelled = cancel(ids).pipe(Retry.none, Effect.interruptible, Effect.timeout("10 seconds"), Effect.ignore)
    return self.pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () =>
          new OpenAiError.TimeoutError({
            operation: "getRun",
            phase: "run",
            timeout,
            message: `The run ${ids.run_id} has not ended within ${Duration.format(timeout)}`
          })
      }),
      Effect.onExit((exit) => options?.cancelOnFailure === true && Exit.isFailure(exit) ? cancelled : Effect.void)
    )
  }

/**
 * Waits until a run has ended or requires an action, and gives it.
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
  settle(ids, options).pipe(bounded(ids, options))

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
  Effect.flatMap(create(request), (run) => poll(idsOf(run), options))

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
  Effect.flatMap(submitToolOutputs(request), (run) => poll(idsOf(run), options))

// -----------------------------------------------------------------------------
// tools
// -----------------------------------------------------------------------------

/**
 * Creates a run and runs the functions that it asks for until it has ended: all calls of one action at the same time, all
 * their outputs in one request. The tools are added to the request's own; together they replace the assistant's for this
 * run. `timeout` bounds the whole loop.
 *
 * Besides what its operations fail with, it fails with what a tool fails with, and with `ToolCallError` for calls that
 * no tool answers to; with `onError: "output"` the model is told instead.
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
export const runTools = <
  const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
  OnError extends "fail" | "output" = "fail"
>(
  request: CreateRequest,
  tools: Tools,
  options?: PollOptions & Tool.Options<OnError>
): Effect.Effect<
  Contract.Run,
  OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
  OpenAiClient | Tool.Context<Tools>
> => {
  type Loop = Effect.Effect<
    Contract.Run,
    OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
  const loop = (ids: RunIds): Loop =>
    Effect.flatMap(settle(ids, options), (run): Loop => {
      const action = run.status === "requires_action" ? run.required_action : undefined
      if (action?.type !== "submit_tool_outputs") return Effect.succeed(run)
      // A kind of call that is not documented can't be run, but must be answered like the others.
      const calls = action.submit_tool_outputs.tool_calls.map((call) =>
        call.type === "function" ? call : { id: String(call["id"]), function: { name: call.type, arguments: "" } }
      )
      return Tool.run(tools, calls, { ...options, operation: "createRun" }).pipe(
        Effect.flatMap((tool_outputs) => submitToolOutputs({ ...ids, tool_outputs })),
        Effect.zipRight(loop(ids))
      )
    })
  return Effect.flatMap(
    create(tools.length === 0 ? request : { ...request, tools: [...request.tools ?? [], ...Tool.definitions(tools)] }),
    (run) => loop(idsOf(run)).pipe(bounded(idsOf(run), options))
  )
}
