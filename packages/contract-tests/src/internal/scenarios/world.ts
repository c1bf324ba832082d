import { AssistantFiles, Messages, RunSteps } from "@effect-openai/client"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import type * as Wire from "../../Wire.js"
import * as given from "./given.js"

/** The names of the parameters in an operation's path. */
export const parametersOf = ({ path }: Endpoint.Any): ReadonlyArray<string> =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name!)

const under = ({ name }: Endpoint.Any, parameters: ReadonlyArray<string>) => ({
  assistant: parameters.includes("assistant_id"),
  message: parameters.includes("message_id"),
  outputs: name === "submitToolOuputsToRun"
})

/** What a target must be able to do for the objects in an operation's path to exist. */
export const requires = (
  endpoint: Endpoint.Any,
  parameters = parametersOf(endpoint)
): ReadonlyArray<Scenario.Capability> => [
  ...parameters.length > 0 ? ["stateful" as const] : [],
  ...parameters.includes("file_id") ? ["files" as const] : [],
  ...parameters.includes("run_id") ? ["runs" as const] : []
]

/** Real objects for the parameters of an operation's path, or for the first of them. */
export const objects = (endpoint: Endpoint.Any, parameters = parametersOf(endpoint)) =>
  Effect.gen(function*() {
    const is = under(endpoint, parameters)
    const values: Record<string, string> = {}
    if (parameters.includes("file_id")) values["file_id"] = (yield* given.file()).id
    if (is.assistant) {
      const { id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      values["assistant_id"] = id
      if (values["file_id"] !== undefined) {
        yield* AssistantFiles.create({ assistant_id: id, file_id: values["file_id"] })
      }
    }
    if (parameters.includes("run_id")) {
      const ids = is.outputs ? yield* given.waiting("get_weather") : yield* given.run("Say hello.")
      if (!is.outputs) yield* given.settled({ thread_id: ids.thread_id, run_id: ids.run_id })
      values["thread_id"] = ids.thread_id
      values["run_id"] = ids.run_id
      if (parameters.includes("step_id")) {
        const { data } = yield* RunSteps.list({ thread_id: ids.thread_id, run_id: ids.run_id })
        values["step_id"] = (yield* Scenario.present("the run has a step", data[0])).id
      }
    } else if (parameters.includes("thread_id")) {
      values["thread_id"] = (yield* given.thread()).id
      if (is.message) {
        const { file_id, thread_id } = values
        const message = yield* Messages.create({
          thread_id: thread_id!,
          role: "user",
          content: "How many stars shine?",
          ...(file_id === undefined ? {} : { file_ids: [file_id] })
        })
        values["message_id"] = message.id
      }
    }
    if (parameters.includes("model")) values["model"] = yield* given.model
    return values as Readonly<Record<string, string>>
  })

/** What no object is called. */
export const nobody: Readonly<Record<string, string>> = {
  assistant_id: "asst_doesnotexist000000000000",
  file_id: "file-doesnotexist000000000000",
  message_id: "msg_doesnotexist0000000000000",
  model: "no-such-model",
  run_id: "run_doesnotexist0000000000000",
  step_id: "step_doesnotexist000000000000",
  thread_id: "thread_doesnotexist0000000000"
}

/** An operation's path with its parameters. */
export const pathOf = ({ path }: Endpoint.Any, values: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? nobody[name] ?? "nobody"))

/** The least that an operation's body may be. */
const leastBody = (endpoint: Endpoint.Any, models: Scenario.Models): Readonly<Record<string, unknown>> => {
  switch (endpoint.name) {
    case "createAssistant":
      return { model: models.chat }
    case "createAssistantFile":
      return { file_id: nobody["file_id"] }
    case "createMessage":
      return { role: "user", content: "How many stars shine?" }
    case "createRun":
    case "createThreadAndRun":
      return { assistant_id: nobody["assistant_id"] }
    case "submitToolOuputsToRun":
      return { tool_outputs: [{ tool_call_id: "call_nobody", output: "" }] }
    case "createChatCompletion":
      return { model: models.chat, messages: [{ role: "user", content: "Say hello." }] }
    case "createEmbedding":
      return { model: models.embedding, input: "Seven stars shine." }
    default:
      return {}
  }
}

/** A form as it stands on the wire. */
export const form = (
  ...parts: ReadonlyArray<readonly [name: string, content: string, fileName?: string]>
): Pick<Wire.Request, "body" | "headers"> => ({
  headers: { "content-type": "multipart/form-data; boundary=contract" },
  body:
    parts.map(([name, content, fileName]) =>
      `--contract\r\ncontent-disposition: form-data; name="${name}"${
        fileName === undefined ? "" : `; filename="${fileName}"`
      }\r\n\r\n${content}\r\n`
    ).join("") + "--contract--\r\n"
})

/** A request for an operation that could succeed, but for the objects that it names. */
export const request = (
  endpoint: Endpoint.Any,
  values: Readonly<Record<string, string>>,
  models: Scenario.Models
): Wire.Request => ({
  method: endpoint.method,
  path: pathOf(endpoint, values),
  ...(endpoint.body._tag === "Json"
    ? { json: leastBody(endpoint, models) }
    : endpoint.body._tag === "Multipart"
    ? form(["purpose", "assistants"], ["file", "x", "facts.txt"])
    : {})
})
