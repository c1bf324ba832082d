import type * as Store from "../../Store.js"
import type { UsageKind } from "./documents.js"

// What usage costs. There is no rounding, so costs add up to those of their calls.

/** Dollars for a million tokens, and for other units. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** The prices of 2024, by the beginning of a model's name. */
export const prices: { readonly [model: string]: Price } = {
  "gpt-4o": { input: 2.5, output: 10 },
  "gpt-4o-mini": { input: 0.15, output: 0.6 },
  "gpt-4-turbo": { input: 10, output: 30 },
  "gpt-4": { input: 30, output: 60 },
  "gpt-3.5-turbo": { input: 0.5, output: 1.5 },
  "gpt-3.5-turbo-instruct": { input: 1.5, output: 2 },
  "ft:gpt-3.5-turbo": { input: 3, output: 6 },
  "davinci-002": { input: 2, output: 2 },
  "babbage-002": { input: 0.4, output: 0.4 },
  "text-embedding-ada-002": { input: 0.1, output: 0 },
  "text-embedding-3-small": { input: 0.02, output: 0 },
  "text-embedding-3-large": { input: 0.13, output: 0 }
}

/** Dollars for a unit of usage that is not tokens. */
const units = {
  images: 0.04,
  characters: 0.000_015,
  seconds: 0.0001,
  sessions: 0.03
} as const

const million = 1_000_000

const priceOf = (model: string, known: typeof prices): Price => {
  const names = Object.keys(known).filter((name) => model.startsWith(name))
  const longest = names.sort((one, other) => other.length - one.length)[0]
  return longest === undefined ? { input: 0, output: 0 } : known[longest]!
}

/** The kinds of usage that cost something. Moderations are free. */
export const billed = [
  "completions",
  "embeddings",
  "images",
  "audio_speeches",
  "audio_transcriptions",
  "code_interpreter_sessions"
] as const satisfies ReadonlyArray<UsageKind>

/** What is added up for costs. */
export const summed = ["input_tokens", "output_tokens", "images", "characters", "seconds", "sessions"] as const

/** The costs of a sum of usage by their line items. A batch costs half. */
export const lineItems = (
  kind: UsageKind,
  { by, sum }: Store.Sums,
  known: typeof prices
): ReadonlyArray<readonly [item: string, dollars: number]> => {
  const model = by["model"] === null ? kind.replaceAll("_", " ") : String(by["model"])
  const price = priceOf(model, known)
  const share = by["batch"] === true ? 0.5 : 1
  const items: ReadonlyArray<readonly [item: string, dollars: number]> = [
    [`${model}, input`, sum["input_tokens"]! * price.input / million],
    [`${model}, output`, sum["output_tokens"]! * price.output / million],
    ...Object.entries(units).map(([unit, dollars]) => [`${model}, ${unit}`, sum[unit]! * dollars] as const)
  ]
  return items.filter(([, dollars]) => dollars > 0).map(([item, dollars]) => [item, dollars * share])
}
