import { Assistants, Messages, OpenAiClient, Runs, RunSteps, Threads } from "@effect-openai/client"
import type * as RunStepsContract from "@effect-openai/core/RunSteps"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

const requires = ["stateful", "runs"] as const

const needsTools = [...requires, "errors"] as const

const steps = ({ run_id, thread_id }: Runs.RunIds) =>
  Effect.map(RunSteps.list({ thread_id, run_id, order: "asc" }), ({ data }) => data)

/** The function calls of a step. */
const functionsOf = ({ step_details }: RunStepsContract.RunStep): ReadonlyArray<RunStepsContract.FunctionToolCall> =>
  step_details.type === "tool_calls"
    ? (step_details as RunStepsContract.ToolCalls).tool_calls.filter((
      call
    ): call is RunStepsContract.FunctionToolCall => call.type === "function")
    : []

/** Checks that a thread takes messages. */
const unlocked = (thread_id: string) =>
  Effect.mapError(given.message(thread_id, { content: "Thank you." }), (error) =>
    new Scenario.ScenarioFailure({
      expectation: "the thread takes messages after its run has ended",
      message: `It failed with ${error._tag}: ${error.message}`
    }))

const cancelled = (ids: Runs.RunIds) =>
  Effect.gen(function*() {
    const { status } = yield* Runs.cancel(ids)
    yield* Scenario.that(
      "a cancelled run is cancelling or cancelled",
      status === "cancelling" || status === "cancelled",
      status
    )
    const { run } = yield* given.settled(ids)
    yield* Scenario.equal("the run ends as cancelled", run.status, "cancelled")
    yield* Scenario.that("a cancelled run has cancelled_at", typeof run.cancelled_at === "number", run.cancelled_at)
    yield* Scenario.equal("a cancelled run has no required_action", run.required_action ?? null, null)
    yield* Scenario.equal("a cancelled run has neither completed_at nor failed_at", [run.completed_at, run.failed_at], [
      null,
      null
    ])
    return run
  })

