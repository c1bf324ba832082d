/**
 * `Tokenizer` of `@effect/ai`, by the package `gpt-tokenizer`.
 *
 * @since 0.1.0
 */
import * as AiError from "@effect/ai/AiError"
import type * as Prompt from "@effect/ai/Prompt"
import * as Tokenizer from "@effect/ai/Tokenizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * The encodings of OpenAI's chat models.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "o200k_base" | "cl100k_base"

/**
 * Options of a tokenizer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The ID of the model. */
  readonly model: string
  /**
   * Default: `cl100k_base` for `gpt-3.5` and `gpt-4`, `o200k_base` for all later models. The counts of models of other companies
   * are estimates.
   */
  readonly encoding?: Encoding | undefined
}

interface ChatMessage {
  readonly role: "assistant" | "system" | "user"
  readonly content: string
}

const encodingOf = (model: string): Encoding => /^gpt-(3\.5|4(?![o.]))/.test(model) ? "cl100k_base" : "o200k_base"

const error = (description: string, cause: unknown) =>
  new AiError.UnknownError({ module: "OpenAiTokenizer", method: "tokenize", description, cause })

const missing = (cause: unknown) => {
  throw error("The package gpt-tokenizer is missing. Run: npm install gpt-tokenizer@3", cause)
}

/**
 * The package has megabytes of tables, so it is loaded by the first call. With `.catch` in place, bundlers accept that it is
 * not installed.
 */
const load = (encoding: Encoding) =>
  Effect.tryPromise({
    try: () =>
      encoding === "o200k_base"
        ? import("gpt-tokenizer/encoding/o200k_base").catch(missing)
        : import("gpt-tokenizer/encoding/cl100k_base").catch(missing),
    catch: (cause) => cause as AiError.UnknownError
  })

/** A message of a tool is tokens of the assistant. Files have no tokens that are known here. */
const chatOf = ({ content }: Prompt.Prompt): ReadonlyArray<ChatMessage> =>
  content.flatMap((message): ReadonlyArray<ChatMessage> => {
    if (message.role === "system") return [{ role: "system", content: message.content }]
    const role = message.role === "tool" ? "assistant" : message.role
    const parts: ReadonlyArray<Prompt.Part> = message.content
    return parts.flatMap((part) => {
      switch (part.type) {
        case "text":
        case "reasoning":
          return [{ role, content: part.text }]
        case "tool-call":
          return [{ role, content: JSON.stringify(part.params) ?? "" }]
        case "tool-result":
          return [{ role, content: JSON.stringify(part.result) ?? "" }]
        case "file":
          return []
      }
    })
  })

/**
 * Makes a tokenizer. Texts such as `<|endoftext|>` are text. Fails with `UnknownError` where the package `gpt-tokenizer` is not
 * installed, and where a call or a result is not JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ model, encoding = encodingOf(model) }: Options): Tokenizer.Service =>
  Tokenizer.make({
    tokenize: (prompt) =>
      Effect.flatMap(load(encoding), ({ encodeChat }) =>
        Effect.try({
          try: () =>
            encodeChat(
              chatOf(prompt),
              model.startsWith("gpt-3.5") ? "gpt-3.5-turbo" : encoding === "cl100k_base" ? "gpt-4" : "gpt-4o",
              { disallowedSpecial: new Set<string>() }
            ),
          catch: (cause) => error("The prompt can't be tokenized", cause)
        }))
  })

/**
 * A tokenizer as a layer.
 *
 * @example
 * import { OpenAiTokenizer } from "@effect-openai/ai"
 * import { Tokenizer } from "@effect/ai"
 * import { Effect } from "effect"
 *
 * const count = Effect.flatMap(Tokenizer.Tokenizer, ({ tokenize }) => tokenize("How long is a day on Mars?")).pipe(
 *   Effect.map((tokens) => tokens.length),
 *   Effect.provide(OpenAiTokenizer.layer({ model: "gpt-4o" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Tokenizer.Tokenizer> =>
  Layer.succeed(Tokenizer.Tokenizer, make(options))
