/**
 * Runs: an assistant at work on a thread.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Assistants from "./Assistants.js"
import * as AssistantStream from "./AssistantStream.js"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { RunId, ThreadId } from "./internal/parameters.js"
import * as internal from "./internal/run.js"
import * as Messages from "./Messages.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Threads from "./Threads.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * How much of a thread the model sees: all that fits, or the newest messages.
 *
 * @since 0.1.0
 * @category models
 */
export const TruncationStrategy = internal.TruncationStrategy

/**
 * @since 0.1.0
 * @category models
 */
export interface TruncationStrategy extends internal.TruncationStrategy {}

/**
 * The tool that the model must use. A function goes by its name.
 *
 * @since 0.1.0
 * @category models
 */
export const NamedToolChoice = internal.NamedToolChoice

/**
 * @since 0.1.0
 * @category models
 */
export interface NamedToolChoice extends internal.NamedToolChoice {}

/**
 * Which tool the model uses: a word or an object.
 *
 * @since 0.1.0
 * @category models
 */
export const ToolChoiceOption = internal.ToolChoiceOption

/**
 * @since 0.1.0
 * @category models
 */
export type ToolChoiceOption = internal.ToolChoiceOption

/**
 * A function that the model asks the caller to run.
 *
 * @since 0.1.0
 * @category models
 */
export const RunToolCall = internal.RunToolCall

/**
 * @since 0.1.0
 * @category models
 */
export interface RunToolCall extends internal.RunToolCall {}

/**
 * How many tokens a run used.
 *
 * @since 0.1.0
 * @category models
 */
export const RunUsage = internal.RunUsage

/**
 * @since 0.1.0
 * @category models
 */
export interface RunUsage extends internal.RunUsage {}

/**
 * A run as the server answers it. Servers also know a status `incomplete`, which is not documented for Assistants v1.
 *
 * @since 0.1.0
 * @category models
 */
export const Run = internal.Run

/**
 * @since 0.1.0
 * @category models
 */
export interface Run extends internal.Run {}

const { metadata, response_format, temperature, top_p } = Assistants.CreateAssistantRequest.fields

const stream = Schema.optional(
  Schema.NullOr(Schema.Boolean).pipe(
    described("Whether the answer is a stream of events, until the run ends or requires an action.")
  )
)

const model = Schema.optional(
  Schema.NullOr(Common.ModelId).pipe(described("The ID of the model to use instead of the assistant's."))
)

const instructions = Schema.optional(
  Schema.NullOr(Schema.String).pipe(described("The instructions to follow instead of the assistant's."))
)