/** Scenarios of runs and run steps. */
export const runs: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "runs/create",
    title: "a created run is queued, and has the fields of its request or of its assistant",
    group: "happy",
    operations: ["createRun", "getRun"],
    requires,
    run: Effect.gen(function*() {
      const tools = [{ type: "code_interpreter" }] as const
      const { assistant_id, run, thread_id } = yield* given.run(
        "Say hello.",
        { instructions: "Be brief.", tools, metadata: { of: "the assistant" } },
        { metadata: { suite: "contract" } }
      )
      yield* Scenario.includes("the run has the fields of the request", run, {
        object: "thread.run",
        thread_id,
        assistant_id,
        status: "queued",
        model: yield* given.model,
        instructions: "Be brief.",
        tools,
        file_ids: [],
        metadata: { suite: "contract" },
        usage: null,
        last_error: null,
        started_at: null,
        completed_at: null,
        failed_at: null,
        cancelled_at: null
      })
      yield* Scenario.equal(
        "the run expires ten minutes after its creation",
        (run.expires_at ?? 0) - (run.created_at ?? 0),
        600
      )
      const retrieved = yield* Runs.retrieve({ thread_id, run_id: run.id })
      yield* Scenario.includes("the run is retrieved", retrieved, {
        id: run.id,
        object: "thread.run",
        created_at: run.created_at,
        thread_id,
        assistant_id,
        metadata: { suite: "contract" }
      })
    })
  }),
  Scenario.make({
    id: "runs/overrides",
    title: "the fields of a run override those of its assistant, for this run only",
    group: "happy",
    operations: ["createRun", "listMessages"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, thread_id } = yield* given.conversation("Say hello.", { instructions: "Be brief." })
      const run = yield* Runs.create({
        thread_id,
        assistant_id,
        instructions: "Be kind.",
        additional_messages: [{ role: "user", content: "And say goodbye." }],
        tools: [given.tool("get_weather")],
        temperature: 0.5
      })
      yield* Scenario.includes("the run has the fields of the request", run, {
        instructions: "Be kind.",
        tools: [given.tool("get_weather")],
        temperature: 0.5
      })
      const { data } = yield* Messages.list({ thread_id, order: "asc" })
      yield* Scenario.equal(
        "the additional message is in the thread",
        data.slice(0, 2).map(given.textOf),
        ["Say hello.", "And say goodbye."]
      )
      const assistant = yield* Assistants.retrieve({ assistant_id })
      yield* Scenario.includes("the assistant is unchanged", assistant, { instructions: "Be brief.", tools: [] })
      yield* given.settled({ thread_id, run_id: run.id })
    })
  }),
  Scenario.make({
    id: "runs/complete",
    title: "a run completes and adds a message to its thread",
    group: "happy",
    operations: ["getRun", "listMessages", "listRunSteps", "getRunStep"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, run_id, thread_id } = yield* given.run("Say hello.")
      const { run } = yield* given.settled({ thread_id, run_id })
      yield* Scenario.equal("the run is completed", [run.status, run.last_error], ["completed", null])
      yield* Scenario.equal(
        "a completed run has started_at and completed_at, and expires_at is null",
        [typeof run.started_at, typeof run.completed_at, run.expires_at],
        ["number", "number", null]
      )
      yield* Scenario.that(
        "the run was created, started and completed in this order",
        run.created_at! <= run.started_at! && run.started_at! <= run.completed_at!,
        [run.created_at, run.started_at, run.completed_at]
      )
      const { completion_tokens = 0, prompt_tokens = 0, total_tokens = 0 } = run.usage ?? {}
      yield* Scenario.that(
        "the tokens of the usage add up",
        prompt_tokens > 0 && completion_tokens > 0 && total_tokens === prompt_tokens + completion_tokens,
        run.usage
      )
      yield* Scenario.equal("a completed run does not change", yield* Runs.retrieve({ thread_id, run_id }), run)

      const { data: messages } = yield* Messages.list({ thread_id, run_id })
      const message = yield* Scenario.present("the run has a message", messages[0])
      yield* Scenario.includes("the message is the assistant's", message, {
        role: "assistant",
        assistant_id,
        run_id,
        thread_id
      })
      yield* Scenario.that("the message has text", given.textOf(message).length > 0, message.content)

      const taken = yield* steps({ thread_id, run_id })
      const last = yield* Scenario.present("the run has a step", taken.at(-1))
      yield* Scenario.includes("the last step is the message", last, {
        object: "thread.run.step",
        run_id,
        thread_id,
        assistant_id,
        type: "message_creation",
        status: "completed",
        step_details: { type: "message_creation", message_creation: { message_id: message.id } }
      })
      const retrieved = yield* RunSteps.retrieve({ thread_id, run_id, step_id: last.id })
      yield* Scenario.equal("the step is retrieved as it is listed", retrieved, last)
    })
  }),
  Scenario.make({
    id: "runs/list",
    title: "the runs of a thread are listed from the newest to the oldest",
    group: "happy",
    operations: ["listRuns"],
    requires,
    run: Effect.gen(function*() {
      const { assistant_id, run_id, thread_id } = yield* given.run("Say hello.")
      const { run: first } = yield* given.settled({ thread_id, run_id })
      const { id } = yield* Runs.create({ thread_id, assistant_id })
      const { run: second } = yield* given.settled({ thread_id, run_id: id })
      const page = yield* Runs.list({ thread_id })
      yield* Scenario.equal("the page holds both objects, with first_id and last_id", page, {
        object: "list",
        data: [second, first],
        first_id: second.id,
        last_id: first.id,
        has_more: false
      })
    })
  }),
  Scenario.make({
    id: "runs/modify",
    title: "modifyRun changes the metadata only",
    group: "happy",
    operations: ["modifyRun"],
    requires,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.", {}, { metadata: { a: "1" } })
      const { run } = yield* given.settled({ thread_id, run_id })
      const modified = yield* Runs.modify({ thread_id, run_id, metadata: { a: "2" } })
      yield* Scenario.equal("only the metadata has changed", modified, { ...run, metadata: { a: "2" } })
      yield* Scenario.equal(
        "a retrieved object has the modification",
        yield* Runs.retrieve({ thread_id, run_id }),
        modified
      )
    })
  }),
  Scenario.make({
    id: "runs/createThreadAndRun",
    title: "createThreadAndRun creates a thread and a run",
    group: "happy",
    operations: ["createThreadAndRun", "getThread", "listMessages"],
    requires,
    run: Effect.gen(function*() {
      const { id: assistant_id } = yield* given.assistant()
      const created = yield* Effect.acquireRelease(
        Runs.createThreadAndRun({
          assistant_id,
          thread: { messages: [{ role: "user", content: "Say hello." }], metadata: { suite: "contract" } }
        }),
        ({ thread_id = "" }) => Effect.ignore(Threads.delete({ thread_id }))
      )
      const { id: run_id, thread_id = "" } = created
      yield* Scenario.includes("the run is queued", created, { object: "thread.run", assistant_id, status: "queued" })
      const { metadata } = yield* Threads.retrieve({ thread_id })
      yield* Scenario.equal("the thread has the metadata of the request", metadata, { suite: "contract" })
      const { run } = yield* given.settled({ thread_id, run_id })
      yield* Scenario.equal("the run is completed", run.status, "completed")
      const { data } = yield* Messages.list({ thread_id, order: "asc" })
      yield* Scenario.equal(
        "the thread has the message and its response",
        data.map(({ role, run_id }) => [role, run_id]),
        [["user", null], ["assistant", run_id]]
      )
    })
  }),
  Scenario.make({
    id: "runs/tools",
    title: "a run that calls a function continues after its output is submitted",
    group: "state",
    operations: ["submitToolOuputsToRun", "createRun", "getRun", "listRunSteps"],
    requires,
    run: Effect.gen(function*() {
      const { calls, run, run_id, thread_id } = yield* given.waiting("get_weather")
      const ids = { thread_id, run_id }
      const [call, ...others] = calls
      yield* Scenario.equal("one function must be called", [call?.function.name, others.length], ["get_weather", 0])
      yield* Scenario.equal("usage and completed_at are null", [run.usage, run.completed_at], [null, null])
      const [waiting] = yield* steps(ids)
      yield* Scenario.equal("the step of the run is in progress", [waiting?.type, waiting?.status], [
        "tool_calls",
        "in_progress"
      ])
      yield* Scenario.equal(
        "the step has the call without an output",
        functionsOf(waiting!).map(({ function: { output }, id }) => [id, output]),
        [[call!.id, null]]
      )
      const submitted = yield* Runs.submitToolOutputs({ ...ids, tool_outputs: given.outputs(calls) })
      yield* Scenario.includes("the run is queued after the outputs", submitted, {
        id: run_id,
        status: "queued",
        required_action: null
      })
      const { run: ended } = yield* given.settled(ids)
      yield* Scenario.equal("the run is completed after the outputs", ended.status, "completed")
      const taken = yield* steps(ids)
      yield* Scenario.equal(
        "the run has a step for the function call and a step for the message",
        taken.map(({ status, type }) => [type, status]),
        [["tool_calls", "completed"], ["message_creation", "completed"]]
      )
      yield* Scenario.equal(
        "the step has the output",
        functionsOf(taken[0]!).map(({ function: { output } }) => output),
        given.outputs(calls).map(({ output }) => output)
      )
    })
  }),
  Scenario.make({
    id: "runs/partialOutputs",
    title: "submitted outputs must match the required function calls exactly",
    group: "state",
    operations: ["submitToolOuputsToRun"],
    requires: [...needsTools, "scripted"],
    run: Effect.gen(function*() {
      const { calls, run_id, thread_id } = yield* given.waiting("get_weather", "get_time")
      const ids = { thread_id, run_id }
      yield* Scenario.equal(
        "both functions must be called",
        calls.map(({ function: { name } }) => name).sort(),
        ["get_time", "get_weather"]
      )
      const outputs = given.outputs(calls)
      for (
        const [what, tool_outputs] of [
          ["none", []],
          ["one of two", outputs.slice(0, 1)],
          ["one that was not asked for", [outputs[0]!, { tool_call_id: "call_nobody", output: "" }]],
          ["the same twice", [outputs[0]!, outputs[0]!]]
        ] as const
      ) {
        yield* Scenario.refused(
          `outputs are refused where ${what} is given`,
          "BadRequestError",
          Runs.submitToolOutputs({ ...ids, tool_outputs })
        )
      }
      const { status } = yield* Runs.retrieve(ids)
      yield* Scenario.equal("the run still requires an action", status, "requires_action")
      yield* Runs.submitToolOutputs({ ...ids, tool_outputs: [...outputs].reverse() })
      const { run } = yield* given.settled(ids)
      yield* Scenario.equal("the run continues after all outputs, in any order", run.status, "completed")
    })
  }),
  Scenario.make({
    id: "runs/lock",
    title: "a run locks its thread until the run ends",
    group: "state",
    operations: ["createMessage", "createRun"],
    requires: needsTools,
    run: Effect.gen(function*() {
      const { assistant_id, calls, run_id, thread_id } = yield* given.waiting("get_weather")
      const locked = yield* Scenario.refused(
        "a message in the thread is refused",
        "BadRequestError",
        given.message(thread_id)
      )
      yield* Scenario.that("the refusal names the run", locked.message.includes(run_id), locked.message)
      const second = yield* Scenario.refused(
        "a second run in the thread is refused",
        "BadRequestError",
        Runs.create({ thread_id, assistant_id })
      )
      yield* Scenario.that("the second refusal names the run", second.message.includes(run_id), second.message)
      const { data } = yield* Runs.list({ thread_id })
      yield* Scenario.equal("the refused requests created no run", data.map(({ id }) => id), [run_id])
      yield* Runs.submitToolOutputs({ thread_id, run_id, tool_outputs: given.outputs(calls) })
      yield* given.settled({ thread_id, run_id })
      yield* unlocked(thread_id)
      const { id } = yield* Runs.create({ thread_id, assistant_id })
      yield* given.settled({ thread_id, run_id: id })
    })
  }),
  Scenario.make({
    id: "runs/cancel",
    title: "a waiting run can be cancelled, and takes no outputs afterwards",
    group: "state",
    operations: ["cancelRun", "submitToolOuputsToRun", "listRunSteps"],
    requires: needsTools,
    run: Effect.gen(function*() {
      const { calls, run_id, thread_id } = yield* given.waiting("get_weather")
      const ids = { thread_id, run_id }
      yield* cancelled(ids)
      const [step] = yield* steps(ids)
      yield* Scenario.equal("the step of the run is cancelled", step?.status, "cancelled")
      const again = yield* Scenario.refused(
        "a cancelled run can't be cancelled again",
        "BadRequestError",
        Runs.cancel(ids)
      )
      yield* Scenario.that("the refusal names the status", again.message.includes("cancelled"), again.message)
      yield* Scenario.refused(
        "the run takes no outputs",
        "BadRequestError",
        Runs.submitToolOutputs({ ...ids, tool_outputs: given.outputs(calls) })
      )
      yield* unlocked(thread_id)
    })
  }),
  Scenario.make({
    id: "runs/cancelQueued",
    title: "a run that is cancelled immediately ends as cancelled, unless it completed first",
    group: "state",
    operations: ["cancelRun"],
    requires,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Count from one to a hundred, in words.")
      const ids = { thread_id, run_id }
      yield* cancelled(ids).pipe(
        Effect.catchTag(
          "BadRequestError",
          () =>
            Effect.flatMap(
              given.settled(ids),
              ({ run }) => Scenario.equal("only what has completed can't be cancelled", run.status, "completed")
            )
        )
      )
      yield* unlocked(thread_id)
    })
  }),
  Scenario.make({
    id: "runs/completed",
    title: "a completed run can't be cancelled and takes no outputs",
    group: "state",
    operations: ["cancelRun", "submitToolOuputsToRun"],
    requires: needsTools,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.")
      const ids = { thread_id, run_id }
      const { run } = yield* given.settled(ids)
      const refusals = [
        yield* Scenario.refused("the run can't be cancelled", "BadRequestError", Runs.cancel(ids)),
        yield* Scenario.refused(
          "the run takes no outputs",
          "BadRequestError",
          Runs.submitToolOutputs({ ...ids, tool_outputs: [{ tool_call_id: "call_nobody", output: "" }] })
        )
      ]
      yield* Scenario.that(
        "both refusals name the status",
        refusals.every(({ message }) => message.includes("completed")),
        refusals.map(({ message }) => message)
      )
      yield* Scenario.equal("a completed run does not change", yield* Runs.retrieve(ids), run)
    })
  }),
  Scenario.make({
    id: "runs/queuedOutputs",
    title: "a run that requires no action takes no outputs",
    group: "state",
    operations: ["submitToolOuputsToRun"],
    requires: needsTools,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.", { tools: [given.tool("get_weather")] })
      yield* Scenario.refused(
        "outputs that were not requested are refused",
        "BadRequestError",
        Runs.submitToolOutputs({ thread_id, run_id, tool_outputs: [{ tool_call_id: "call_nobody", output: "" }] })
      )
      yield* given.settled({ thread_id, run_id })
    })
  }),
  Scenario.make({
    id: "runs/expire",
    title: "a run expires after ten minutes, and unlocks its thread",
    group: "state",
    operations: ["getRun", "submitToolOuputsToRun", "cancelRun"],
    requires: [...needsTools, "clock"],
    run: Effect.gen(function*() {
      const { advance } = yield* Scenario.CurrentSettings
      const { calls, run_id, thread_id } = yield* given.waiting("get_weather")
      const ids = { thread_id, run_id }
      yield* advance("9 minutes")
      yield* Scenario.equal(
        "after nine minutes the run still requires an action",
        (yield* Runs.retrieve(ids)).status,
        "requires_action"
      )
      yield* advance("61 seconds")
      const run = yield* Runs.retrieve(ids)
      yield* Scenario.equal("after ten minutes the run has expired", [run.status, run.required_action ?? null], [
        "expired",
        null
      ])
      const [step] = yield* steps(ids)
      yield* Scenario.equal("the step of the run has expired", step?.status, "expired")
      const refused = yield* Scenario.refused(
        "the run takes no outputs",
        "BadRequestError",
        Runs.submitToolOutputs({ ...ids, tool_outputs: given.outputs(calls) })
      )
      yield* Scenario.that("the refusal names the status", refused.message.includes("expired"), refused.message)
      yield* Scenario.refused("the run can't be cancelled", "BadRequestError", Runs.cancel(ids))
      yield* unlocked(thread_id)
    })
  }),
  Scenario.make({
    id: "runs/promptLimit",
    title: "a run that exceeds max_prompt_tokens ends incomplete",
    group: "state",
    operations: ["createRun", "getRun"],
    requires,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("How many stars shine? ".repeat(200), {}, {
        max_prompt_tokens: 256
      })
      const { run } = yield* given.settled({ thread_id, run_id })
      yield* Scenario.equal(
        "the run names the limit that it reached",
        [run.max_prompt_tokens, run.incomplete_details?.reason],
        [256, "max_prompt_tokens"]
      )
    })
  }),
  Scenario.make({
    id: "runs/steps",
    title: "the steps of a run are paged in both directions",
    group: "state",
    operations: ["listRunSteps"],
    requires,
    run: Effect.gen(function*() {
      const { calls, run_id, thread_id } = yield* given.waiting("get_weather")
      const ids = { thread_id, run_id }
      yield* given.later
      yield* Runs.submitToolOutputs({ ...ids, tool_outputs: given.outputs(calls) })
      yield* given.settled(ids)
      const all = yield* steps(ids)
      yield* Scenario.that("the run has more than one step", all.length > 1, all.length)
      yield* Scenario.that(
        "the steps are ordered by created_at",
        all.every(({ created_at }, index) => index === 0 || created_at! >= all[index - 1]!.created_at!),
        all.map(({ created_at }) => created_at)
      )
      const first = yield* RunSteps.list({ ...ids, limit: 1, order: "asc" })
      yield* Scenario.equal("a page of one holds the first, and more follow", [first.data, first.has_more], [
        all.slice(0, 1),
        true
      ])
      const rest = yield* RunSteps.list({ ...ids, order: "asc", after: all[0]!.id })
      yield* Scenario.equal("the next begins behind it", [rest.data, rest.has_more], [all.slice(1), false])
      const before = yield* RunSteps.list({ ...ids, order: "asc", before: all.at(-1)!.id })
      yield* Scenario.equal("the page before the last ends where that begins", before.data, all.slice(0, -1))
      const { data } = yield* RunSteps.list(ids)
      yield* Scenario.equal("the newest object is first by default", data, [...all].reverse())
    })
  }),
  Scenario.make({
    id: "runs/deletedThread",
    title: "the runs of a deleted thread no longer exist",
    group: "state",
    operations: ["deleteThread", "getRun", "listRuns", "listRunSteps"],
    requires: needsTools,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.")
      const ids = { thread_id, run_id }
      yield* given.settled(ids)
      yield* Threads.delete({ thread_id })
      yield* Scenario.refused("a run can't be retrieved", "NotFoundError", Runs.retrieve(ids))
      yield* Scenario.refused("the runs of a deleted thread can't be listed", "NotFoundError", Runs.list({ thread_id }))
      yield* Scenario.refused("the steps of a run can't be listed", "NotFoundError", RunSteps.list(ids))
    })
  }),
  Scenario.make({
    id: "runs/poll",
    title: "openai-poll-after-ms of a run in progress is a number of milliseconds",
    group: "state",
    operations: ["getRun"],
    requires,
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.")
      const [, response] = yield* OpenAiClient.withResponse(Runs.retrieve({ thread_id, run_id }))
      const after = response?.headers["openai-poll-after-ms"]
      yield* Scenario.that("openai-poll-after-ms is a number of milliseconds", /^\d+$/.test(after ?? "0"), after)
      yield* given.settled({ thread_id, run_id })
    })
  })
]
