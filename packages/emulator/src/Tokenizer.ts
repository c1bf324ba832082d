/**
 * How the emulator counts tokens: by words and signs, or by the tokens of OpenAI's models.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import { count, tokens } from "./internal/tokens.js"

/**
 * Splits texts into tokens. `GptTokenizer.layer` has those of OpenAI's models.
 *
 * @since 3.0.0
 * @category models
 */
export interface Service {
  /**
   * The texts of the tokens of a text. Joined they are the text again: where a token ends within a character, its text is
   * empty, and the token that completes the character has it.
   */
  readonly tokenize: (text: string, model: string) => ReadonlyArray<string>
  /** The number of tokens of a text. */
  readonly count: (text: string, model: string) => number
  /** The number of tokens of each message of a prompt besides those of its text: its role and its marks. */
  readonly perMessage: number
  /** The number of tokens at the end of a prompt that begin the reply. */
  readonly perReply: number
}

/**
 * The tokenizer of an emulator, which the option `tokenizer` provides. Default: a token is a word with the blanks before it, or
 * a sign.
 *
 * @example
 * import { Emulator, Tokenizer } from "@effect-openai/emulator"
 * import { Layer } from "effect"
 *
 * // A character is a token.
 * const tokenizer = Layer.succeed(Tokenizer.Tokenizer, {
 *   tokenize: (text) => [...text],
 *   count: (text) => [...text].length,
 *   perMessage: 0,
 *   perReply: 0
 * })
 * const OpenAiTest = Emulator.layer({ tokenizer })
 *
 * @since 3.0.0
 * @category tags
 */
export class Tokenizer extends Context.Reference<Tokenizer>()("@effect-openai/emulator/Tokenizer", {
  defaultValue: (): Service => ({ tokenize: tokens, count, perMessage: 0, perReply: 0 })
}) {}
