import type * as RunSteps from "@effect-openai/core/RunSteps"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import { freshId, insert, type Message, messages, now, type Run, runs, type RunStep, runSteps } from "../documents.js"
import { isDue } from "./current.js"
import { type Details, type End, endStep, finish } from "./ends.js"
import { broken } from "./prompt.js"
import { type Emit, emitAll, messageOf, stepsOf } from "./run.js"

// The steps of a run that is in progress.

/** The run is no longer in progress: it was cancelled, has expired, or was deleted. */
export class Stopped extends Data.TaggedError("Stopped") {}

/** Changes a run that is in progress, in one transaction. */
export const whileAtWork = <A, E, R>(run: Run, change: (run: Run) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Store.Store, (store) =>
    store.transaction(Effect.gen(function*() {
      const current = yield* store.get(runs, run.id, run.thread_id, "update")
      if (Option.isNone(current) || current.value.status !== "in_progress" || (yield* isDue(current.value))) {
        return yield* new Stopped()
      }
      return yield* change(current.value)
    })))

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

/**
 * The step of this type that earlier work left in progress. One of another type has failed: the model now replies
 * otherwise.
 */
const leftStep = (run: Run, type: RunStep["type"]) =>
  Effect.gen(function*() {
    const left = (yield* stepsOf(run)).find(({ status }) => status === "in_progress")
    if (left === undefined || left.type === type) return left
    yield* endStep(run, left, "failed", { last_error: broken })
    return undefined
  })

/** A step of calls that are not known yet. */
export const toolStep = (run: Run) =>
  whileAtWork(run, () =>
    Effect.flatMap(
      leftStep(run, "tool_calls"),
      (left) => left === undefined ? newStep(run, { type: "tool_calls", tool_calls: [] }) : Effect.succeed(left)
    ))

/** A step that writes a message, and the message, which begins empty. */
export const messageStep = (run: Run) =>
  whileAtWork(run, () =>
    Effect.gen(function*() {
      const left = yield* leftStep(run, "message_creation")
      const begun = left === undefined ? undefined : yield* messageOf(left)
      if (left !== undefined && begun !== undefined) return [left, { ...begun, content: [] }] as const
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
      return [yield* newStep(run, { type: "message_creation", message_creation: { message_id } }), message] as const
    }))

export const emitStep = (step: RunStep, emit: Emit) =>
  Effect.zipRight(
    emit({ event: "thread.run.step.created", data: step }),
    emit({ event: "thread.run.step.in_progress", data: step })
  )

export const emitStepDelta = (
  { id }: RunStep,
  emit: Emit,
  ...tool_calls: NonNullable<RunSteps.ToolCallsDelta["tool_calls"]>
) =>
  emit({
    event: "thread.run.step.delta",
    data: { id, object: "thread.run.step.delta", delta: { step_details: { type: "tool_calls", tool_calls } } }
  })

export const endWith = (run: Run, end: End, emit: Emit, details?: Details) =>
  Effect.flatMap(
    whileAtWork(run, (run) => finish(run, end, details)),
    ({ events }) => emitAll(events, emit)
  )
