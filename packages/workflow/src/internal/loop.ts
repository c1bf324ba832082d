import { OpenAiClient, Runs, Tool } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { Run } from "@effect-openai/core/Runs"
import * as WorkflowActivity from "@effect/workflow/Activity"
import { WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as DurableRuns from "../DurableRuns.js"
import * as Schemas from "../Schemas.js"
import { ToolCall } from "../ToolCall.js"
import * as Activity from "./activity.js"
import * as Wait from "./wait.js"

// The steps of a tool loop are activities with these names, each after the name of the loop:
//
//   before, create           the run
//   wait/0                   until the run has ended or requires the outputs of calls
//   tool/0/0, tool/0/1 …     the calls
//   submit/0                 their outputs
//   wait/1 …
//   cancel, wait/0/cancel    where the execution is cancelled, or fails with `cancelOnFailure`

/** Creates a run once. */
export const create = <A, I, R>(
  name: string,
  thread_id: string,
  request: Effect.Effect<Runs.CreateRequest, OpenAiError.OpenAiError, R>,
  success: Schema.Schema<A, I>,
  toStored: (run: Run) => Effect.Effect<A>
) =>
  Activity.createOnce(
    {
      name,
      list: (query) => Runs.list.items({ thread_id, ...query }),
      isOf: Activity.hasKey,
      create: (key) =>
        Effect.flatMap(
          request,
          (request) => Runs.create({ ...request, metadata: Activity.withKey(request.metadata, key) })
        )
    },
    success,
    toStored
  )

const Created = Schema.Struct({ run_id: Schema.String, startedAt: Schema.Number })

const Calls = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
  })
)

/** What a run waits for, or the run that has ended. */
const State = Schema.Union(
  Schema.TaggedStruct("Required", { calls: Calls }),
  Schema.TaggedStruct("Ended", { run: Schemas.Run })
)

const stateOf = (run: Run): typeof State.Type => {
  const calls = Runs.requiredCalls(run)
  return calls === undefined ? { _tag: "Ended", run } : { _tag: "Required", calls }
}

type Tools = ReadonlyArray<Tool.Tool<any, any>>

type Options = DurableRuns.PollOptions & Tool.Options & { readonly error?: Schema.Schema<any, any> | undefined }

/** Runs a tool for a call. Null where the execution was cancelled before. */
const runTool = (name: string, tools: Tools, call: Tool.ToolCall, options: Options) =>
  WorkflowActivity.make({
    name,
    success: Schema.NullOr(Schema.String),
    error: options.error === undefined ? Schemas.ToolCallError : Schema.Union(Schemas.ToolCallError, options.error),
    execute: Effect.gen(function*() {
      if (yield* Activity.isCancelled) return null
      const { executionId } = yield* WorkflowInstance
      const key = yield* WorkflowActivity.idempotencyKey(`${options.name}/tool/${call.id}`)
      const [result] = yield* Tool.run(tools, [call], { onError: options.onError, operation: "createRun" }).pipe(
        Effect.provideService(ToolCall, { id: call.id, key, executionId })
      )
      return result!.output
    })
  })

/** Sends outputs while the run requires them. It does not after an attempt that was carried out, and where it has ended. */
const submit = (name: string, ids: Runs.RunIds, outputs: ReadonlyArray<Tool.ToolOutput>) => {
  const isRequired = Effect.map(
    Runs.retrieve(ids),
    (run) => Runs.requiredCalls(run)?.some(({ id }) => outputs.some(({ tool_call_id }) => tool_call_id === id)) === true
  )
  const send = Effect.flatMap(
    WorkflowActivity.idempotencyKey(name),
    (key) =>
      Runs.submitToolOutputs({ ...ids, tool_outputs: outputs }).pipe(
        OpenAiClient.withIdempotencyKey(key),
        // An earlier attempt may have been carried out after the look.
        Effect.catchTag(
          "BadRequestError",
          (error) => Effect.unlessEffect(Effect.fail(error), Effect.negate(isRequired))
        )
      )
  )
  return Activity.make(name, Schema.Void, Activity.persistent(Effect.asVoid(Effect.whenEffect(send, isRequired))))
}

/** Makes the tool loop. The errors and requirements follow from the tools, so `DurableRuns.runTools` states them. */
export const runTools = (
  request: Runs.CreateRequest,
  tools: Tools,
  options: Options
): Effect.Effect<Run, any, any> =>
  Effect.gen(function*() {
    const { name } = options
    const { run_id, startedAt } = yield* create(
      name,
      request.thread_id,
      Runs.withTools(request, tools),
      Created,
      ({ id }) => Effect.map(Clock.currentTimeMillis, (startedAt) => ({ run_id: id, startedAt }))
    )
    const ids = { thread_id: request.thread_id, run_id }

    const round = (n: number): Effect.Effect<Run, any, any> =>
      Effect.gen(function*() {
        const state = yield* Wait.run(`${name}/wait/${n}`, ids, options, startedAt, State, stateOf)
        if (state._tag === "Ended") return state.run
        // All calls end, so that a repetition of the execution fails with the same error.
        const results = yield* Effect.forEach(
          state.calls,
          (call, index) => Effect.either(runTool(`${name}/tool/${n}/${index}`, tools, call, options)),
          { concurrency: options.concurrency ?? "unbounded" }
        )
        const outputs = yield* Effect.forEach(
          results,
          (result, index) => Either.map(result, (output) => ({ tool_call_id: state.calls[index]!.id, output }))
        )
        const given = outputs.filter((output): output is Tool.ToolOutput => output.output !== null)
        if (given.length < outputs.length) return yield* Wait.cancel(name, ids)
        yield* submit(`${name}/submit/${n}`, ids, given)
        return yield* round(n + 1)
      })

    return yield* Activity.cancelledOnFailure(options.cancelOnFailure, Wait.cancel(name, ids))(round(0))
  })
