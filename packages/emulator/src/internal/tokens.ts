import type { Prompt } from "../Model.js"
import type { Service } from "../Tokenizer.js"

/** What the emulator counts as tokens: words with the space before them, and signs. Joined they are the text again. */
export const tokens = (text: string): ReadonlyArray<string> =>
  text.match(/\s*(?:[\p{L}\p{N}]+|[^\s\p{L}\p{N}])|\s+/gu) ?? []

export const count = (text: string): number => tokens(text).length

const maxPieces = 100

/** A text in the pieces that a stream has: its tokens, or as many of them at a time as make a hundred pieces. */
export const pieces = (text: string): ReadonlyArray<string> => {
  const all = tokens(text)
  const size = Math.ceil(all.length / maxPieces)
  return Array.from(
    { length: Math.min(all.length, Math.ceil(all.length / size)) },
    (_, index) => all.slice(index * size, (index + 1) * size).join("")
  )
}

/** How many tokens the model reads. */
export const promptTokens = (
  { count, perMessage, perReply }: Service,
  { instructions, messages, model, toolCalls }: Pick<Prompt, "instructions" | "messages" | "model" | "toolCalls">
): number =>
  [
    ...(instructions === "" ? [] : [instructions]),
    ...messages.map(({ content }) => content),
    ...toolCalls.map((call) => call.type === "function" ? call.function.output ?? "" : "")
  ].reduce((sum, text) => sum + count(text, model) + perMessage, perReply)

/** Tokens at the end of a text may become others when it continues. */
const slack = 8

/**
 * Cuts a text that comes in pieces after a number of tokens. `take` returns what is left of a piece. The entire text is
 * tokenized only near the limit.
 */
export const cutter = ({ count, tokenize }: Service, model: string, max: number) => {
  let text = ""
  let used = 0
  let isCut = false
  return {
    isCut: () => isCut,
    take: (piece: string): string => {
      if (isCut || max === Infinity) return isCut ? "" : piece
      const start = text.length
      text += piece
      used += count(piece, model)
      if (used + slack <= max) return piece
      const all = tokenize(text, model)
      used = all.length
      if (used <= max) return piece
      isCut = true
      return all.slice(0, Math.max(0, max)).join("").slice(start)
    }
  }
}
