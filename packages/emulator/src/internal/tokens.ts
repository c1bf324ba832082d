import type { Prompt } from "../Model.js"

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
  { instructions, messages, toolCalls }: Pick<Prompt, "instructions" | "messages" | "toolCalls">
): number =>
  [
    instructions,
    ...messages.map(({ content }) => content),
    ...toolCalls.map((call) => call.type === "function" ? call.function.output ?? "" : "")
  ].reduce((sum, text) => sum + count(text), 0)
