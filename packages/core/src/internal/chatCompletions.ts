import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Tolerant from "../Tolerant.js"
import { envelope as completion } from "./completion.js"
import { described } from "./described.js"
import * as Field from "./field.js"

// What the modules of `ChatCompletions` share.

export const content = <Part>(part: Schema.Schema<Part>) =>
  Schema.Union(Schema.String, Schema.Array(part).pipe(Schema.minItems(1)))

const argumentsText = "The arguments as the model wrote them. They can be invalid JSON, or not fit the parameters."

export const functionCall = {
  name: Field.string("The name of the function to call."),
  arguments: Field.string(argumentsText)
}

export const toolCallId = described("The ID of the call. Its output is sent with this ID.")

/** A function call in a response. */
export const ResponseFunctionCall = Tolerant.struct({
  name: functionCall.name,
  arguments: Field.toolArguments(argumentsText)
}, {})

const textOf = (part: unknown): string =>
  Predicate.hasProperty(part, "text") && typeof part.text === "string" ? part.text : ""

/** The content of a message in a response. Some servers send a list of parts, of which this is the text. */
export const receivedContent = (description: string) =>
  Tolerant.coerced(
    Field.nullableString(description),
    (value) => Array.isArray(value) ? value.map(textOf).join("") : value,
    { keepAs: "content_parts" }
  )

/** The parts of a content that a server sent as a list. */
export const contentParts = Tolerant.beside(
  Schema.Array(Schema.Unknown).pipe(described("The parts of the content, if the server sent a list. Not documented."))
)

const token = {
  logprob: Schema.Number.pipe(
    described("The token's log probability; `-9999.0` if it is not one of the 20 most likely.")
  ),
  bytes: Schema.NullOr(Schema.Array(Field.Integer)).pipe(
    described("The token's bytes in UTF-8, for characters that span tokens; null without any.")
  )
}

const tokenText = { token: Field.string("The token.") }

export const TokenLogprob = Tolerant.struct(tokenText, {
  ...token,
  top_logprobs: Schema.Array(Tolerant.struct(tokenText, token)).pipe(
    described("The most likely tokens at this position. There can be fewer than requested.")
  )
}).annotations({
  identifier: "ChatCompletionTokenLogprob",
  description: "The log probability of a token and its alternatives."
})

export interface TokenLogprob extends Schema.Schema.Type<typeof TokenLogprob> {}

export const Logprobs = Schema.NullOr(Tolerant.struct({}, {
  content: Schema.NullOr(Schema.Array(TokenLogprob)).pipe(described("The tokens of the content.")),
  refusal: Schema.NullOr(Schema.Array(TokenLogprob)).pipe(described("The tokens of the refusal."))
})).pipe(described("The log probabilities of the choice's tokens; null if not requested."))

export const FinishReason = Schema.Literal("stop", "length", "tool_calls", "content_filter", "function_call").pipe(
  described(
    "Why the model stopped: `stop` at a natural end or a stop sequence, `length` at the maximum number of tokens, " +
      "`tool_calls` or `function_call` for calls, `content_filter` if content was omitted. Some servers also send " +
      "`stop` for calls."
  )
)

export const choiceIndex = Field.index("completion's choices")

/** The fields that a response and its chunks have in common. */
export const envelope = {
  ...completion,
  service_tier: Schema.optional(
    Schema.NullOr(Schema.Literal("scale", "default")).pipe(
      described("The tier that processed the request, if the request names one.")
    )
  )
}
