import { Messages, type OpenAiClient, Runs, RunSteps, RunStream, Threads } from "@effect-openai/client"
import type { AssistantStreamEvent } from "@effect-openai/core/AssistantStream"
import type { OpenAiError, StreamInterruptedError } from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import * as sse from "../sse.js"
import * as given from "./given.js"

const requires = ["stateful", "runs", "streams"] as const

type Events = Stream.Stream<AssistantStreamEvent, OpenAiError | StreamInterruptedError, OpenAiClient.OpenAiClient>

/** All events of a stream. Fails without events. */
const collect = (events: Events) =>
  Effect.flatMap(Stream.runCollect(events), (chunk) => {
    const all = Chunk.toReadonlyArray(chunk)
    return Effect.as(Scenario.that("a stream has events", all.length > 0, all), all)
  })

/** The names of events. Consecutive equal names are one. */
const namesOf = (events: ReadonlyArray<AssistantStreamEvent>): ReadonlyArray<string> =>
  events.map(({ event }) => event as string).filter((name, index, names) => name !== names[index - 1])

const last = <Name extends string>(events: ReadonlyArray<AssistantStreamEvent>, name: Name) =>
  Scenario.present(
    `the stream has ${name}`,
    events.findLast((one): one is Extract<AssistantStreamEvent, { readonly event: Name }> => one.event === name)
  )

/** The events of a message. */
const written = [
  "thread.run.step.created",
  "thread.run.step.in_progress",
  "thread.message.created",
  "thread.message.in_progress",
  "thread.message.delta",
  "thread.message.completed",
  "thread.run.step.completed",
  "thread.run.completed"
]

/** Checks that streamed objects are retrieved unchanged, and that the deltas add up to the message. */
const retrievedEqual = (events: ReadonlyArray<AssistantStreamEvent>) =>
  Effect.gen(function*() {
    const { data: run } = yield* last(events, "thread.run.completed")
    const { data: message } = yield* last(events, "thread.message.completed")
    const { data: step } = yield* last(events, "thread.run.step.completed")
    const { id: run_id, thread_id = "" } = run
    yield* Scenario.equal("the run is retrieved as it was streamed", yield* Runs.retrieve({ thread_id, run_id }), run)
    const retrieved = yield* Messages.retrieve({ thread_id, message_id: message.id })
    yield* Scenario.equal("the message is retrieved as it was streamed", retrieved, message)
    yield* Scenario.equal(
      "the step is retrieved as it was streamed",
      yield* RunSteps.retrieve({ thread_id, run_id, step_id: step.id }),
      step
    )
    // Without the event that has the complete message.
    const deltas = events.filter(({ event }) => event !== "thread.message.completed")
    const { messages } = deltas.reduce(RunStream.apply, RunStream.empty)
    yield* Scenario.equal(
      "the deltas add up to the message",
      messages.find(({ id }) => id === message.id)?.content,
      message.content
    )
    const { data: started } = yield* last(events, "thread.run.in_progress")
    yield* Scenario.equal(
      "run, message and step are of one run",
      [started.id, message.run_id, step.run_id],
      [run_id, run_id, run_id]
    )
  })

