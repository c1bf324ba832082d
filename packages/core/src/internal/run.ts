import * as Schema from "effect/Schema"
import * as Assistants from "../Assistants.js"
import * as Common from "../Common.js"
import * as Tolerant from "../Tolerant.js"
import { described } from "./described.js"
import { Integer } from "./integer.js"
import { Metadata } from "./metadata.js"

// What stream events and run steps need of runs stands apart from the operations, which need the stream events.

export const Tools = Schema.Array(Assistants.AssistantTool).pipe(Schema.maxItems(20))

const atLeast256 = Schema.NullOr(Integer.pipe(Schema.greaterThanOrEqualTo(256)))

export const MaxPromptTokens = atLeast256.pipe(described(
  "How many prompt tokens the whole run may use, 256 at the least; null for any number."
))

export const MaxCompletionTokens = atLeast256.pipe(described(
  "How many completion tokens the whole run may use, 256 at the least; null for any number."
))

const truncationType = described(
  "`auto` drops messages from the middle until the rest fits; `last_messages` keeps only the newest."
)

const lastMessages = described("How many of the newest messages are kept, 1 at the least.")

export const TruncationStrategy = Schema.Struct({
  type: Schema.Literal("auto", "last_messages").pipe(truncationType),
  last_messages: Schema.optional(Schema.NullOr(Integer.pipe(Schema.greaterThanOrEqualTo(1))).pipe(lastMessages))
}).annotations({
  identifier: "TruncationObject",
  title: "Truncation strategy",
  description: "How much of a thread the model sees."
})

export interface TruncationStrategy extends Schema.Schema.Type<typeof TruncationStrategy> {}

export const truncationStrategy = described("How much of the thread the model sees.")

const functionToCall = Schema.Struct({ name: Schema.String.pipe(described("The function's name.")) }).pipe(
  described("The function to call, where the type is `function`.")
)

export const NamedToolChoice = Schema.Struct({
  type: Schema.Literal("function", "code_interpreter", "retrieval").pipe(described("The kind of tool.")),
  function: Schema.optional(functionToCall)
}).annotations({
  identifier: "AssistantsApiNamedToolChoice",
  title: "Named tool choice",
  description: "The tool that the model must use."
})

export interface NamedToolChoice extends Schema.Schema.Type<typeof NamedToolChoice> {}

export const ToolChoiceOption = Schema.Union(Schema.Literal("none", "auto"), NamedToolChoice).annotations({
  identifier: "AssistantsApiToolChoiceOption",
  description: "Which tool the model uses: `none`, `auto` for its own choice, or the one that is named."
})

export type ToolChoiceOption = Schema.Schema.Type<typeof ToolChoiceOption>

export const toolChoice = described(
  "Which tool the model uses: `none`, one that is named, or by `auto` its own choice."
)

export const RunToolCall = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the call, by which its output is submitted.")),
  type: Schema.Literal("function").pipe(described("The kind of tool, `function`.")),
  function: Schema.Struct({
    name: Schema.String.pipe(described("The function's name.")),
    arguments: Schema.String.pipe(described("The arguments as JSON, as the model wrote it."))
  }).pipe(described("The function to run, and what with."))
}).annotations({
  identifier: "RunToolCallObject",
  title: "Run tool call",
  description: "A function that the model asks the caller to run."
})

export interface RunToolCall extends Schema.Schema.Type<typeof RunToolCall> {}

const SubmitToolOutputs = Schema.Struct({
  type: Schema.Literal("submit_tool_outputs").pipe(described("The kind of action, `submit_tool_outputs`.")),
  submit_tool_outputs: Schema.Struct({
    tool_calls: Schema.Array(Tolerant.union("type", RunToolCall)).pipe(described("The calls whose outputs are wanted."))
  }).pipe(described("What is to be submitted."))
})

const tokens = (kind: string) => Tolerant.unlimited(Integer.pipe(described(`How many ${kind} were used.`)))

export const RunUsage = Schema.Struct({
  completion_tokens: tokens("completion tokens"),
  prompt_tokens: tokens("prompt tokens"),
  total_tokens: tokens("tokens of both kinds")
}).annotations({
  identifier: "RunCompletionUsage",
  title: "Run usage",
  description: "How many tokens a run used."
})

export interface RunUsage extends Schema.Schema.Type<typeof RunUsage> {}

