/**
 * Runs: executions of an assistant on a thread.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Assistants from "./Assistants.js"
import * as AssistantStream from "./AssistantStream.js"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modifyRequest } from "./internal/metadata.js"
import { RunId, ThreadId } from "./internal/parameters.js"
import * as internal from "./internal/run.js"
import * as Messages from "./Messages.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Threads from "./Threads.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const TruncationStrategy = internal.TruncationStrategy

export interface TruncationStrategy extends internal.TruncationStrategy {}

/**
 * @since 0.1.0
 * @category models
 */
export const NamedToolChoice = internal.NamedToolChoice

export interface NamedToolChoice extends internal.NamedToolChoice {}

/**
 * @since 0.1.0
 * @category models
 */
export const ToolChoiceOption = internal.ToolChoiceOption

export type ToolChoiceOption = internal.ToolChoiceOption

/**
 * @since 0.1.0
 * @category models
 */
export const RunToolCall = internal.RunToolCall

export interface RunToolCall extends internal.RunToolCall {}

/**
 * @since 0.1.0
 * @category models
 */
export const RunUsage = internal.RunUsage

export interface RunUsage extends internal.RunUsage {}

/**
 * Servers also send the status `incomplete`, which is not documented for Assistants v1.
 *
 * @since 0.1.0
 * @category models
 */
export const Run = internal.Run

export interface Run extends internal.Run {}

const { metadata, response_format, temperature, top_p } = Assistants.CreateAssistantRequest.fields

const stream = Schema.optional(
  Schema.NullOr(Schema.Boolean).pipe(
    described("Whether the response is a stream of events. It ends when the run ends or requires an action.")
  )
)

const model = Schema.optional(
  Schema.NullOr(Common.ModelId).pipe(described("The ID of the model. Default: the assistant's model."))
)

const instructions = Schema.optional(Field.nullableString("The instructions. Default: the assistant's instructions."))

const settings = {
  tools: Schema.optional(
    Schema.NullOr(internal.Tools).pipe(described("The tools, at most 20. Default: the assistant's tools."))
  ),
  metadata,
  temperature,
  top_p,
  stream,
  max_prompt_tokens: Schema.optional(internal.MaxPromptTokens),
  max_completion_tokens: Schema.optional(internal.MaxCompletionTokens),
  truncation_strategy: Schema.optional(Schema.NullOr(TruncationStrategy).pipe(internal.truncationStrategy)),
  tool_choice: Schema.optional(Schema.NullOr(ToolChoiceOption).pipe(internal.toolChoice)),
  response_format
}

const assistantId = Field.string("The ID of the assistant to run.")

/**
 * Only the assistant is required. The documentation also requires `thread_id`, which is in the path.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateRunRequest = Struct.make({
  assistant_id: assistantId,
  model,
  instructions,
  additional_instructions: Schema.optional(
    Field.nullableString("Text to append to the instructions of this run.")
  ),
  additional_messages: Schema.optional(
    Schema.NullOr(Schema.Array(Messages.CreateMessageRequest)).pipe(
      described("Messages to add to the thread before the run starts.")
    )
  ),
  ...settings
}).annotations({ identifier: "CreateRunRequest", description: "Request to create a run." })

export interface CreateRunRequest extends Schema.Schema.Type<typeof CreateRunRequest> {}

/**
 * Only the assistant is required. The documentation also requires `thread_id`, which does not exist yet.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateThreadAndRunRequest = Struct.make({
  assistant_id: assistantId,
  thread: Schema.optional(Threads.CreateThreadRequest),
  model,
  instructions,
  ...settings
}).annotations({
  identifier: "CreateThreadAndRunRequest",
  description: "Request to create a thread and run it."
})

export interface CreateThreadAndRunRequest extends Schema.Schema.Type<typeof CreateThreadAndRunRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyRunRequest = modifyRequest("ModifyRunRequest", "a run")

export interface ModifyRunRequest extends Schema.Schema.Type<typeof ModifyRunRequest> {}

/**
 * One request must have the outputs of all calls.
 *
 * @since 0.1.0
 * @category models
 */
export const SubmitToolOutputsRunRequest = Struct.make({
  tool_outputs: Schema.Array(Struct.make({
    tool_call_id: Schema.optional(Field.string("The ID of the call, from the run's `required_action`.")),
    output: Schema.optional(Field.string("The output of the function."))
  })).pipe(described("The outputs, one for each call.")),
  stream
}).annotations({
  identifier: "SubmitToolOutputsRunRequest",
  description: "Request to submit the outputs of function calls."
})

export interface SubmitToolOutputsRunRequest extends Schema.Schema.Type<typeof SubmitToolOutputsRunRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListRunsResponse = Pagination.page(Run).annotations({
  identifier: "ListRunsResponse",
  description: "A page of runs."
})

export interface ListRunsResponse extends Schema.Schema.Type<typeof ListRunsResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const events = Endpoint.namedEvents(AssistantStream.AssistantStreamEvent)

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listRuns",
  summary: "List runs",
  description: "Returns a page of a thread's runs.",
  method: "GET",
  path: "/threads/{thread_id}/runs",
  parameters: { thread_id: ThreadId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListRunsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createRun",
  summary: "Create run",
  description: "Runs an assistant on a thread. The thread is locked until the run has ended.",
  method: "POST",
  path: "/threads/{thread_id}/runs",
  parameters: { thread_id: ThreadId },
  body: Endpoint.json(CreateRunRequest),
  success: Endpoint.json(Run),
  events,
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getRun",
  summary: "Retrieve run",
  description: "Returns a run.",
  method: "GET",
  path: "/threads/{thread_id}/runs/{run_id}",
  parameters: { thread_id: ThreadId, run_id: RunId },
  success: Endpoint.json(Run),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyRun",
  summary: "Modify run",
  description: "Changes the metadata and returns the run.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}",
  parameters: { thread_id: ThreadId, run_id: RunId },
  body: Endpoint.json(ModifyRunRequest),
  success: Endpoint.json(Run),
  family: "assistants",
  replayable: true
})

/**
 * The documented `operationId` is misspelled.
 *
 * @since 0.1.0
 * @category operations
 */
export const submitToolOutputs = Endpoint.make({
  name: "submitToolOuputsToRun",
  summary: "Submit tool outputs to run",
  description: "Submits the outputs of function calls to a run with the status `requires_action`. The run continues.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
  parameters: { thread_id: ThreadId, run_id: RunId },
  body: Endpoint.json(SubmitToolOutputsRunRequest),
  success: Endpoint.json(Run),
  events,
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const cancel = Endpoint.make({
  name: "cancelRun",
  summary: "Cancel run",
  description: "Cancels a run. Returns it with the status `cancelling`; it becomes `cancelled` later.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}/cancel",
  parameters: { thread_id: ThreadId, run_id: RunId },
  success: Endpoint.json(Run),
  family: "assistants",
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const createThreadAndRun = Endpoint.make({
  name: "createThreadAndRun",
  summary: "Create thread and run",
  description: "Creates a thread and runs an assistant on it in one request.",
  method: "POST",
  path: "/threads/runs",
  body: Endpoint.json(CreateThreadAndRunRequest),
  success: Endpoint.json(Run),
  events,
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Runs",
  title: "Runs",
  description: "Executions of an assistant on a thread.",
  operations: { list, create, retrieve, modify, submitToolOutputs, cancel, createThreadAndRun }
})
