/**
 * Assistant stream: the events of a streamed run.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import { Run } from "./internal/run.js"
import * as Messages from "./Messages.js"
import * as OpenAiError from "./OpenAiError.js"
import * as RunSteps from "./RunSteps.js"
import * as Struct from "./Struct.js"
import * as Threads from "./Threads.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// names
// -----------------------------------------------------------------------------

const threadEvents = { "thread.created": "A thread was created." }

const runEvents = {
  "thread.run.created": "A run was created.",
  "thread.run.queued": "A run was queued.",
  "thread.run.in_progress": "A run is in progress.",
  "thread.run.requires_action": "A run requires an action of the caller.",
  "thread.run.completed": "A run was completed.",
  "thread.run.failed": "A run failed.",
  "thread.run.cancelling": "A run is being cancelled.",
  "thread.run.cancelled": "A run was cancelled.",
  "thread.run.expired": "A run expired."
}

const incompleteEvents = { "thread.run.incomplete": "A run ended incomplete." }

const runStepEvents = {
  "thread.run.step.created": "A run step was created.",
  "thread.run.step.in_progress": "A run step is in progress.",
  "thread.run.step.completed": "A run step was completed.",
  "thread.run.step.failed": "A run step failed.",
  "thread.run.step.cancelled": "A run step was cancelled.",
  "thread.run.step.expired": "A run step expired."
}

const runStepDeltaEvents = { "thread.run.step.delta": "A run step has changed." }

const messageEvents = {
  "thread.message.created": "A message was created.",
  "thread.message.in_progress": "A message is in progress.",
  "thread.message.completed": "A message was completed.",
  "thread.message.incomplete": "A message ended incomplete."
}

const messageDeltaEvents = { "thread.message.delta": "A message has changed." }

/**
 * Events that have the same type of data and differ by name.
 *
 * @since 0.1.0
 * @category type-level
 */
export type StreamEvent<Name extends string, Data> = Name extends string ? {
    /** The event's name. */
    readonly event: Name
    /** The object that the event is about. */
    readonly data: Data
  }
  : never

const eventOf = <const Name extends string, Data extends Schema.Schema.AnyNoContext>(name: Name, data: Data) =>
  Struct.make({ event: Schema.Literal(name).pipe(described(`The event's name, \`${name}\`.`)), data })

const eventsOf = <Name extends string, Data>(descriptions: Record<Name, string>, data: Schema.Schema<Data>) =>
  (Object.keys(descriptions) as Array<Name>).map((name): Schema.Schema<StreamEvent<Name, Data>> =>
    Schema.make(eventOf(name, data).annotations({ description: descriptions[name] }).ast)
  )

const threads = eventsOf(threadEvents, Threads.Thread)

const runs = eventsOf(runEvents, Run)

const runSteps = [
  ...eventsOf(runStepEvents, RunSteps.RunStep),
  ...eventsOf(runStepDeltaEvents, RunSteps.RunStepDelta)
]

const messages = [
  ...eventsOf(messageEvents, Messages.Message),
  ...eventsOf(messageDeltaEvents, Messages.MessageDelta)
]

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Only a run that creates its thread sends one.
 *
 * @since 0.1.0
 * @category models
 */
export const ThreadStreamEvent: Schema.Schema<ThreadStreamEvent> = Schema.Union(...threads).annotations({
  identifier: "ThreadStreamEvent",
  description: "An event of the thread."
})

export type ThreadStreamEvent = StreamEvent<keyof typeof threadEvents, Threads.Thread>

/**
 * The creation of the run, and each change of its status.
 *
 * @since 0.1.0
 * @category models
 */
export const RunStreamEvent: Schema.Schema<RunStreamEvent> = Schema.Union(...runs).annotations({
  identifier: "RunStreamEvent",
  description: "An event of the run."
})

export type RunStreamEvent = StreamEvent<keyof typeof runEvents, Run>

/**
 * The creation of a step, each change of its status, and the parts of its details.
 *
 * @since 0.1.0
 * @category models
 */
