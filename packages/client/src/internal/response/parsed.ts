import type { CreateChatCompletionResponse } from "@effect-openai/core/ChatCompletions"
import * as JsonSchema from "@effect-openai/core/JsonSchema"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ParseOptions } from "../../ChatCompletions.js"
import type { Response } from "../../OpenAiClient.js"
import type { Redact } from "../secrets.js"
import { describeIssue, shorten } from "./issue.js"

const operation = "createChatCompletion"

/** Returns the `response_format` of a Schema. */
export const responseFormatOf = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  { name = "response", ...options }: ParseOptions
): Effect.Effect<ReturnType<typeof JsonSchema.responseFormat>, OpenAiError.InvalidRequestError> =>
  Effect.try({
    try: () => JsonSchema.responseFormat(name, schema, options),
    catch: (cause) =>
      new OpenAiError.InvalidRequestError({
        operation,
        field: "response_format",
        message: `The Schema has no JSON Schema: ${shorten(cause instanceof Error ? cause.message : String(cause))}`
      })
  })

/** The text of a message, which some servers send in parts. */
const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
    ? content.map((part) => typeof part?.text === "string" ? part.text : "").join("")
    : ""

/** Decodes the content of the first choice. */
export const valueOf = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  completion: CreateChatCompletionResponse,
  response: Response | undefined,
  redact: Redact
): Effect.Effect<A, OpenAiError.RefusalError | OpenAiError.InvalidResponseError, R> => {
  const [choice] = completion.choices
  const refusal = choice?.message.refusal
  if (refusal || choice?.finish_reason === "content_filter") {
    return new OpenAiError.RefusalError({
      operation,
      requestId: response?.requestId,
      message: redact(refusal || "The content filter removed the response")
    })
  }
  return Effect.mapError(
    Schema.decode(Schema.parseJson(schema))(textOf(choice?.message.content)),
    ({ issue }) => {
      const { field, message } = describeIssue(issue, redact)
      return new OpenAiError.InvalidResponseError({
        operation,
        status: response?.status ?? 200,
        requestId: response?.requestId,
        field: ["choices[0].message.content", field].filter(Boolean).join("."),
        message: choice?.finish_reason === "length" ? `The response was cut at max_tokens: ${message}` : message
      })
    }
  )
}
