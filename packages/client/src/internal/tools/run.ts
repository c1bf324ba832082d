import type { AssistantStreamEvent } from "@effect-openai/core/AssistantStream"
import type { OpenAiError } from "@effect-openai/core/OpenAiError"
import type { Run } from "@effect-openai/core/Runs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Assistants from "../../Assistants.js"
import * as Extra from "../../Extra.js"
import type { OpenAiClient } from "../../OpenAiClient.js"
import type * as Runs from "../../Runs.js"
import * as RunStream from "../../RunStream.js"
import * as Tool from "../../Tool.js"
import * as Polling from "../polling.js"
import { invokeAgent, invokeAgentStream } from "../telemetry/tools.js"
import { thenNext } from "./rounds.js"

/** Returns the calls that a run requires the outputs of. Undefined if it requires none. */
export const callsOf = (run: Run): ReadonlyArray<Tool.ToolCall> | undefined => {
  const action = run.status === "requires_action" ? run.required_action : undefined
  if (action?.type !== "submit_tool_outputs") return undefined
  return action.submit_tool_outputs.tool_calls.map((call) =>
    call.type === "function"
      ? call
      // A call of an undocumented kind can't be run, but needs an output like the others.
      : { id: String(call["id"]), function: { name: call.type, arguments: "" } }
  )
}

type CreateRequest = Runs.CreateRequest

type RequestTool = NonNullable<CreateRequest["tools"]>[number]

/** A tool of an assistant is sent as it was received, so that one of another version of the API is kept too. */
const received = (tool: object): RequestTool => ({ type: "code_interpreter", ...Extra.fields({ ...tool }) })

/**
 * Adds tools to a request. The tools of a run replace those of the assistant, so the assistant's are retrieved and sent too,
 * unless the request has tools. A function of the same name is replaced.
 */
export const withTools = (
  request: CreateRequest,
  tools: ReadonlyArray<Tool.Tool<any, any>>
): Effect.Effect<CreateRequest, OpenAiError, OpenAiClient> => {
  if (tools.length === 0) return Effect.succeed(request)
  const definitions = Tool.definitions(tools)
  if (request.tools) return Effect.succeed({ ...request, tools: [...request.tools, ...definitions] })
  const names = new Set<string>(definitions.map((tool) => tool.function.name))
  return Effect.map(Assistants.retrieve({ assistant_id: request.assistant_id }), (assistant): CreateRequest => ({
    ...request,
    tools: [
      ...(assistant.tools ?? []).flatMap((tool) =>
        tool.type === "function" && names.has(tool.function.name) ? [] : [received(tool)]
      ),
      ...definitions
    ]
  }))
}

/** The operations of a loop, which are those of `Runs`. */
interface Operations {
  readonly create: typeof Runs.create
  readonly submitToolOutputs: typeof Runs.submitToolOutputs
  readonly cancel: typeof Runs.cancel
  readonly pollOnce: (
    ids: Runs.RunIds,
    options: Runs.PollOptions | undefined
  ) => Effect.Effect<Run, OpenAiError, OpenAiClient>
  readonly bounded: (
    ids: Runs.RunIds,
    options: Runs.PollOptions | undefined
  ) => (self: Effect.Effect<Run, any, any>) => Effect.Effect<Run, any, any>
}

const idsOf = ({ thread_id }: CreateRequest, { id }: Run): Runs.RunIds => ({ thread_id, run_id: id })

/** Makes the tool loop. The errors and requirements follow from the tools, so `RunTools` states them. */
export const makeRunTools = ({ bounded, cancel, create, pollOnce, submitToolOutputs }: Operations): Runs.RunTools => {
  const buffered = (
    request: CreateRequest,
    tools: ReadonlyArray<Tool.Tool<any, any>>,
    options?: Runs.PollOptions & Tool.Options
  ): Effect.Effect<Run, any, any> => {
    const loop = (ids: Runs.RunIds): Effect.Effect<Run, any, any> =>
      Effect.flatMap(pollOnce(ids, options), (run) => {
        const calls = callsOf(run)
        if (calls === undefined) return Effect.succeed(run)
        return Tool.run(tools, calls, { ...options, operation: "createRun" }).pipe(
          Effect.flatMap((tool_outputs) => submitToolOutputs({ ...ids, tool_outputs })),
          Effect.zipRight(loop(ids))
        )
      })
    return withTools(request, tools).pipe(
      Effect.flatMap(create),
      Effect.flatMap((run) => bounded(idsOf(request, run), options)(loop(idsOf(request, run)))),
      invokeAgent
    )
  }

  const stream = (
    request: CreateRequest,
    tools: ReadonlyArray<Tool.Tool<any, any>>,
    options: Runs.RunToolsStreamOptions<"fail" | "output"> = {}
  ): Stream.Stream<Runs.RunToolsEvent, any, any> =>
    Stream.suspend(() => {
      let run: Run | undefined
      const round = (
        events: Stream.Stream<AssistantStreamEvent, any, any>
      ): Stream.Stream<Runs.RunToolsEvent, any, any> =>
        Stream.concat(
          Stream.map(events, (event) => {
            run = RunStream.apply(RunStream.empty, event).run ?? run
            return event
          }),
          Stream.suspend(() => {
            const last = run
            const calls = last && callsOf(last)
            if (last === undefined || calls === undefined) return Stream.empty
            return thenNext(
              tools,
              calls,
              { ...options, operation: "createRun" },
              (tool_outputs) => round(submitToolOutputs.stream({ ...idsOf(request, last), tool_outputs }, options))
            )
          })
        )
      const events = Stream.unwrap(Effect.map(withTools(request, tools), (all) => round(create.stream(all, options))))
      return invokeAgentStream(
        options.cancelOnFailure === true
          ? Stream.ensuringWith(events, (exit) =>
            Exit.isFailure(exit) && run !== undefined ? Polling.cancelled(cancel(idsOf(request, run))) : Effect.void)
          : events
      )
    })

  return Object.assign(buffered, { stream })
}
