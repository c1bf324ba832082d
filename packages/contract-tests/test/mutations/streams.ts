import { Suite } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { responses, data, events, of } = Proxy

type Events = ReadonlyArray<Proxy.Event>

const isDelta = ({ data, event }: Proxy.Event) =>
  event?.endsWith(".delta") === true || data.includes("\"delta\":{\"content")

const whatIs = (event: Proxy.Event): boolean => event.data === "[DONE]"

const withoutLast = (all: Events, drop: (event: Proxy.Event) => boolean): Events => {
  const index = all.findLastIndex(drop)
  return all.filter((_, place) => place !== index)
}

/** Faults of any stream. */
const wrongs: ReadonlyArray<readonly [title: string, change: Proxy.Change]> = [
  ["streams no events", events(() => [])],
  ["streams [DONE] only", events((all) => all.filter(whatIs))],
  ["ends a stream in the middle", events((all) => all.slice(0, all.length / 2))],
  ["ends a stream after the first event", events((all) => all.slice(0, 1))],
  ["omits the last event before the end", events((all) => withoutLast(all, (event) => !whatIs(event)))],
  ["omits the first event", events((all) => all.slice(1))],
  ["omits [DONE]", events((all) => all.filter((event) => !whatIs(event)))],
  [
    "ends a stream within an event",
    responses((response) => {
      if (response.headers["content-type"]?.startsWith("text/event-stream") !== true) return response
      const text = Proxy.textOf(response)
      return Proxy.withText(response, text.slice(0, text.length / 2))
    })
  ],
  [
    "returns a stream as JSON",
    responses((response) =>
      response.headers["content-type"]?.startsWith("text/event-stream") === true
        ? { ...response, headers: { ...response.headers, "content-type": "application/json" } }
        : response
    )
  ],
  [
    "returns a stream as text/plain",
    responses((response) =>
      response.headers["content-type"]?.startsWith("text/event-stream") === true
        ? { ...response, headers: { ...response.headers, "content-type": "text/plain" } }
        : response
    )
  ],
  [
    "treats `stream: true` as false",
    Proxy.requests((request) => {
      const { stream: _, ...rest } = (request.json ?? {}) as Proxy.Fields
      return { ...request, json: rest }
    })
  ],
  ["emits {} as the data of each event", data(() => ({}))],
  ["emits invalid JSON", events((all) => all.map((event) => whatIs(event) ? event : { ...event, data: "{" }))],
  ["omits a delta", events((all) => withoutLast(all, isDelta))],
  [
    "emits a delta twice",
    events((all) => {
      const index = all.findIndex(isDelta)
      return [...all.slice(0, index + 1), ...all.slice(index)]
    })
  ],
  [
    "reverses deltas",
    events((all) => {
      const deltas = all.filter(isDelta)
      return all.map((event) => isDelta(event) ? deltas.pop()! : event)
    })
  ],
  [
    "emits an error in the middle of a stream",
    events((all) => [
      ...all.slice(0, all.length / 2),
      {
        event: all[0]?.event === undefined ? undefined : "error",
        data: JSON.stringify(
          all[0]?.event === undefined
            ? { error: { message: "No.", type: "server_error", param: null, code: null } }
            : { message: "No.", type: "server_error", param: null, code: null }
        )
      }
    ])
  ]
]

/** The scenario about the stream of an operation. The text of a completion is known in one scenario only. */
const scenarioOf = (operation: string, title: string): string | undefined =>
  operation === "createChatCompletion" && title.includes("delta")
    ? "chat/streamSame"
    : Suite.all.find(({ group, operations }) => group === "streams" && operations.includes(operation))?.id

