import type { ChatCompletions } from "@effect-openai/client"
import * as JsonSchema from "@effect-openai/client/JsonSchema"
import * as AiError from "@effect/ai/AiError"
import type * as LanguageModel from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"

type Request = Pick<ChatCompletions.CreateRequest, "tools" | "tool_choice" | "response_format">

const malformed = (method: string, description: string, cause?: unknown) =>
  new AiError.MalformedInput({ module: "OpenAiLanguageModel", method, description, cause })

/** Fails for a Schema without a JSON Schema. */
const jsonSchemaOf = (schema: Schema.Schema.Any, what: string) =>
  Effect.try({
    try: () => JsonSchema.fromSchema(schema),
    catch: (cause) =>
      malformed(
        what,
        `The Schema has no JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause
      )
  })

const toolOf = (
  tool: Tool.Any,
  strict: boolean
): Effect.Effect<ChatCompletions.Tool, AiError.AiError> => {
  if (!Tool.isUserDefined(tool)) {
    return malformed("toolkit", `Chat completions only have functions, not the tool ${tool.name} of a provider`)
  }
  const description = tool.description ?? Tool.getDescriptionFromSchemaAst(tool.parametersSchema.ast)
  return Effect.map(jsonSchemaOf(tool.parametersSchema, "toolkit"), (parameters) => ({
    type: "function",
    function: { name: tool.name, ...(description === undefined ? {} : { description }), parameters, strict }
  }))
}

const choiceOf = (choice: LanguageModel.ToolChoice<string>): ChatCompletions.ToolChoice => {
  if (typeof choice === "string") return choice
  return "tool" in choice ? { type: "function", function: { name: choice.tool } } : choice.mode ?? "auto"
}

/** Returns the tools and the choice of them. The options have only the tools of `oneOf`. */
export const tools = (
  { toolChoice, tools }: LanguageModel.ProviderOptions,
  strict: boolean
): Effect.Effect<Request, AiError.AiError> =>
  tools.length === 0
    ? Effect.succeed({})
    : Effect.map(Effect.forEach(tools, (tool) => toolOf(tool, strict)), (tools) => ({
      tools,
      tool_choice: choiceOf(toolChoice)
    }))

/** The API accepts letters, digits, `_` and `-`. Identifiers of Schemas have others. */
const nameOf = (objectName: string): string => objectName.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "response"

/** Returns the `response_format`, and the instructions of the model where the server does not receive the JSON Schema. */
export const responseFormat = (
  { responseFormat }: LanguageModel.ProviderOptions,
  { strict, structuredOutputs }: {
    readonly strict: boolean
    readonly structuredOutputs: "json_schema" | "json_object"
  }
): Effect.Effect<{ readonly fields: Request; readonly instructions?: string }, AiError.AiError> => {
  if (responseFormat.type === "text") return Effect.succeed({ fields: {} })
  const { objectName, schema } = responseFormat
  const description = Tool.getDescriptionFromSchemaAst(schema.ast)
  return Effect.map(jsonSchemaOf(schema, "schema"), (jsonSchema) =>
    structuredOutputs === "json_object"
      ? {
        fields: { response_format: { type: "json_object" } },
        instructions: `Respond only with JSON that fits this JSON Schema: ${JSON.stringify(jsonSchema)}`
      }
      : {
        fields: {
          response_format: {
            type: "json_schema",
            json_schema: {
              name: nameOf(objectName),
              ...(description === undefined ? {} : { description }),
              schema: jsonSchema,
              strict
            }
          }
        }
      })
}
