/**
 * Run steps: the messages and tool calls of a run, in order.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { Metadata } from "./internal/metadata.js"
import { RunId, ThreadId } from "./internal/parameters.js"
import { lastError, RunUsage } from "./internal/run.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

const StepId = Endpoint.pathParameter("The ID of the run step.")

// -----------------------------------------------------------------------------
// step details
// -----------------------------------------------------------------------------

const messageCreation = {
  type: Field.kind("step", "message_creation"),
  message_id: Field.string("The ID of the message."),
  message_creation: described("The message that the step created.")
}

/**
 * @since 0.1.0
 * @category step details
 */
export const MessageCreation = Tolerant.struct({
  type: messageCreation.type,
  message_creation: Tolerant.struct({ message_id: messageCreation.message_id }, {}).pipe(
    messageCreation.message_creation
  )
}, {}).annotations({
  identifier: "RunStepDetailsMessageCreationObject",
  title: "Message creation",
  description: "A step that creates a message."
})

export interface MessageCreation extends Schema.Schema.Type<typeof MessageCreation> {}

const toolCallId = Field.string("The ID of the call.")

const logs = {
  type: Field.kind("output", "logs"),
  logs: Field.string("The text that the code printed.")
}

/**
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterLogs = Tolerant.struct(logs, {}).annotations({
  identifier: "RunStepDetailsToolCallsCodeOutputLogsObject",
  title: "Code interpreter logs",
  description: "Text that the code printed."
})

export interface CodeInterpreterLogs extends Schema.Schema.Type<typeof CodeInterpreterLogs> {}

const image = {
  type: Field.kind("output", "image"),
  file_id: Field.string("The ID of the image's file."),
  image: described("The image.")
}

/**
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterImage = Tolerant.struct({
  type: image.type,
  image: Tolerant.struct({ file_id: image.file_id }, {}).pipe(image.image)
}, {}).annotations({
  identifier: "RunStepDetailsToolCallsCodeOutputImageObject",
  title: "Code interpreter image",
  description: "An image that the code created."
})

export interface CodeInterpreterImage extends Schema.Schema.Type<typeof CodeInterpreterImage> {}

const codeInterpreter = {
  type: Field.kind("tool", "code_interpreter"),
  input: Field.string("The code."),
  outputs: described("The outputs of the code: text and images."),
  code_interpreter: described("The code and its outputs.")
}

/**
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterToolCall = Tolerant.struct({
  type: codeInterpreter.type,
  code_interpreter: Tolerant.struct({}, {
    input: codeInterpreter.input,
    outputs: Schema.Array(Tolerant.union("type", CodeInterpreterLogs, CodeInterpreterImage)).pipe(
      codeInterpreter.outputs
    )
  }).pipe(codeInterpreter.code_interpreter)
}, { id: toolCallId }).annotations({
  identifier: "RunStepDetailsToolCallsCodeObject",
  title: "Code interpreter tool call",
  description: "Code that the assistant ran."
})

export interface CodeInterpreterToolCall extends Schema.Schema.Type<typeof CodeInterpreterToolCall> {}

const retrieval = {
  type: Field.kind("tool", "retrieval"),
  retrieval: Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(
    described("Always an empty object.")
  )
}

/**
 * @since 0.1.0
 * @category step details
 */
export const RetrievalToolCall = Tolerant.struct({ type: retrieval.type }, {
  id: toolCallId,
  retrieval: retrieval.retrieval
}).annotations({
  identifier: "RunStepDetailsToolCallsRetrievalObject",
  title: "Retrieval tool call",
  description: "A search in the assistant's files."
})

export interface RetrievalToolCall extends Schema.Schema.Type<typeof RetrievalToolCall> {}

const functionType = Field.kind("tool", "function")

const called = {
  name: Field.string("The function's name."),
  arguments: Field.text("The arguments as JSON, as the model wrote them."),
  output: Field.nullableString("The output of the function; null until it is submitted.")
}

const functionCall = described("The function, its arguments and its output.")

/**
 * @since 0.1.0
 * @category step details
 */