export const Run = Schema.Struct({
  id: Schema.String.pipe(described("The run's ID.")),
  object: Schema.Literal("thread.run").pipe(described("The object type, always `thread.run`.")),
  created_at: Common.timestamp("When the run was created, as a Unix time in seconds."),
  thread_id: Schema.String.pipe(described("The ID of the thread that the run works on.")),
  assistant_id: Schema.String.pipe(described("The ID of the assistant that the run is of.")),
  status: Tolerant.literals(
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "expired"
  ).pipe(described("How far the run is.")),
  required_action: Tolerant.optional(
    Schema.NullOr(Tolerant.union("type", SubmitToolOutputs)).pipe(
      described("What the caller must do for the run to go on; null where that is nothing.")
    )
  ),
  last_error: Schema.NullOr(Schema.Struct({
    code: Tolerant.literals("server_error", "rate_limit_exceeded", "invalid_prompt").pipe(
      described("What kind of error it was.")
    ),
    message: Schema.String.pipe(described("What went wrong, for people."))
  })).pipe(described("The run's last error; null where there was none.")),
  expires_at: Common.nullableTimestamp("When the run expires, as a Unix time in seconds; null once it is completed."),
  started_at: Common.nullableTimestamp("When the run was started, as a Unix time in seconds; null before."),
  cancelled_at: Common.nullableTimestamp(
    "When the run was cancelled, as a Unix time in seconds; null where it was not."
  ),
  failed_at: Common.nullableTimestamp("When the run failed, as a Unix time in seconds; null where it did not."),
  completed_at: Common.nullableTimestamp(
    "When the run was completed, as a Unix time in seconds; null where it was not."
  ),
  incomplete_details: Tolerant.optional(
    Schema.NullOr(Schema.Struct({
      reason: Schema.optional(
        Tolerant.literals("max_completion_tokens", "max_prompt_tokens").pipe(described("The limit that was reached."))
      )
    })).pipe(described("Which limit of tokens ended the run; null where none did."))
  ),
  model: Schema.String.pipe(described("The ID of the model that the run uses.")),
  instructions: Schema.NullOr(Schema.String).pipe(
    described("The instructions that the run follows; null where there are none.")
  ),
  tools: Tolerant.documentedAs(
    Assistants.Assistant.fields.tools,
    Tools.pipe(described("The tools that the run may use, 20 at the most.", { default: [] }))
  ),
  file_ids: Schema.Array(Schema.String).pipe(
    described("The IDs of the assistant's files that the run may use.", { default: [] })
  ),
  metadata: Tolerant.unlimited(Metadata),
  usage: Schema.NullOr(RunUsage).pipe(described("How many tokens the run used; null until it has ended.")),
  temperature: Schema.optional(
    Schema.NullOr(Schema.Number).pipe(described("The sampling temperature that the run uses.", { default: 1 }))
  ),
  top_p: Schema.optional(
    Schema.NullOr(Schema.Number).pipe(
      described("The probability mass of tokens that the run samples from.", { default: 1 })
    )
  ),
  max_prompt_tokens: Tolerant.optional(Tolerant.unlimited(MaxPromptTokens)),
  max_completion_tokens: Tolerant.optional(Tolerant.unlimited(MaxCompletionTokens)),
  truncation_strategy: Tolerant.optional(
    Schema.NullOr(Tolerant.documentedAs(
      Schema.Struct({
        type: Tolerant.literals("auto", "last_messages"),
        last_messages: Schema.optional(Schema.NullOr(Schema.Number))
      }),
      TruncationStrategy
    )).pipe(truncationStrategy)
  ),
  tool_choice: Tolerant.optional(
    Schema.NullOr(Tolerant.documentedAs(
      Schema.Union(
        Tolerant.literals("none", "auto"),
        Schema.Struct({
          type: Tolerant.literals("function", "code_interpreter", "retrieval"),
          function: Schema.optional(functionToCall)
        })
      ),
      ToolChoiceOption
    )).pipe(toolChoice)
  ),
  response_format: Tolerant.optional(Assistants.Assistant.fields.response_format.from)
}).annotations({
  identifier: "RunObject",
  title: "Run",
  description: "An assistant at work on a thread."
})

export interface Run extends Schema.Schema.Type<typeof Run> {}