export const streaming: ReadonlyArray<Mutation> = [
  ...Contract.endpoints.filter(({ events }) => events !== undefined).flatMap(({ name }) =>
    wrongs.flatMap(([title, change]) => {
      const scenario = scenarioOf(name, title)
      return scenario === undefined ? [] : [mutation(`${name} ${title}`, scenario, of(name, change))]
    })
  ),
  mutation("emits [DONE] twice", "streams/done", events((all) => [...all, ...all.slice(-1)])),
  mutation("emits events of a run without names", "streams/done", events((all) => all.map(({ data }) => ({ data })))),
  mutation(
    "emits an undocumented event name",
    "streams/run",
    events((all) =>
      all.map((event) => event.event === "thread.run.queued" ? { ...event, event: "thread.run.waiting" } : event)
    )
  ),
  mutation("swaps two events", "streams/run", events(([one, two, ...others]) => [two!, one!, ...others])),
  mutation(
    "repeats an event",
    "streams/run",
    events((all) => [...all.slice(0, 4), ...all.slice(0, 4), ...all.slice(4)])
  ),
  mutation(
    "omits thread.created",
    "streams/threadAndRun",
    events((all) => all.filter(({ event }) => event !== "thread.created"))
  ),
  mutation(
    "creates another thread than it streams",
    "streams/threadAndRun",
    data((data, name) => name === "thread.created" ? { ...data, metadata: {} } : data)
  ),
  mutation(
    "completes another message than the deltas add up to",
    "streams/run",
    data((data, name) =>
      name === "thread.message.completed"
        ? { ...data, content: [{ type: "text", text: { value: "Something else.", annotations: [] } }] }
        : data
    )
  ),
  mutation(
    "completes a run that is still in progress",
    "streams/run",
    data((data, name) =>
      name === "thread.run.completed" ? { ...data, status: "in_progress", completed_at: null, usage: null } : data
    )
  ),
  mutation(
    "completes another step than it stores",
    "streams/run",
    data((data, name) => name === "thread.run.step.completed" ? { ...data, completed_at: 1 } : data)
  ),
  mutation(
    "emits the events of another run",
    "streams/run",
    data((data, name) => name === "thread.run.in_progress" ? { ...data, id: "run_other" } : data)
  ),
  mutation(
    "emits deltas of another message",
    "streams/run",
    data((data, name) => name === "thread.message.delta" ? { ...data, id: "msg_other" } : data)
  ),
  mutation(
    "emits other arguments than those of the call",
    "streams/tools",
    data((data, name) =>
      name === "thread.run.step.delta" ? JSON.parse(JSON.stringify(data).replace("Lisbon", "Porto")) : data
    )
  ),
  mutation(
    "emits no thread.run.requires_action",
    "streams/tools",
    events((all) => all.filter(({ event }) => event !== "thread.run.requires_action"))
  ),
  mutation(
    "refuses with an event instead of a status",
    "streams/refused",
    of(
      ["createRun", "createThreadAndRun"],
      Proxy.refusals(404, (response) => ({
        ...response,
        status: 200,
        headers: { ...response.headers, "content-type": "text/event-stream" },
        bytes: new TextEncoder().encode(
          `event: error\ndata: ${JSON.stringify((Proxy.jsonOf(response) as Proxy.Fields)["error"])}\n\n`
        )
      }))
    )
  ),
  mutation(
    "keeps a run in progress after its stream is aborted",
    "streams/interrupt",
    of(
      "getRun",
      Proxy.bodies((body) => ({
        ...body,
        status: "in_progress"
      }))
    )
  ),
  mutation("emits [DONE] of a completion twice", "chat/streamUsage", events((all) => [...all, ...all.slice(-1)])),
  mutation(
    "omits [DONE] of a completion",
    "chat/streamUsage",
    events((all) => all.filter((event) => !whatIs(event)))
  ),
  mutation(
    "omits the usage of a stream",
    "chat/streamUsage",
    events((all) => all.filter(({ data }) => !data.includes("\"choices\":[]")))
  ),
  mutation(
    "returns no tokens in the usage of a stream",
    "chat/streamUsage",
    data((data) => data.usage ? { ...data, usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } } : data)
  ),
  mutation("emits chunks with different IDs", "chat/stream", data((data, _, index) => ({ ...data, id: `${index}` }))),
  mutation(
    "omits the role",
    "chat/stream",
    data((data) => ({
      ...data,
      choices: data.choices.map(({ delta: { role: _, ...delta }, ...choice }: any) => ({ ...choice, delta }))
    }))
  ),
  mutation(
    "emits finish_reason in every chunk",
    "chat/stream",
    data((data) => ({
      ...data,
      choices: data.choices.map((choice: object) => ({ ...choice, finish_reason: "stop" }))
    }))
  ),
  mutation(
    "never emits finish_reason",
    "chat/stream",
    data((data) => ({
      ...data,
      choices: data.choices.map((choice: object) => ({ ...choice, finish_reason: null }))
    }))
  ),
  mutation(
    "emits the complete text in one chunk",
    "chat/stream",
    events((all) => {
      const text = all.map(({ data }) => whatIs({ data }) ? "" : JSON.parse(data).choices[0]?.delta.content ?? "").join(
        ""
      )
      const [first, ...others] = all.filter((event) => !isDelta(event))
      const one = JSON.parse(first!.data)
      return [
        first!,
        {
          data: JSON.stringify({
            ...one,
            choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }]
          })
        },
        ...others
      ]
    })
  ),
  mutation(
    "omits a delta of a call's arguments",
    "chat/streamTools",
    data((data) => ({
      ...data,
      choices: data.choices.map((choice: any) => ({
        ...choice,
        delta: {
          ...choice.delta,
          ...choice.delta.tool_calls === undefined ? {} : {
            tool_calls: choice.delta.tool_calls.map((call: any) => ({
              ...call,
              function: { ...call.function, arguments: call.function.arguments?.slice(0, -1) }
            }))
          }
        }
      }))
    }))
  ),
  mutation(
    "calls a function without an ID",
    "chat/streamTools",
    data((data) => ({
      ...data,
      choices: data.choices.map((choice: any) => ({
        ...choice,
        delta: {
          ...choice.delta,
          ...choice.delta.tool_calls === undefined ? {} : {
            tool_calls: choice.delta.tool_calls.map(({ id: _, ...call }: any) => call)
          }
        }
      }))
    }))
  )
]