export const RunStepStreamEvent: Schema.Schema<RunStepStreamEvent> = Schema.Union(...runSteps).annotations({
  identifier: "RunStepStreamEvent",
  description: "An event of a run step."
})

export type RunStepStreamEvent =
  | StreamEvent<keyof typeof runStepEvents, RunSteps.RunStep>
  | StreamEvent<keyof typeof runStepDeltaEvents, RunSteps.RunStepDelta>

/**
 * The creation of a message, each change of its status, and the parts of its content.
 *
 * @since 0.1.0
 * @category models
 */
export const MessageStreamEvent: Schema.Schema<MessageStreamEvent> = Schema.Union(...messages).annotations({
  identifier: "MessageStreamEvent",
  description: "An event of a message that the run writes."
})

export type MessageStreamEvent =
  | StreamEvent<keyof typeof messageEvents, Messages.Message>
  | StreamEvent<keyof typeof messageDeltaEvents, Messages.MessageDelta>

/**
 * The last event of a run that ends incomplete. Servers send it, although it is not documented for Assistants v1.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunIncompleteStreamEvent extends StreamEvent<keyof typeof incompleteEvents, Run> {}

/**
 * An event that is not documented: its name and its data.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnknownStreamEvent extends StreamEvent<Tolerant.Unknown, unknown> {}

const UnknownStreamEvent: Schema.Schema<UnknownStreamEvent> = Struct.make({
  event: Tolerant.undocumented([
    threadEvents,
    runEvents,
    incompleteEvents,
    runStepEvents,
    runStepDeltaEvents,
    messageEvents,
    messageDeltaEvents
  ].flatMap(Object.keys)),
  data: Schema.Unknown
})

/**
 * An event of a streamed run. An event with an undocumented name is an {@link UnknownStreamEvent}. An event with a
 * documented name must have the documented data. {@link ErrorEvent} and {@link DoneEvent} end a stream and are not part
 * of this type.
 *
 * @example
 * import type { AssistantStream } from "@effect-openai/core"
 *
 * export const describe = (event: AssistantStream.AssistantStreamEvent): string => {
 *   switch (event.event) {
 *     case "thread.message.delta":
 *       return `message ${event.data.id} has changed`
 *     case "thread.run.completed":
 *       return `run ${event.data.id} is completed`
 *     default:
 *       return event.event
 *   }
 * }
 *
 * @since 0.1.0
 * @category models
 */
export const AssistantStreamEvent: Schema.Schema<AssistantStreamEvent> = Tolerant.documentedAs(
  Schema.Union(
    ...threads,
    ...runs,
    ...eventsOf(incompleteEvents, Run),
    ...runSteps,
    ...messages,
    UnknownStreamEvent
  ),
  Schema.Union(ThreadStreamEvent, RunStreamEvent, RunStepStreamEvent, MessageStreamEvent).annotations({
    identifier: "AssistantStreamEvent",
    description: "An event of a streamed run."
  })
)

export type AssistantStreamEvent =
  | ThreadStreamEvent
  | RunStreamEvent
  | RunIncompleteStreamEvent
  | RunStepStreamEvent
  | MessageStreamEvent
  | UnknownStreamEvent

// -----------------------------------------------------------------------------
// ends
// -----------------------------------------------------------------------------

/**
 * The caller receives it as the stream's error.
 *
 * @since 0.1.0
 * @category ends
 */
export const ErrorEvent = eventOf("error", OpenAiError.ErrorResponse.fields.error).annotations({
  identifier: "ErrorEvent",
  description: "The last event of a stream that failed."
})

export interface ErrorEvent extends Schema.Schema.Type<typeof ErrorEvent> {}

/**
 * The caller receives it as the stream's end.
 *
 * @since 0.1.0
 * @category ends
 */
export const DoneEvent = eventOf(
  "done",
  Schema.Literal("[DONE]").pipe(described("Always `[DONE]`, which is not JSON."))
)
  .annotations({ identifier: "DoneEvent", description: "The last event of a stream." })

export interface DoneEvent extends Schema.Schema.Type<typeof DoneEvent> {}
