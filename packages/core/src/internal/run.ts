import * as Schema from "effect/Schema"
import * as Assistants from "../Assistants.js"
import * as Struct from "../Struct.js"
import * as Tolerant from "../Tolerant.js"
import { described } from "./described.js"
import * as Field from "./field.js"
import { Metadata } from "./metadata.js"

// The models of runs that stream events and run steps use. They are not in `Runs.ts`, which uses the stream events.

export const Tools = Schema.Array(Assistants.AssistantTool).pipe(Schema.maxItems(20))

const atLeast256 = Schema.NullOr(Field.Integer.pipe(Schema.greaterThanOrEqualTo(256)))

export const MaxPromptTokens = atLeast256.pipe(described(
  "The maximum number of prompt tokens that the run uses, at least 256. Null: unlimited."
))

export const MaxCompletionTokens = atLeast256.pipe(described(
  "The maximum number of completion tokens that the run uses, at least 256. Null: unlimited."
))

const truncationType = described(
  "`auto` drops messages from the middle until the rest fits. `last_messages` keeps only the newest messages."
)

const lastMessages = described("The number of newest messages to keep, at least 1.")

export const TruncationStrategy = Struct.make({
  type: Schema.Literal("auto", "last_messages").pipe(truncationType),
  last_messages: Schema.optional(Schema.NullOr(Field.Integer.pipe(Schema.greaterThanOrEqualTo(1))).pipe(lastMessages))
}).annotations({
  identifier: "TruncationObject",
  title: "Truncation strategy",
  description: "Which messages of a thread the model receives."
})

export interface TruncationStrategy extends Schema.Schema.Type<typeof TruncationStrategy> {}

export const truncationStrategy = described("Which messages of the thread the model receives.")

const functionToCallText = described("The function to call, if the type is `function`.")

const functionToCall = Struct.make({ name: Field.string("The function's name.") }).pipe(functionToCallText)

export const NamedToolChoice = Struct.make({
  type: Schema.Literal("function", "code_interpreter", "retrieval").pipe(described("The type of the tool.")),
  function: Schema.optional(functionToCall)
}).annotations({
  identifier: "AssistantsApiNamedToolChoice",
  title: "Named tool choice",
  description: "The tool that the model must use."
})

export interface NamedToolChoice extends Schema.Schema.Type<typeof NamedToolChoice> {}

export const ToolChoiceOption = Schema.Union(Schema.Literal("none", "auto"), NamedToolChoice).annotations({
  identifier: "AssistantsApiToolChoiceOption",
  description: "Which tool the model uses: `none`, the named one, or any with `auto`."
})

export type ToolChoiceOption = Schema.Schema.Type<typeof ToolChoiceOption>

export const toolChoice = described(
  "Which tool the model uses: `none`, the named one, or any with `auto`."
)

export const RunToolCall = Tolerant.struct({
  id: Field.string("The ID of the call. Its output is submitted with this ID."),
  type: Field.kind("tool", "function"),
  function: Tolerant.struct({
    name: Field.string("The function's name."),
    arguments: Field.toolArguments("The arguments as JSON, as the model wrote them.")
  }, {}).pipe(described("The function to run and its arguments."))
}, {}).annotations({
  identifier: "RunToolCallObject",
  title: "Run tool call",
  description: "A function call that the model requests from the caller."
})

export interface RunToolCall extends Schema.Schema.Type<typeof RunToolCall> {}

const SubmitToolOutputs = Tolerant.struct({
  type: Field.kind("action", "submit_tool_outputs"),
  submit_tool_outputs: Tolerant.struct({
    tool_calls: Schema.Array(Tolerant.union("type", RunToolCall)).pipe(
      described("The calls whose outputs are required.")
    )
  }, {}).pipe(described("What the caller must submit."))
}, {})

export const RunUsage = Tolerant.struct({}, {
  completion_tokens: Field.integer("The number of completion tokens."),
  prompt_tokens: Field.integer("The number of prompt tokens."),
  total_tokens: Field.integer("The number of prompt and completion tokens.")
}).annotations({
  identifier: "RunCompletionUsage",
  title: "Run usage",
  description: "The token usage of a run."
})

