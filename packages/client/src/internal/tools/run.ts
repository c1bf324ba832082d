import type { AssistantStreamEvent } from "@effect-openai/core/AssistantStream"
import type { Run } from "@effect-openai/core/Runs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Assistants from "../../Assistants.js"
import * as Extra from "../../Extra.js"
import type { OpenAiClient } from "../../OpenAiClient.js"
import type { CreateRequest, RunToolsEvent, RunToolsStreamOptions } from "../../Runs.js"
import * as RunStream from "../../RunStream.js"
import * as Tool from "../../Tool.js"
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

type RequestTool = NonNullable<CreateRequest["tools"]>[number]

/** A tool of an assistant is sent as it was received, so that one of another version of the API is kept too. */
const received = (tool: object): RequestTool => ({ type: "code_interpreter", ...Extra.fields({ ...tool }) })

/**
 * Adds tools to a request. The tools of a run replace those of the assistant, so the assistant's are retrieved and sent too,
 * unless the request has tools. A function of the same name is replaced.
 */
export const withTools = (request: CreateRequest, tools: ReadonlyArray<Tool.Tool<any, any>>) => {
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

type Events = Stream.Stream<AssistantStreamEvent, any, OpenAiClient>

/** Emits the events of a run, round by round. */
export const runEvents = (
  first: Events,
  submit: (run: Run, outputs: ReadonlyArray<Tool.ToolOutput>) => Events,
  cancel: (run: Run) => Effect.Effect<void, never, OpenAiClient>,
  tools: ReadonlyArray<Tool.Tool<any, any>>,
  options: RunToolsStreamOptions<"fail" | "output">
): Stream.Stream<RunToolsEvent, any, any> =>
  Stream.suspend(() => {
    let run: Run | undefined
    const round = (events: Events): Stream.Stream<RunToolsEvent, any, any> =>
      Stream.concat(
        Stream.map(events, (event) => {
          run = RunStream.apply(RunStream.empty, event).run ?? run
          return event
        }),
        Stream.suspend(() => {
          const last = run
          const calls = last && callsOf(last)
          return last === undefined || calls === undefined
            ? Stream.empty
            : thenNext(tools, calls, { ...options, operation: "createRun" }, (outputs) => round(submit(last, outputs)))
        })
      )
    return options.cancelOnFailure === true
      ? Stream.ensuringWith(
        round(first),
        (exit) => Exit.isFailure(exit) && run !== undefined ? cancel(run) : Effect.void
      )
      : round(first)
  })
