import type { Prompt } from "../../Model.js"
import type { Service } from "../../Tokenizer.js"
import { promptTokens } from "../tokens.js"

/** How many tokens a model reads, by the beginning of its name; the first that fits counts. */
const windows: ReadonlyArray<readonly [prefix: string, tokens: number]> = [
  ["gpt-4-32k", 32_768],
  ["gpt-4-turbo", 128_000],
  ["gpt-4-1106", 128_000],
  ["gpt-4-0125", 128_000],
  ["gpt-4-vision", 128_000],
  ["gpt-4o", 128_000],
  ["gpt-4", 8_192],
  ["gpt-3.5-turbo-0301", 4_096],
  ["gpt-3.5-turbo-0613", 4_096],
  ["gpt-3.5-turbo", 16_385]
]

const otherwise = 128_000

const windowOf = (model: string): number => windows.find(([prefix]) => model.startsWith(prefix))?.[1] ?? otherwise

/** A prompt without the oldest messages that the model has no room for. The last one stays in any case. */
export const withinWindow = <P extends Prompt>(tokenizer: Service, prompt: P): P => {
  const window = windowOf(prompt.model)
  let read = promptTokens(tokenizer, prompt)
  let dropped = 0
  for (; read > window && dropped < prompt.messages.length - 1; dropped++) {
    read -= tokenizer.count(prompt.messages[dropped]!.content, prompt.model) + tokenizer.perMessage
  }
  return dropped === 0 ? prompt : { ...prompt, messages: prompt.messages.slice(dropped) }
}
