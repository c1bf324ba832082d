/** The scenarios: their amounts, and the expected counts of a contestant. */
import * as Payloads from "./payloads.js"

export const names = [
  "sequential",
  "concurrent",
  "pages",
  "pages/runFold",
  "pages/runForEachChunk",
  "stream",
  "stream/single",
  "embeddings",
  "embeddings/base64",
  "retry",
  "text",
  "text/stream",
  "million",
  "million/runFold",
  "million/runForEachChunk",
  "growth"
] as const

/** A name after a slash is a variant: it is paired with the same baseline. */
export type Name = (typeof names)[number]

export interface Scenario {
  readonly title: string
  /** The unit of the reported cost. */
  readonly unit: "call" | "item" | "event" | "vector" | "part"
  /** The number of calls, pages, events or requests for embeddings. */
  readonly amount: number
  /** The amount of the warm-up, in several runs. Default: `amount`. */
  readonly warmUp?: number
  /** Whether garbage is collected, to measure memory. Default: false. */
  readonly collect?: true
  /** Maximum number of rounds. Default: unlimited. */
  readonly rounds?: number
  /** The contestants. Default: all that implement the scenario. */
  readonly contestants?: ReadonlyArray<string>
  /** The contestant whose cost is 1. */
  readonly baseline: { readonly contestant: string; readonly scenario: Name }
  readonly expect: (amount: number) => Payloads.Count
}

const sum = (amount: number, of: (index: number) => number): number => {
  let total = 0
  for (let index = 0; index < amount; index++) total += of(index)
  return total
}

const weight = (index: number): number => Payloads.addAssistant(Payloads.none, Payloads.assistant(index)).sum

const calls = (amount: number): Payloads.Count => ({ count: amount, sum: amount * weight(0) })

const items = (pages: number): Payloads.Count => ({
  count: pages * Payloads.pageSize,
  sum: pages * sum(Payloads.pageSize, weight)
})

const events = (amount: number): Payloads.Count => ({
  count: amount,
  sum: Payloads.deltas(amount).reduce((total, delta) => total + delta.length, 0)
})

const texts = (amount: number): Payloads.Count =>
  Payloads.deltas(amount).reduce<Payloads.Count>(Payloads.addText, Payloads.none)

const vectors = (amount: number): Payloads.Count => ({
  count: amount * Payloads.inputs,
  sum: Array.from({ length: amount }).reduce<number>(
    (total) =>
      Payloads.vectors().reduce((total, vector) => total + vector[0]! + vector[Payloads.dimensions - 1]!, total),
    0
  )
})

const raw = (scenario: Name) => ({ contestant: "undici", scenario })

const pagesToWarmUp = 500

const pages = {
  title: "item of a page",
  unit: "item",
  amount: 300,
  warmUp: pagesToWarmUp,
  baseline: raw("pages"),
  expect: items
} satisfies Scenario

const million = {
  title: "a million items",
  unit: "item",
  amount: 10_000,
  warmUp: pagesToWarmUp,
  collect: true,
  rounds: 1,
  contestants: ["undici", "openai-4", "openai-6", "openai-7", "effect-openai-fetch", "effect-openai-undici"],
  baseline: raw("million"),
  expect: items
} satisfies Scenario

/** How many calls, items, events or vectors a process makes cold: its first ones. */
const coldUnits = 2000

/** Returns the amount of a cold run. */
export const coldAmount = ({ unit }: Scenario): number =>
  Math.ceil(coldUnits / { call: 1, item: Payloads.pageSize, event: 1, vector: Payloads.inputs, part: 1 }[unit])

/** Contestants whose events take so long that fewer of them are enough: the factor of the amount. */
const slow: Readonly<Record<string, number>> = { "effect-ai-openai": 0.1 }

/** The factor for the amount of a contestant. */
export const shareOf = (contestant: string, { unit }: Scenario): number =>
  unit === "event" || unit === "part" ? slow[contestant] ?? 1 : 1

/** The way a Stream is consumed makes the same difference over each transport. */
const recommended = ["effect-openai-undici"]

export const scenarios: { readonly [K in Name]: Scenario } = {
  sequential: {
    title: "sequential call",
    unit: "call",
    amount: 3000,
    baseline: raw("sequential"),
    expect: calls
  },
  concurrent: {
    title: "64 calls at a time",
    unit: "call",
    amount: 8000,
    baseline: raw("concurrent"),
    expect: calls
  },
  pages,
  "pages/runFold": { ...pages, title: "item of a page, by `runFold`", contestants: recommended },
  "pages/runForEachChunk": { ...pages, title: "item of a page, by `runForEachChunk`", contestants: recommended },
  stream: {
    title: "SSE event, many per chunk",
    unit: "event",
    amount: 30_000,
    baseline: raw("stream"),
    expect: events
  },
  "stream/single": {
    title: "SSE event, one per chunk",
    unit: "event",
    amount: 30_000,
    baseline: raw("stream/single"),
    expect: events
  },
  embeddings: {
    title: "256 embeddings as floats",
    unit: "vector",
    amount: 10,
    baseline: raw("embeddings"),
    expect: vectors
  },
  "embeddings/base64": {
    title: "256 embeddings as base64",
    unit: "vector",
    amount: 10,
    baseline: raw("embeddings"),
    expect: vectors
  },
  retry: {
    title: "call retried after one 429",
    unit: "call",
    amount: 500,
    baseline: { contestant: "openai-4", scenario: "retry" },
    expect: calls
  },
  text: {
    title: "`generateText`",
    unit: "call",
    amount: 2000,
    baseline: raw("text"),
    expect: (amount) => ({ count: amount, sum: amount * Payloads.completionText.length })
  },
  "text/stream": {
    title: "`streamText`",
    unit: "part",
    amount: 20_000,
    baseline: raw("text/stream"),
    expect: texts
  },
  million,
  "million/runFold": { ...million, title: "a million items, by `runFold`", contestants: recommended },
  "million/runForEachChunk": { ...million, title: "a million items, by `runForEachChunk`", contestants: recommended },
  growth: {
    title: "sequential call with all operations imported",
    unit: "call",
    amount: 3000,
    baseline: { contestant: "effect-openai-one", scenario: "growth" },
    expect: calls
  }
}