export const streams: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "streams/run",
    title: "a streamed run emits the documented events in order, and the deltas add up",
    group: "streams",
    operations: ["createRun", "getMessage", "getRunStep"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, thread_id } = yield* given.conversation("Say hello to the world, please.")
      const events = yield* collect(Runs.create.stream({ thread_id, assistant_id }))
      yield* Scenario.equal("the events are emitted in the documented order", namesOf(events), [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        ...written
      ])
      yield* retrievedEqual(events)
    })
  }),
  Scenario.make({
    id: "streams/threadAndRun",
    title: "a stream of createThreadAndRun begins with the created thread",
    group: "streams",
    operations: ["createThreadAndRun", "getThread"],
    requires,
    run: Effect.gen(function*() {
      const { id: assistant_id } = yield* given.assistant()
      const events = yield* collect(Runs.createThreadAndRun.stream({
        assistant_id,
        thread: { messages: [{ role: "user", content: "Say hello." }], metadata: { suite: "contract" } }
      }))
      const { data: thread } = yield* last(events, "thread.created")
      yield* Effect.addFinalizer(() => Effect.ignore(Threads.delete({ thread_id: thread.id })))
      yield* Scenario.equal("the events are emitted in the documented order", namesOf(events), [
        "thread.created",
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        ...written
      ])
      yield* Scenario.equal("the thread has the metadata of the request", thread.metadata, { suite: "contract" })
      yield* Scenario.equal(
        "the thread is retrieved as it was streamed",
        yield* Threads.retrieve({ thread_id: thread.id }),
        thread
      )
      yield* retrievedEqual(events)
    })
  }),
  Scenario.make({
    id: "streams/tools",
    title: "a stream ends when functions must be called, and continues in the stream of their outputs",
    group: "streams",
    operations: ["createRun", "submitToolOuputsToRun"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, thread_id } = yield* given.conversation(
        "Call get_weather for \"Lisbon\", and nothing else.",
        {
          instructions: "Call the requested functions before you reply.",
          tools: [given.tool("get_weather")]
        }
      )
      const events = yield* collect(Runs.create.stream({ thread_id, assistant_id }))
      yield* Scenario.equal("the events are emitted in the documented order", namesOf(events), [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.requires_action"
      ])
      const { data: run } = yield* last(events, "thread.run.requires_action")
      const action = run.required_action
      const calls = action?.type === "submit_tool_outputs" && "submit_tool_outputs" in action
        ? (action.submit_tool_outputs as {
          readonly tool_calls: ReadonlyArray<
            { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }
          >
        }).tool_calls
        : []
      yield* Scenario.that("a function must be called", calls.length > 0, run.required_action)
      const { steps } = events.reduce(RunStream.apply, RunStream.empty)
      const details = steps[0]?.step_details
      yield* Scenario.equal(
        "the deltas add up to the call that is required",
        details?.type === "tool_calls" && "tool_calls" in details
          ? (details.tool_calls as ReadonlyArray<
            { readonly id: string; readonly function: typeof calls[number]["function"] }
          >)
            .map(({ function: { arguments: text, name }, id }) => [id, name, text])
          : details,
        calls.map(({ function: { arguments: text, name }, id }) => [id, name, text])
      )
      const next = yield* collect(
        Runs.submitToolOutputs.stream({ thread_id, run_id: run.id, tool_outputs: given.outputs(calls) })
      )
      yield* Scenario.equal("the next stream emits the events in the documented order", namesOf(next), [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
        ...written
      ])
      yield* retrievedEqual(next)
    })
  }),
  Scenario.make({
    id: "streams/done",
    title: "a stream is an event stream that ends with one `done` event with [DONE]",
    group: "streams",
    operations: ["createRun"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, thread_id } = yield* given.conversation("Say hello.")
      const { headers, text } = yield* Wire.send({
        method: "POST",
        path: `/threads/${thread_id}/runs`,
        json: { assistant_id, stream: true }
      })
      yield* Scenario.that(
        "the media type is text/event-stream",
        (headers["content-type"] ?? "").startsWith("text/event-stream"),
        headers["content-type"]
      )
      const events = sse.parse(text)
      yield* Scenario.equal("the first event is the run's", events[0]?.event, "thread.run.created")
      yield* Scenario.equal("the last event is done", [events.at(-1)?.event, events.at(-1)?.data], ["done", "[DONE]"])
      yield* Scenario.equal("`done` is emitted once", events.filter(({ event }) => event === "done").length, 1)
      yield* Scenario.that("every event has a name", events.every(({ event }) => event !== undefined), text)
    })
  }),
  Scenario.make({
    id: "streams/interrupt",
    title: "a run whose stream is aborted ends, and unlocks its thread",
    group: "streams",
    operations: ["createRun", "getRun", "createMessage"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, thread_id } = yield* given.conversation("Count from one to fifty, in words.")
      const seen = yield* collect(Stream.take(Runs.create.stream({ thread_id, assistant_id }), 4))
      const { data: { id: run_id } } = yield* last(seen, "thread.run.created")
      // The server may end the run or continue it.
      const { run } = yield* given.settled({ thread_id, run_id })
      yield* Scenario.that(
        "the run has ended",
        run.status === "cancelled" || run.status === "completed" || run.status === "failed",
        run.status
      )
      yield* given.message(thread_id)
    })
  }),
  Scenario.make({
    id: "streams/refused",
    title: "a refused stream returns an error status",
    group: "streams",
    operations: ["createRun", "createThreadAndRun"],
    requires: [...requires, "errors"],
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      const assistant_id = "asst_doesnotexist"
      yield* Scenario.refused(
        "a run of an unknown assistant is not found",
        "NotFoundError",
        Stream.runDrain(Runs.create.stream({ thread_id, assistant_id }))
      )
      yield* Scenario.refused(
        "a run of an unknown assistant with a new thread is not found",
        "NotFoundError",
        Stream.runDrain(Runs.createThreadAndRun.stream({ assistant_id }))
      )
    })
  })
]
