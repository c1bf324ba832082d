import type * as RunSteps from "@effect-openai/core/RunSteps"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import { freshId, insert, type Message, messages, now, type Run, runs, type RunStep, runSteps } from "../documents.js"
import { isDue } from "./current.js"
import { type Details, type End, endStep, finish } from "./ends.js"
import { broken } from "./prompt.js"
import { type Emit, type Event, messageOf, report, type Reported, stepsOf } from "./run.js"
import { RunEvents } from "./runEvents.js"

// The steps of a run that is in progress.

/** The run is no longer in progress: it was cancelled, has expired, or was deleted. */
export class Stopped extends Data.TaggedError("Stopped") {}

/** Changes a run that is in progress in one transaction, with the events that report it. */
export const whileAtWork = <A, E, R>(run: Run, emit: Emit, change: (run: Run) => Effect.Effect<Reported<A>, E, R>) =>
  report(
    emit,
    Effect.gen(function*() {
      const store = yield* Store.Store
      const current = yield* store.get(runs, run.id, run.thread_id, "update")
      if (Option.isNone(current) || current.value.status !== "in_progress" || (yield* isDue(current.value))) {
        return yield* new Stopped()
      }
      return yield* change(current.value)
    })
  )

const newStep = (run: Run, step_details: RunStep["step_details"]) =>
  Effect.flatMap(now, (created_at) =>
    insert(runSteps, freshId("step_"), (id): RunStep => ({
      id,
      object: "thread.run.step",
      created_at,
      run_id: run.id,
      assistant_id: run.assistant_id,
      thread_id: run.thread_id,
      type: step_details.type as RunStep["type"],
      status: "in_progress",
      cancelled_at: null,
      completed_at: null,
      expired_at: null,
      failed_at: null,
      last_error: null,
      step_details,
      metadata: {},
      usage: null
    })))

const createdEvents = (step: RunStep): ReadonlyArray<Event> => [
  { event: "thread.run.step.created", data: step },
  { event: "thread.run.step.in_progress", data: step }
]

/** Ends the step of earlier work, because the model now replies otherwise. */
const failLeft = (run: Run, left: RunStep) =>
  Effect.map(endStep(run, left, "failed", { last_error: broken }), ({ events }) => events)

/** The step that earlier work left in progress. One of another type has failed. */
const leftStep = (run: Run, type: RunStep["type"]) =>
  Effect.gen(function*() {
    const left = (yield* stepsOf(run)).find(({ status }) => status === "in_progress")
    if (left === undefined || left.type === type) return [left, []] as const
    return [undefined, yield* failLeft(run, left)] as const
  })

/** A step of calls that are not known yet. Must run in a transaction. */
export const toolStep = (run: Run) =>
  Effect.gen(function*() {
    const [left, failed] = yield* leftStep(run, "tool_calls")
    if (left !== undefined) return [left, []] as const
    const step = yield* newStep(run, { type: "tool_calls", tool_calls: [] })
    return [step, [...failed, ...createdEvents(step)]] as const
  })

/** A step that writes a message, the message, and what of its text was emitted. */
export interface MessageStep {
  readonly step: RunStep
  readonly message: Message
  /** Undefined where no piece was emitted. */
  readonly emitted: string | undefined
}

const newMessageStep = (run: Run, failed: ReadonlyArray<Event>) =>
  Effect.gen(function*() {
    const created_at = yield* now
    const message = yield* insert(messages, freshId("msg_"), (id): Message => ({
      id,
      object: "thread.message",
      created_at,
      assistant_id: run.assistant_id,
      thread_id: run.thread_id,
      run_id: run.id,
      status: "in_progress",
      incomplete_details: null,
      incomplete_at: null,
      completed_at: null,
      role: "assistant",
      content: [],
      file_ids: [],
      metadata: {}
    }))
    const { id: message_id } = message
    const step = yield* newStep(run, { type: "message_creation", message_creation: { message_id } })
    const created: MessageStep = { step, message, emitted: undefined }
    return [created, [
      ...failed,
      ...createdEvents(step),
      { event: "thread.message.created", data: message },
      { event: "thread.message.in_progress", data: message }
    ]] as const
  })

/** A message that begins empty, or the one that earlier work left in progress. */
export const messageStep = (run: Run, emit: Emit) =>
  whileAtWork(run, emit, () =>
    Effect.gen(function*() {
      const [left, failed] = yield* leftStep(run, "message_creation")
      const begun = left === undefined ? undefined : yield* messageOf(left)
      if (left === undefined || begun === undefined) return yield* newMessageStep(run, failed)
      const events = yield* RunEvents
      const emitted = yield* events.textOf(run, begun.id)
      const continued: MessageStep = { step: left, message: { ...begun, content: [] }, emitted }
      return [continued, []] as const
    }))

/** Another message. The one before was left by earlier work, and the model now writes another text. */
export const otherMessageStep = (run: Run, { step }: MessageStep, emit: Emit) =>
  whileAtWork(run, emit, (run) => Effect.flatMap(failLeft(run, step), (failed) => newMessageStep(run, failed)))

export const stepDelta = (
  { id }: RunStep,
  ...tool_calls: NonNullable<RunSteps.ToolCallsDelta["tool_calls"]>
): Event => ({
  event: "thread.run.step.delta",
  data: { id, object: "thread.run.step.delta", delta: { step_details: { type: "tool_calls", tool_calls } } }
})

/** Ends a run. What comes before is a part of the same transaction. */
export const endWith = <E = never, R = never>(
  run: Run,
  end: End,
  emit: Emit,
  details?: Details,
  before: Effect.Effect<ReadonlyArray<Event>, E, R> = Effect.succeed([])
) =>
  whileAtWork(
    run,
    emit,
    (run) =>
      Effect.flatMap(
        before,
        (first) => Effect.map(finish(run, end, details), ({ events }) => [undefined, [...first, ...events]] as const)
      )
  )
