/**
 * Run steps: what a run did, one message or one round of tool calls after the other.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { index } from "./internal/delta.js"
import { described } from "./internal/described.js"
import { Metadata } from "./internal/metadata.js"
import { RunId, ThreadId } from "./internal/parameters.js"
import { RunUsage } from "./internal/run.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

const StepId = Endpoint.pathParameter("The ID of the run step.")

// -----------------------------------------------------------------------------
// step details
// -----------------------------------------------------------------------------

const messageCreation = {
  type: Schema.Literal("message_creation").pipe(described("The kind of step, `message_creation`.")),
  message_id: Schema.String.pipe(described("The ID of the message.")),
  message_creation: described("Which message was written.")
}

/**
 * That a step wrote a message.
 *
 * @since 0.1.0
 * @category step details
 */
export const MessageCreation = Schema.Struct({
  type: messageCreation.type,
  message_creation: Schema.Struct({ message_id: messageCreation.message_id }).pipe(messageCreation.message_creation)
}).annotations({
  identifier: "RunStepDetailsMessageCreationObject",
  title: "Message creation",
  description: "That a step wrote a message."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface MessageCreation extends Schema.Schema.Type<typeof MessageCreation> {}

const toolCallId = Schema.String.pipe(described("The ID of the call."))

const logs = {
  type: Schema.Literal("logs").pipe(described("The kind of output, `logs`.")),
  logs: Schema.String.pipe(described("The text that the code wrote."))
}

/**
 * Text that code wrote.
 *
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterLogs = Schema.Struct(logs).annotations({
  identifier: "RunStepDetailsToolCallsCodeOutputLogsObject",
  title: "Code interpreter logs",
  description: "Text that code wrote."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface CodeInterpreterLogs extends Schema.Schema.Type<typeof CodeInterpreterLogs> {}

const image = {
  type: Schema.Literal("image").pipe(described("The kind of output, `image`.")),
  file_id: Schema.String.pipe(described("The ID of the image's file.")),
  image: described("Where the image is.")
}

/**
 * An image that code made.
 *
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterImage = Schema.Struct({
  type: image.type,
  image: Schema.Struct({ file_id: image.file_id }).pipe(image.image)
}).annotations({
  identifier: "RunStepDetailsToolCallsCodeOutputImageObject",
  title: "Code interpreter image",
  description: "An image that code made."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface CodeInterpreterImage extends Schema.Schema.Type<typeof CodeInterpreterImage> {}

const codeInterpreter = {
  type: Schema.Literal("code_interpreter").pipe(described("The kind of tool, `code_interpreter`.")),
  input: Schema.String.pipe(described("The code.")),
  outputs: described("What the code put out: text and images."),
  code_interpreter: described("The code and what it put out.")
}

/**
 * Code that the assistant ran.
 *
 * @since 0.1.0
 * @category step details
 */
export const CodeInterpreterToolCall = Schema.Struct({
  id: toolCallId,
  type: codeInterpreter.type,
  code_interpreter: Schema.Struct({
    input: codeInterpreter.input,
    outputs: Schema.Array(Tolerant.union("type", CodeInterpreterLogs, CodeInterpreterImage)).pipe(
      codeInterpreter.outputs
    )
  }).pipe(codeInterpreter.code_interpreter)
}).annotations({
  identifier: "RunStepDetailsToolCallsCodeObject",
  title: "Code interpreter tool call",
  description: "Code that the assistant ran."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface CodeInterpreterToolCall extends Schema.Schema.Type<typeof CodeInterpreterToolCall> {}

const retrieval = {
  type: Schema.Literal("retrieval").pipe(described("The kind of tool, `retrieval`.")),
  retrieval: Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(
    described("An object that has always been empty.")
  )
}

/**
 * A search in the assistant's files.
 *
 * @since 0.1.0
 * @category step details
 */
export const RetrievalToolCall = Schema.Struct({ id: toolCallId, ...retrieval }).annotations({
  identifier: "RunStepDetailsToolCallsRetrievalObject",
  title: "Retrieval tool call",
  description: "A search in the assistant's files."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface RetrievalToolCall extends Schema.Schema.Type<typeof RetrievalToolCall> {}

const functionType = Schema.Literal("function").pipe(described("The kind of tool, `function`."))

const called = {
  name: Schema.String.pipe(described("The function's name.")),
  arguments: Schema.String.pipe(described("The arguments as JSON, as the model wrote it.")),
  output: Schema.NullOr(Schema.String).pipe(described("What the function answered; null until that is submitted."))
}

const functionCall = described("The function, its arguments and its output.")

/**
 * A function that the caller ran.
 *
 * @since 0.1.0
 * @category step details
 */
export const FunctionToolCall = Schema.Struct({
  id: toolCallId,
  type: functionType,
  function: Schema.Struct(called).pipe(functionCall)
}).annotations({
  identifier: "RunStepDetailsToolCallsFunctionObject",
  title: "Function tool call",
  description: "A function that the caller ran."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface FunctionToolCall extends Schema.Schema.Type<typeof FunctionToolCall> {}

const toolCalls = {
  type: Schema.Literal("tool_calls").pipe(described("The kind of step, `tool_calls`.")),
  tool_calls: described("The calls, in the order in which the model made them.")
}

/**
 * That a step called tools.
 *
 * @since 0.1.0
 * @category step details
 */
export const ToolCalls = Schema.Struct({
  type: toolCalls.type,
  tool_calls: Schema.Array(
    Tolerant.union("type", CodeInterpreterToolCall, RetrievalToolCall, FunctionToolCall)
  ).pipe(toolCalls.tool_calls)
}).annotations({
  identifier: "RunStepDetailsToolCallsObject",
  title: "Tool calls",
  description: "That a step called tools."
})

/**
 * @since 0.1.0
 * @category step details
 */
export interface ToolCalls extends Schema.Schema.Type<typeof ToolCalls> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * How many tokens a run step used.
 *
 * @since 0.1.0
 * @category models
 */
export const RunStepUsage = RunUsage.annotations({
  identifier: "RunStepCompletionUsage",
  title: "Run step usage",
  description: "How many tokens a run step used."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface RunStepUsage extends Schema.Schema.Type<typeof RunStepUsage> {}

/**
 * A run step as the server answers it. In streams it also has a field `expires_at`, which is not documented.
 *
 * @since 0.1.0
 * @category models
 */
export const RunStep = Schema.Struct({
  id: Schema.String.pipe(described("The step's ID.")),
  object: Schema.Literal("thread.run.step").pipe(described("The object type, always `thread.run.step`.")),
  created_at: Common.timestamp("When the step was created, as a Unix time in seconds."),
  assistant_id: Schema.String.pipe(described("The ID of the assistant that takes the step.")),
  thread_id: Schema.String.pipe(described("The ID of the thread that the run works on.")),
  run_id: Schema.String.pipe(described("The ID of the run that the step belongs to.")),
  type: Tolerant.literals("message_creation", "tool_calls").pipe(described("The kind of step.")),
  status: Tolerant.literals("in_progress", "cancelled", "failed", "completed", "expired").pipe(
    described("How far the step is.")
  ),
  step_details: Tolerant.union("type", MessageCreation, ToolCalls).pipe(described("What the step did.")),
  last_error: Schema.NullOr(Schema.Struct({
    code: Tolerant.literals("server_error", "rate_limit_exceeded").pipe(described("What kind of error it was.")),
    message: Schema.String.pipe(described("What went wrong, for people."))
  })).pipe(described("The step's last error; null where there was none.")),
  expired_at: Tolerant.optional(
    Common.nullableTimestamp("When the step expired with its run, as a Unix time in seconds; null where it did not.")
  ),
  cancelled_at: Common.nullableTimestamp(
    "When the step was cancelled, as a Unix time in seconds; null where it was not."
  ),
  failed_at: Common.nullableTimestamp("When the step failed, as a Unix time in seconds; null where it did not."),
  completed_at: Common.nullableTimestamp(
    "When the step was completed, as a Unix time in seconds; null where it was not."
  ),
  metadata: Tolerant.optional(Tolerant.unlimited(Metadata)),
  usage: Schema.NullOr(RunStepUsage).pipe(described("How many tokens the step used; null until it has ended."))
}).annotations({
  identifier: "RunStepObject",
  title: "Run step",
  description: "One thing that a run did: it wrote a message, or called tools."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface RunStep extends Schema.Schema.Type<typeof RunStep> {}

/**
 * A page of run steps.
 *
 * @since 0.1.0
 * @category models
 */
export const ListRunStepsResponse = Pagination.page(RunStep).annotations({
  identifier: "ListRunStepsResponse",
  description: "A page of run steps."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListRunStepsResponse extends Schema.Schema.Type<typeof ListRunStepsResponse> {}

// -----------------------------------------------------------------------------
// deltas
// -----------------------------------------------------------------------------

/**
 * A part of a message creation.
 *
 * @since 0.1.0
 * @category deltas
 */
export const MessageCreationDelta = Schema.Struct({
  type: messageCreation.type,
  message_creation: Schema.optional(
    Schema.Struct({ message_id: Schema.optional(messageCreation.message_id) }).pipe(messageCreation.message_creation)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsMessageCreationObject",
  title: "Message creation",
  description: "A part of a message creation."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface MessageCreationDelta extends Schema.Schema.Type<typeof MessageCreationDelta> {}

/**
 * A part of the text that code writes.
 *
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterLogsDelta = Schema.Struct({
  index: index("call's outputs"),
  type: logs.type,
  logs: Schema.optional(logs.logs)
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsCodeOutputLogsObject",
  title: "Code interpreter logs",
  description: "A part of the text that code writes."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface CodeInterpreterLogsDelta extends Schema.Schema.Type<typeof CodeInterpreterLogsDelta> {}

/**
 * A part of an image that code makes.
 *
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterImageDelta = Schema.Struct({
  index: index("call's outputs"),
  type: image.type,
  image: Schema.optional(Schema.Struct({ file_id: Schema.optional(image.file_id) }).pipe(image.image))
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsCodeOutputImageObject",
  title: "Code interpreter image",
  description: "A part of an image that code makes."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface CodeInterpreterImageDelta extends Schema.Schema.Type<typeof CodeInterpreterImageDelta> {}

/**
 * A part of code that the assistant runs.
 *
 * @since 0.1.0
 * @category deltas
 */
export const CodeInterpreterToolCallDelta = Schema.Struct({
  index: index("step's calls"),
  id: Schema.optional(toolCallId),
  type: codeInterpreter.type,
  code_interpreter: Schema.optional(
    Schema.Struct({
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
  description: "A part of code that the assistant runs."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface CodeInterpreterToolCallDelta extends Schema.Schema.Type<typeof CodeInterpreterToolCallDelta> {}

/**
 * A part of a search in the assistant's files.
 *
 * @since 0.1.0
 * @category deltas
 */
export const RetrievalToolCallDelta = Schema.Struct({
  index: index("step's calls"),
  id: Schema.optional(toolCallId),
  type: retrieval.type,
  retrieval: Schema.optional(retrieval.retrieval)
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsRetrievalObject",
  title: "Retrieval tool call",
  description: "A part of a search in the assistant's files."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface RetrievalToolCallDelta extends Schema.Schema.Type<typeof RetrievalToolCallDelta> {}

/**
 * A part of a function's call.
 *
 * @since 0.1.0
 * @category deltas
 */
export const FunctionToolCallDelta = Schema.Struct({
  index: index("step's calls"),
  id: Schema.optional(toolCallId),
  type: functionType,
  function: Schema.optional(
    Schema.Struct({
      name: Schema.optional(called.name),
      arguments: Schema.optional(called.arguments),
      output: Schema.optional(called.output)
    }).pipe(functionCall)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsFunctionObject",
  title: "Function tool call",
  description: "A part of a function's call."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface FunctionToolCallDelta extends Schema.Schema.Type<typeof FunctionToolCallDelta> {}

/**
 * What the tool calls of a step have gained.
 *
 * @since 0.1.0
 * @category deltas
 */
export const ToolCallsDelta = Schema.Struct({
  type: toolCalls.type,
  tool_calls: Schema.optional(
    Schema.Array(
      Tolerant.union("type", CodeInterpreterToolCallDelta, RetrievalToolCallDelta, FunctionToolCallDelta)
    ).pipe(toolCalls.tool_calls)
  )
}).annotations({
  identifier: "RunStepDeltaStepDetailsToolCallsObject",
  title: "Tool calls",
  description: "What the tool calls of a step have gained."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface ToolCallsDelta extends Schema.Schema.Type<typeof ToolCallsDelta> {}

/**
 * What a run step has gained.
 *
 * @since 0.1.0
 * @category deltas
 */
export const RunStepDelta = Schema.Struct({
  id: Schema.String.pipe(described("The step's ID.")),
  object: Schema.Literal("thread.run.step.delta").pipe(described("The object type, always `thread.run.step.delta`.")),
  delta: Schema.Struct({
    step_details: Schema.optional(
      Tolerant.union("type", MessageCreationDelta, ToolCallsDelta).pipe(
        described("What the step's details have gained.")
      )
    )
  }).pipe(described("The fields of the step that have changed."))
}).annotations({
  identifier: "RunStepDeltaObject",
  title: "Run step delta",
  description: "What a run step has gained."
})

/**
 * @since 0.1.0
 * @category deltas
 */
export interface RunStepDelta extends Schema.Schema.Type<typeof RunStepDelta> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List run steps.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listRunSteps",
  summary: "List run steps",
  description: "Answers a page of a run's steps.",
  method: "GET",
  path: "/threads/{thread_id}/runs/{run_id}/steps",
  parameters: { thread_id: ThreadId, run_id: RunId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListRunStepsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Retrieve run step.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getRunStep",
  summary: "Retrieve run step",
  description: "Answers one step of a run.",
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
