/**
 * What the events of a streamed run add up to: its text as it grows, and in the end the run, its messages and its steps.
 *
 * @since 0.1.0
 */
import type * as AssistantStream from "@effect-openai/core/AssistantStream"
import type * as Messages from "@effect-openai/core/Messages"
import * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import type * as Threads from "@effect-openai/core/Threads"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { setField } from "./internal/fields.js"
import * as Validator from "./internal/response/validator.js"
import type * as Tool from "./Tool.js"

/**
 * A run so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface Snapshot {
  /** Set where the request created the thread. */
  readonly thread: Threads.Thread | undefined
  readonly run: Runs.Run | undefined
  /** The messages of the run, in the order of their creation. */
  readonly messages: ReadonlyArray<Messages.Message>
  /** The steps of the run, in the order of their creation. */
  readonly steps: ReadonlyArray<RunSteps.RunStep>
}

/**
 * The snapshot before the first event.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Snapshot = { thread: undefined, run: undefined, messages: [], steps: [] }

/** Replaces the object with the same ID, or appends. */
const put = <A extends { readonly id: string }>(objects: ReadonlyArray<A>, object: A): ReadonlyArray<A> => {
  const index = objects.findIndex(({ id }) => id === object.id)
  return index === -1 ? [...objects, object] : objects.with(index, object)
}

const change = <A extends { readonly id: string }>(
  objects: ReadonlyArray<A>,
  id: string,
  f: (object: A) => A
): ReadonlyArray<A> => objects.map((object) => object.id === id ? f(object) : object)

type Fields = Readonly<Record<string, unknown>>

const isFields = (u: unknown): u is Fields => typeof u === "object" && u !== null && !Array.isArray(u)

/** Fields whose text is received in parts. Any other text is complete. */
const growing = new Set(["value", "arguments", "input", "logs"])

/**
 * Adds a delta: appends to text in parts, merges lists at the `index` of each item and objects by field, and replaces
 * anything else.
 */
const merge = (self: unknown, delta: unknown, field = ""): unknown => {
  if (typeof self === "string" && typeof delta === "string" && growing.has(field)) return self + delta
  if (Array.isArray(delta)) {
    const parts: Array<unknown> = Array.isArray(self) ? [...self] : []
    for (const part of delta) {
      if (!isFields(part) || typeof part["index"] !== "number") {
        parts.push(part)
        continue
      }
      const { index, ...rest } = part
      // An index beyond the end appends: lists have no holes.
      const at = Math.min(index as number, parts.length)
      parts[at] = merge(parts[at], rest)
    }
    return parts
  }
  if (isFields(delta)) {
    const merged: Record<string, unknown> = isFields(self) ? { ...self } : {}
    for (const [name, value] of Object.entries(delta)) {
      if (value !== undefined) setField(merged, name, merge(merged[name], value, name))
    }
    return merged
  }
  return delta
}

/** Adds the required fields that a first delta may leave out. */
const completeMessage = (message: Messages.Message): Messages.Message => ({
  ...message,
  content: message.content.map((part) =>
    part.type === "text"
      ? { ...part, text: { ...part.text, value: part.text?.value ?? "", annotations: part.text?.annotations ?? [] } }
      : part
  )
})

const emptyCode: Fields = { input: "", outputs: [] }
const emptyCall: Fields = { name: "", arguments: "", output: null }

const completeStep = (step: RunSteps.RunStep): RunSteps.RunStep => {
  const details = step.step_details
  if (details?.type !== "tool_calls") return step
  return {
    ...step,
    step_details: {
      ...details,
      tool_calls: details.tool_calls.map((call) => {
        switch (call.type) {
          case "code_interpreter":
            return { ...call, code_interpreter: { ...emptyCode, ...call.code_interpreter } }
          case "function":
            return { ...call, function: { ...emptyCall, ...call.function } }
          case "retrieval":
            return { ...call, retrieval: { ...call.retrieval } }
          default:
            return call
        }
      })
    }
  } as RunSteps.RunStep
}

const validateRun = Validator.make(Runs.Run)

/** Takes the run of an undocumented event, such as one of another end. */
const applyUnknown = (self: Snapshot, { data }: AssistantStream.UnknownStreamEvent): Snapshot => {
  const checked = isFields(data) && data["object"] === "thread.run" ? validateRun(data) : undefined
  return checked !== undefined && Either.isRight(checked) ? { ...self, run: checked.right as Runs.Run } : self
}

/**
 * Adds an event to a snapshot. An event of an undocumented kind changes nothing, unless its data is a run.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apply = (self: Snapshot, event: AssistantStream.AssistantStreamEvent): Snapshot => {
  switch (event.event) {
    case "thread.created":
      return { ...self, thread: event.data }
    case "thread.run.created":
    case "thread.run.queued":
    case "thread.run.in_progress":
    case "thread.run.requires_action":
    case "thread.run.completed":
    case "thread.run.failed":
    case "thread.run.cancelling":
    case "thread.run.cancelled":
    case "thread.run.expired":
    case "thread.run.incomplete":
      return { ...self, run: event.data }
    case "thread.run.step.created":
    case "thread.run.step.in_progress":
    case "thread.run.step.completed":
    case "thread.run.step.failed":
    case "thread.run.step.cancelled":
    case "thread.run.step.expired":
      return { ...self, steps: put(self.steps, event.data) }
    case "thread.run.step.delta": {
      const { delta, id } = event.data
      return { ...self, steps: change(self.steps, id, (step) => completeStep(merge(step, delta) as RunSteps.RunStep)) }
    }
    case "thread.message.created":
    case "thread.message.in_progress":
    case "thread.message.completed":
    case "thread.message.incomplete":
      return { ...self, messages: put(self.messages, event.data) }
    case "thread.message.delta": {
      const { delta, id } = event.data
      return {
        ...self,
        messages: change(self.messages, id, (message) => completeMessage(merge(message, delta) as Messages.Message))
      }
    }
    default:
      return applyUnknown(self, event)
  }
}

/**
 * Emits a snapshot after each event.
 *
 * @since 0.1.0
 * @category combinators
 */
export const accumulate = <E, R>(
  events: Stream.Stream<AssistantStream.AssistantStreamEvent, E, R>
): Stream.Stream<Snapshot, E, R> =>
  Stream.mapAccum(events, empty, (snapshot, event) => {
    const next = apply(snapshot, event)
    return [next, next]
  })

/**
 * Returns the snapshot after the last event. The run can have ended with any status, such as `incomplete`.
 *
 * @since 0.1.0
 * @category destructors
 */
export const final = <E, R>(
  events: Stream.Stream<AssistantStream.AssistantStreamEvent, E, R>
): Effect.Effect<Snapshot, E, R> => Stream.runFold(events, empty, apply)

/**
 * Emits the text of the messages as it is received. It takes the events of a run, or those of a tool loop.
 *
 * @since 0.1.0
 * @category combinators
 */
export const text = <E, R>(
  events: Stream.Stream<AssistantStream.AssistantStreamEvent | Tool.Event, E, R>
): Stream.Stream<string, E, R> =>
  Stream.mapConcat(events, (event) =>
    event.event === "thread.message.delta"
      ? (event.data.delta?.content ?? []).flatMap((part) => part.type === "text" ? part.text?.value ?? [] : [])
      : [])