export interface RunUsage extends Schema.Schema.Type<typeof RunUsage> {}

/** The field `last_error` of runs and their steps. */
export const lastError = <const Codes extends readonly [string, ...ReadonlyArray<string>]>(
  of: string,
  ...codes: Codes
) =>
  Schema.NullOr(Tolerant.struct({}, {
    code: Schema.Literal(...codes).pipe(described("The code of the error.")),
    message: Field.string("A description of the error.")
  })).pipe(described(`The last error of the ${of}; null if there was none.`))

const Status = Schema.Literal(
  "queued",
  "in_progress",
  "requires_action",
  "cancelling",
  "cancelled",
  "failed",
  "completed",
  "expired"
)

export const Run = Tolerant.struct({
  id: Field.string("The run's ID.")
}, {
  object: Field.objectType("thread.run"),
  created_at: Field.timestamp("the run was created"),
  thread_id: Field.string("The ID of the run's thread."),
  assistant_id: Field.string("The ID of the run's assistant."),
  status: Tolerant.documentedAs(Schema.Literal(...Status.literals, "incomplete"), Status).pipe(
    described("The status of the run.")
  ),
  required_action: Schema.NullOr(Tolerant.union("type", SubmitToolOutputs)).pipe(
    described("What the caller must do before the run continues; null if nothing.")
  ),
  last_error: lastError("run", "server_error", "rate_limit_exceeded", "invalid_prompt"),
  expires_at: Field.nullableTimestamp("the run expires", "null after it was completed"),
  started_at: Field.nullableTimestamp("the run started"),
  cancelled_at: Field.nullableTimestamp("the run was cancelled"),
  failed_at: Field.nullableTimestamp("the run failed"),
  completed_at: Field.nullableTimestamp("the run was completed"),
  incomplete_details: Schema.NullOr(Tolerant.struct({}, {
    reason: Schema.optional(
      Schema.Literal("max_completion_tokens", "max_prompt_tokens").pipe(
        described("The token limit that the run reached.")
      )
    )
  })).pipe(described("Why the run is incomplete; null otherwise.")),
  model: Field.string("The ID of the model that the run uses."),
  instructions: Field.nullableString("The instructions of the run; null without any."),
  tools: Tolerant.documentedAs(
    Assistants.Assistant.fields.tools.from,
    Tools.pipe(described("The tools that the run may use, at most 20.", { default: [] }))
  ),
  file_ids: Schema.Array(Schema.String).pipe(
    described("The IDs of the assistant's files that the run may use.", { default: [] })
  ),
  metadata: Metadata,
  usage: Schema.NullOr(RunUsage).pipe(described("The token usage of the run; null until it has ended.")),
  temperature: Schema.optional(
    Schema.NullOr(Schema.Number).pipe(described("The sampling temperature of the run.", { default: 1 }))
  ),
  top_p: Schema.optional(
    Schema.NullOr(Schema.Number).pipe(
      described("The nucleus sampling of the run.", { default: 1 })
    )
  ),
  max_prompt_tokens: MaxPromptTokens,
  max_completion_tokens: MaxCompletionTokens,
  truncation_strategy: Schema.NullOr(
    Tolerant.documentedAs(Tolerant.struct({}, TruncationStrategy.fields), TruncationStrategy)
  ).pipe(truncationStrategy),
  tool_choice: Schema.NullOr(Tolerant.documentedAs(
    Schema.Union(
      Schema.Literal("none", "auto"),
      Tolerant.struct({}, {
        type: NamedToolChoice.fields.type,
        function: Schema.optional(Tolerant.struct({}, functionToCall.fields).pipe(functionToCallText))
      })
    ),
    ToolChoiceOption
  )).pipe(toolChoice),
  response_format: Assistants.Assistant.fields.response_format.from
}).annotations({
  identifier: "RunObject",
  title: "Run",
  description: "An execution of an assistant on a thread."
})

export interface Run extends Schema.Schema.Type<typeof Run> {}
