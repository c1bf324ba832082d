import { Threads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as given from "../scenarios/given.js"
import { assistant_id } from "./Assistants.js"
import type { Fields, Ids, Parameter, Samples } from "./sample.js"
import { thread_id } from "./Threads.js"

const run = ({ thread_id }: Ids) =>
  Effect.gen(function*() {
    const { run_id } = yield* given.runIn(thread_id!, "Say hello.")
    yield* given.settled({ thread_id: thread_id!, run_id })
    return run_id
  })

/** A run that has ended. */
export const run_id: Parameter = {
  unknown: "run_doesnotexist0000000000000",
  requires: ["runs"],
  create: run
}

/** A run that waits for the output of a function. */
const waiting: Parameter = {
  ...run_id,
  create: ({ thread_id }) => Effect.map(given.waitingIn(thread_id!, "get_weather"), ({ run_id }) => run_id)
}

const named = { name: "get" }

/** Makes the fields fit each other, which no Schema states. */
const adapt = ({ tool_choice: choice, tools, truncation_strategy: strategy, ...body }: Fields): Fields => {
  const format = body["response_format"]
  const isJson = Predicate.isRecord(format) && format["type"] === "json_object"
  const isNamed = Predicate.isRecord(choice) && (!isJson || choice["type"] === "function")
  const chosen = isNamed && choice["type"] === "function" ? { type: "function", function: named } : choice
  return {
    ...body,
    ...(isNamed
      ? { tools: [chosen], tool_choice: chosen }
      : Array.isArray(tools)
      ? { tools: isJson ? tools.filter(({ type }) => type === "function") : tools }
      : {}),
    ...(typeof choice === "string" ? { tool_choice: choice } : {}),
    ...(Predicate.isRecord(strategy)
      ? { truncation_strategy: { ...strategy, last_messages: strategy["last_messages"] ?? 1 } }
      : {})
  }
}

const references = () =>
  Effect.all({
    model: given.model,
    assistant_id: Effect.map(given.assistant(), ({ id }) => id),
    file_ids: Effect.succeed(undefined)
  })

const choose = (choice: object, ...tools: ReadonlyArray<object>): Fields => ({ tools, tool_choice: choice })

const get = { type: "function", function: named }

const rules = [
  {
    title: "a truncation to the last messages without their number",
    field: "truncation_strategy",
    body: { truncation_strategy: { type: "last_messages" } }
  },
  {
    title: "a tool_choice of a function without a name",
    field: "tool_choice",
    body: choose({ type: "function" }, get)
  },
  {
    title: "a tool_choice of a function that is not in tools",
    field: "tool_choice",
    body: choose({ type: "function", function: { name: "set" } }, get)
  },
  {
    title: "a tool_choice that is not in tools",
    field: "tool_choice",
    body: choose({ type: "code_interpreter" }, get)
  },
  {
    title: "response_format json_object with another tool than functions",
    field: "tools",
    body: { response_format: { type: "json_object" }, tools: [get, { type: "code_interpreter" }] }
  }
]

export const samples: Samples<"Runs"> = {
  listRuns: {
    parameters: { thread_id },
    items: { requires: ["runs"], create: (ids) => given.sequentially(() => Effect.map(run(ids), (id) => ({ id }))) }
  },
  createRun: {
    parameters: { thread_id },
    requires: ["runs"],
    body: () => ({ assistant_id: assistant_id.unknown }),
    references,
    // A run locks its thread.
    ownObjects: true,
    adapt,
    rules,
    repeats: ["instructions", "tools", "metadata", "temperature", "top_p"]
  },
  createThreadAndRun: {
    requires: ["runs"],
    body: () => ({ assistant_id: assistant_id.unknown }),
    references,
    adapt,
    rules,
    cleanUp: ({ thread_id = "" }) => Threads.delete({ thread_id })
  },
  getRun: { parameters: { thread_id, run_id } },
  modifyRun: { parameters: { thread_id, run_id }, body: () => ({}), repeats: ["metadata"] },
  cancelRun: { parameters: { thread_id, run_id } },
  submitToolOuputsToRun: {
    parameters: { thread_id, run_id: waiting },
    body: () => ({ tool_outputs: [{ tool_call_id: "call_doesnotexist", output: "" }] }),
    // A model chooses which calls need outputs.
    generated: false
  }
}
