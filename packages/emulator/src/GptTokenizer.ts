/**
 * The tokens of OpenAI's models, by the package `gpt-tokenizer`.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Service, Tokenizer } from "./Tokenizer.js"

/**
 * The package `gpt-tokenizer` can't be loaded.
 *
 * @since 3.0.0
 * @category errors
 */
export class GptTokenizerError extends Data.TaggedError("GptTokenizerError")<{
  readonly message: string
  readonly cause: unknown
}> {}

/** What this module uses of an encoding. */
interface Encoding {
  readonly encode: (text: string, options: { readonly disallowedSpecial: Set<string> }) => ReadonlyArray<number>
  readonly countTokens: (text: string, options: { readonly disallowedSpecial: Set<string> }) => number
  readonly decodeGenerator: (tokens: Iterable<number>) => Iterable<string>
}

/** Texts such as `<|endoftext|>` are text. */
const options = { disallowedSpecial: new Set<string>() }

const tokenize = ({ decodeGenerator, encode }: Encoding, text: string): ReadonlyArray<string> => {
  const all = encode(text, options)
  const texts: Array<string> = []
  let read = 0
  const reading = function*() {
    for (const token of all) {
      read++
      yield token
    }
  }
  for (const part of decodeGenerator(reading())) {
    // Tokens that end within a character have no text.
    while (texts.length < read - 1) texts.push("")
    texts.push(part)
  }
  while (texts.length < all.length) texts.push("")
  return texts
}

const usesCl100k = (model: string): boolean =>
  /^(?:ft:)?(?:gpt-3\.5|gpt-4(?![o.])|text-embedding|davinci-002|babbage-002)/.test(model)

const make = (cl100k: Encoding, o200k: Encoding): Service => {
  const encodingOf = (model: string) => usesCl100k(model) ? cl100k : o200k
  return {
    tokenize: (text, model) => tokenize(encodingOf(model), text),
    count: (text, model) => encodingOf(model).countTokens(text, options),
    perMessage: 4,
    perReply: 3
  }
}

/**
 * Counts tokens as OpenAI's models do: `cl100k_base` for `gpt-3.5`, `gpt-4` and embeddings, `o200k_base` for all other models.
 * The counts of models of other companies are estimates. A message of a prompt takes 4 tokens more than its text, and a prompt
 * 3 more. Declared tools and images count nothing: how they become tokens is not documented.
 *
 * Needs the package: `npm install gpt-tokenizer@3`. It is loaded when the layer is built, takes 60 MB of memory, and is not
 * loaded otherwise. Fails with `GptTokenizerError` where it is not installed.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as GptTokenizer from "@effect-openai/emulator/GptTokenizer"
 *
 * const OpenAiTest = Emulator.layer({ tokenizer: GptTokenizer.layer })
 *
 * @since 3.0.0
 * @category layers
 */
export const layer: Layer.Layer<Tokenizer, GptTokenizerError> = Layer.effect(
  Tokenizer,
  Effect.map(
    Effect.tryPromise({
      // With `.catch` in place, bundlers accept that the package is not installed.
      try: () =>
        Promise.all([
          import("gpt-tokenizer/encoding/cl100k_base").catch((cause: unknown) => Promise.reject(cause)),
          import("gpt-tokenizer/encoding/o200k_base").catch((cause: unknown) => Promise.reject(cause))
        ]),
      catch: (cause) =>
        new GptTokenizerError({
          message: "The package gpt-tokenizer can't be loaded. Run: npm install gpt-tokenizer@3",
          cause
        })
    }),
    ([cl100k, o200k]) => make(cl100k, o200k)
  )
)