export const FunctionToolCall = Tolerant.struct({
  type: functionType,
  function: Tolerant.struct({ name: called.name }, {
    arguments: called.arguments,
    output: called.output
  }).pipe(functionCall)
}, { id: toolCallId }).annotations({
  identifier: "RunStepDetailsToolCallsFunctionObject",
  title: "Function tool call",
  description: "A function that the caller ran."
})

export interface FunctionToolCall extends Schema.Schema.Type<typeof FunctionToolCall> {}

const toolCalls = {
  type: Field.kind("step", "tool_calls"),
  tool_calls: described("The calls, in the order of the model.")
}

/**
 * @since 0.1.0
 * @category step details
 */
export const ToolCalls = Tolerant.struct({
  type: toolCalls.type,
  tool_calls: Schema.Array(
    Tolerant.union("type", CodeInterpreterToolCall, RetrievalToolCall, FunctionToolCall)
  ).pipe(toolCalls.tool_calls)
}, {}).annotations({
  identifier: "RunStepDetailsToolCallsObject",
  title: "Tool calls",
  description: "A step that calls tools."
})

export interface ToolCalls extends Schema.Schema.Type<typeof ToolCalls> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const RunStepUsage = RunUsage.annotations({
  identifier: "RunStepCompletionUsage",
  title: "Run step usage",
  description: "The token usage of a run step."
})

export interface RunStepUsage extends Schema.Schema.Type<typeof RunStepUsage> {}

/**
 * In streams it also has a field `expires_at`, which is not documented.
 *
 * @since 0.1.0
 * @category models
 */
export const RunStep = Tolerant.struct({
  id: Field.string("The step's ID."),
  step_details: Tolerant.union("type", MessageCreation, ToolCalls).pipe(
    described("The message or the tool calls of the step.")
  )
}, {
  object: Field.objectType("thread.run.step"),
  created_at: Field.timestamp("the step was created"),
  assistant_id: Field.string("The ID of the run's assistant."),
  thread_id: Field.string("The ID of the run's thread."),
  run_id: Field.string("The ID of the run."),
  type: Schema.Literal("message_creation", "tool_calls").pipe(described("The type of the step.")),
  status: Schema.Literal("in_progress", "cancelled", "failed", "completed", "expired").pipe(
    described("The status of the step.")
  ),
  last_error: lastError("step", "server_error", "rate_limit_exceeded"),
  expired_at: Field.nullableTimestamp("the step expired with its run"),
  cancelled_at: Field.nullableTimestamp("the step was cancelled"),
  failed_at: Field.nullableTimestamp("the step failed"),
  completed_at: Field.nullableTimestamp("the step was completed"),
  metadata: Metadata,
  usage: Schema.NullOr(RunStepUsage).pipe(described("The token usage of the step; null until it has ended."))
}).annotations({
  identifier: "RunStepObject",
  title: "Run step",
  description: "A step of a run: a message or tool calls."
})

export interface RunStep extends Schema.Schema.Type<typeof RunStep> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListRunStepsResponse = Pagination.page(RunStep).annotations({
  identifier: "ListRunStepsResponse",
  description: "A page of run steps."
})

export interface ListRunStepsResponse extends Schema.Schema.Type<typeof ListRunStepsResponse> {}

// -----------------------------------------------------------------------------
// deltas
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category deltas
 */
