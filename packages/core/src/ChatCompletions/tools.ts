/**
 * The tools of chat completions, the choice among them, and their calls.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "../Common.js"
import * as internal from "../internal/chatCompletions.js"
import { described } from "../internal/described.js"
import * as Field from "../internal/field.js"
import * as Struct from "../Struct.js"
import * as Tolerant from "../Tolerant.js"

/**
 * @since 0.1.0
 * @category models
 */
export const Tool = Struct.make({
  type: Field.kind("tool", "function"),
  function: Common.FunctionObject
}).annotations({
  identifier: "ChatCompletionTool",
  description: "A function that the model may call."
})

export interface Tool extends Schema.Schema.Type<typeof Tool> {}

/**
 * @since 0.1.0
 * @category models
 */
export const NamedToolChoice = Struct.make({
  type: Field.kind("tool", "function"),
  function: Struct.make({
    name: Field.string("The name of the function to call.")
  }).pipe(described("The function to call."))
}).annotations({
  identifier: "ChatCompletionNamedToolChoice",
  description: "The tool that the model must call."
})

export interface NamedToolChoice extends Schema.Schema.Type<typeof NamedToolChoice> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ToolChoice = Schema.Union(Schema.Literal("none", "auto", "required"), NamedToolChoice).annotations({
  identifier: "ChatCompletionToolChoiceOption",
  description:
    "Default: `auto` if there are tools, otherwise `none`. Which tools the model calls: `none`, any (`auto`), at least " +
    "one (`required`), or the named one."
})

export type ToolChoice = Schema.Schema.Type<typeof ToolChoice>

/**
 * Deprecated: use {@link NamedToolChoice}.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionCallOption = Struct.make({
  name: Field.string("The name of the function to call.")
}).annotations({
  identifier: "ChatCompletionFunctionCallOption",
  description: "The function that the model must call."
})

export interface FunctionCallOption extends Schema.Schema.Type<typeof FunctionCallOption> {}

const { description, name, parameters } = Common.FunctionObject.fields

/**
 * Deprecated: use {@link Tool}.
 *
 * @since 0.1.0
 * @category models
 */
export const Functions = Struct.make({ name, description, parameters }).annotations({
  identifier: "ChatCompletionFunctions",
  description: "A function that the model may call.",
  jsonSchema: { deprecated: true }
})

export interface Functions extends Schema.Schema.Type<typeof Functions> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ToolCall = Struct.make({
  id: Schema.String.pipe(internal.toolCallId),
  type: Field.kind("tool", "function"),
  function: Struct.make(internal.functionCall).pipe(described("The function to call."))
}).annotations({
  identifier: "ChatCompletionMessageToolCall",
  description: "A tool call of the model."
})

export interface ToolCall extends Schema.Schema.Type<typeof ToolCall> {}

/**
 * A {@link ToolCall} as servers send it.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseToolCall = Tolerant.struct({
  type: ToolCall.fields.type,
  function: internal.ResponseFunctionCall.pipe(described("The function to call."))
}, { id: ToolCall.fields.id }).annotations({
  identifier: "ChatCompletionMessageToolCall",
  description: "A tool call of the model."
})

export interface ResponseToolCall extends Schema.Schema.Type<typeof ResponseToolCall> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ToolCalls = Schema.Array(ToolCall).annotations({
  identifier: "ChatCompletionMessageToolCalls",
  description: "The tool calls of the model."
})

export type ToolCalls = Schema.Schema.Type<typeof ToolCalls>