const settings = {
  tools: Schema.optional(
    Schema.NullOr(internal.Tools).pipe(
      described("The tools to use instead of the assistant's, 20 at the most.")
    )
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

const assistantId = Schema.String.pipe(described("The ID of the assistant to run."))

/**
 * What a run is created from. Only the assistant is required; the documentation also requires `thread_id`, which is in
 * the path.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateRunRequest = Schema.Struct({
  assistant_id: assistantId,
  model,
  instructions,
  additional_instructions: Schema.optional(
    Schema.NullOr(Schema.String).pipe(described("What to append to the instructions, for this run alone."))
  ),
  additional_messages: Schema.optional(
    Schema.NullOr(Schema.Array(Messages.CreateMessageRequest)).pipe(
      described("Messages to add to the thread before the run.")
    )
  ),
  ...settings
}).annotations({ identifier: "CreateRunRequest", description: "What a run is created from." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateRunRequest extends Schema.Schema.Type<typeof CreateRunRequest> {}

/**
 * What a thread and its run are created from. Only the assistant is required; the documentation also requires
 * `thread_id`, which does not exist yet.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateThreadAndRunRequest = Schema.Struct({
  assistant_id: assistantId,
  thread: Schema.optional(Threads.CreateThreadRequest),
  model,
  instructions,
  ...settings
}).annotations({
  identifier: "CreateThreadAndRunRequest",
  description: "What a thread and its run are created from."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateThreadAndRunRequest extends Schema.Schema.Type<typeof CreateThreadAndRunRequest> {}

/**
 * What of a run is changed.
 *
 * @since 0.1.0
 * @category models
 */
export const ModifyRunRequest = Schema.Struct({ metadata }).annotations({
  identifier: "ModifyRunRequest",
  description: "What of a run is changed."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ModifyRunRequest extends Schema.Schema.Type<typeof ModifyRunRequest> {}

/**
 * The outputs of the functions that the model asked for. All of them come in one request.
 *
 * @since 0.1.0
 * @category models
 */
export const SubmitToolOutputsRunRequest = Schema.Struct({
  tool_outputs: Schema.Array(Schema.Struct({
    tool_call_id: Schema.optional(
      Schema.String.pipe(described("The ID of the call, from the run's `required_action`."))
    ),
    output: Schema.optional(Schema.String.pipe(described("What the function answered.")))
  })).pipe(described("The outputs, one a call.")),
  stream
}).annotations({
  identifier: "SubmitToolOutputsRunRequest",
  description: "The outputs of the functions that the model asked for."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SubmitToolOutputsRunRequest extends Schema.Schema.Type<typeof SubmitToolOutputsRunRequest> {}

/**
 * A page of runs.
 *
 * @since 0.1.0
 * @category models
 */
export const ListRunsResponse = Pagination.page(Run).annotations({
  identifier: "ListRunsResponse",
  description: "A page of runs."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListRunsResponse extends Schema.Schema.Type<typeof ListRunsResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const events = Endpoint.namedEvents(AssistantStream.AssistantStreamEvent)

/**
 * List runs.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listRuns",
  summary: "List runs",
  description: "Answers a page of a thread's runs.",
  method: "GET",
  path: "/threads/{thread_id}/runs",
  parameters: { thread_id: ThreadId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListRunsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Create run.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createRun",
  summary: "Create run",
  description: "Sets an assistant to work on a thread, and locks the thread until the run has ended.",
  method: "POST",
  path: "/threads/{thread_id}/runs",
  parameters: { thread_id: ThreadId },
  body: Endpoint.json(CreateRunRequest),
  success: Endpoint.json(Run),
  events,
  family: "assistants"
})

/**
 * Retrieve run.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getRun",
  summary: "Retrieve run",
  description: "Answers one run.",
  method: "GET",
  path: "/threads/{thread_id}/runs/{run_id}",
  parameters: { thread_id: ThreadId, run_id: RunId },
  success: Endpoint.json(Run),
  family: "assistants"
})

/**
 * Modify run.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyRun",
  summary: "Modify run",
  description: "Changes the metadata and answers the whole run.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}",
  parameters: { thread_id: ThreadId, run_id: RunId },
  body: Endpoint.json(ModifyRunRequest),
  success: Endpoint.json(Run),
  family: "assistants",
  replayable: true
})

/**
 * Submit tool outputs to run. The documented `operationId` is misspelt.
 *
 * @since 0.1.0
 * @category operations
 */
export const submitToolOutputs = Endpoint.make({
  name: "submitToolOuputsToRun",
  summary: "Submit tool outputs to run",
  description: "Hands a run with the status `requires_action` what its functions answered, and lets it go on.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
  parameters: { thread_id: ThreadId, run_id: RunId },
  body: Endpoint.json(SubmitToolOutputsRunRequest),
  success: Endpoint.json(Run),
  events,
  family: "assistants"
})

/**
 * Cancel run.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel = Endpoint.make({
  name: "cancelRun",
  summary: "Cancel run",
  description: "Asks a run to end. It answers with the status `cancelling` and becomes `cancelled` later.",
  method: "POST",
  path: "/threads/{thread_id}/runs/{run_id}/cancel",
  parameters: { thread_id: ThreadId, run_id: RunId },
  success: Endpoint.json(Run),
  family: "assistants",
  replayable: true
})

/**
 * Create thread and run.
 *
 * @since 0.1.0
 * @category operations
 */
export const createThreadAndRun = Endpoint.make({
  name: "createThreadAndRun",
  summary: "Create thread and run",
  description: "Creates a thread and sets an assistant to work on it, in one request.",
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