export const MessageCreationDelta = Tolerant.struct({ type: messageCreation.type }, {
  message_creation: Schema.optional(
    Tolerant.struct({}, { message_id: Schema.optional(messageCreation.message_id) }).pipe(
      messageCreation.message_creation
    )
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsMessageCreationObject",
  title: "Message creation",
  description: "A part of a message creation in a stream."
})

export interface MessageCreationDelta extends Schema.Schema.Type<typeof MessageCreationDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterLogsDelta = Tolerant.struct({ type: logs.type }, {
  index: Field.index("call's outputs"),
  logs: Schema.optional(logs.logs)
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsCodeOutputLogsObject",
  title: "Code interpreter logs",
  description: "A part of printed text in a stream."
})

export interface CodeInterpreterLogsDelta extends Schema.Schema.Type<typeof CodeInterpreterLogsDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterImageDelta = Tolerant.struct({ type: image.type }, {
  index: Field.index("call's outputs"),
  image: Schema.optional(Tolerant.struct({}, { file_id: Schema.optional(image.file_id) }).pipe(image.image))
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsCodeOutputImageObject",
  title: "Code interpreter image",
  description: "A part of an image in a stream."
})

export interface CodeInterpreterImageDelta extends Schema.Schema.Type<typeof CodeInterpreterImageDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterToolCallDelta = Tolerant.struct({ type: codeInterpreter.type }, {
  index: Field.index("step's calls"),
  id: Schema.optional(toolCallId),
  code_interpreter: Schema.optional(
    Tolerant.struct({}, {
      input: Schema.optional(codeInterpreter.input),
      outputs: Schema.optional(
        Schema.Array(Tolerant.union("type", CodeInterpreterLogsDelta, CodeInterpreterImageDelta)).pipe(
          codeInterpreter.outputs
        )
      )
    }).pipe(codeInterpreter.code_interpreter)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsCodeObject",
  title: "Code interpreter tool call",
  description: "A part of a code interpreter call in a stream."
})

export interface CodeInterpreterToolCallDelta extends Schema.Schema.Type<typeof CodeInterpreterToolCallDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const RetrievalToolCallDelta = Tolerant.struct({ type: retrieval.type }, {
  index: Field.index("step's calls"),
  id: Schema.optional(toolCallId),
  retrieval: Schema.optional(retrieval.retrieval)
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsRetrievalObject",
  title: "Retrieval tool call",
  description: "A part of a retrieval call in a stream."
})

export interface RetrievalToolCallDelta extends Schema.Schema.Type<typeof RetrievalToolCallDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const FunctionToolCallDelta = Tolerant.struct({ type: functionType }, {
  index: Field.index("step's calls"),
  id: Schema.optional(toolCallId),
  function: Schema.optional(
    Tolerant.struct({}, {
      name: Schema.optional(called.name),
      arguments: Schema.optional(called.arguments),
      output: Schema.optional(called.output)
    }).pipe(functionCall)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsFunctionObject",
  title: "Function tool call",
  description: "A part of a function call in a stream."
})

export interface FunctionToolCallDelta extends Schema.Schema.Type<typeof FunctionToolCallDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const ToolCallsDelta = Tolerant.struct({ type: toolCalls.type }, {
  tool_calls: Schema.optional(
    Schema.Array(
      Tolerant.union("type", CodeInterpreterToolCallDelta, RetrievalToolCallDelta, FunctionToolCallDelta)
    ).pipe(toolCalls.tool_calls)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsObject",
  title: "Tool calls",
  description: "Parts of tool calls in a stream."
})

export interface ToolCallsDelta extends Schema.Schema.Type<typeof ToolCallsDelta> {}

/**
 * @since 0.1.0
 * @category deltas
 */
export const RunStepDelta = Tolerant.struct({
  id: Field.string("The step's ID."),
  delta: Tolerant.struct({}, {
    step_details: Schema.optional(
      Tolerant.union("type", MessageCreationDelta, ToolCallsDelta).pipe(
        described("The changes of the step's details.")
      )
    )
  }).pipe(described("The fields of the step that have changed."))
}, {
  object: Field.objectType("thread.run.step.delta")
}).annotations({
  identifier: "RunStepDeltaObject",
  title: "Run step delta",
  description: "The changes of a run step in a stream."
})

export interface RunStepDelta extends Schema.Schema.Type<typeof RunStepDelta> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listRunSteps",
  summary: "List run steps",
  description: "Returns a page of a run's steps.",
  method: "GET",
  path: "/threads/{thread_id}/runs/{run_id}/steps",
  parameters: { thread_id: ThreadId, run_id: RunId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListRunStepsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getRunStep",
  summary: "Retrieve run step",
  description: "Returns a step of a run.",
  method: "GET",
  path: "/threads/{thread_id}/runs/{run_id}/steps/{step_id}",
  parameters: { thread_id: ThreadId, run_id: RunId, step_id: StepId },
  success: Endpoint.json(RunStep),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "RunSteps",
  title: "Run steps",
  description: "The steps of a run.",
  operations: { list, retrieve }
})
