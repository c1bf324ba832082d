import type { Emulator } from "@effect-openai/emulator"
import { assert } from "@effect/vitest"

/** What a check receives. */
export interface Given {
  readonly apiKey: string
  readonly baseURL: string
  /** Loads a module of the client. */
  readonly load: (name: string) => any // The packages are installed on demand, so their types are not there.
}

/** Something that a client does with the emulator. */
export interface Check {
  readonly title: string
  readonly run: (given: Given) => Promise<void>
  /** Options of the emulator. */
  readonly options?: Emulator.Options
}

/** A client that others wrote. */
export interface Client {
  readonly title: string
  /** The package that the table names, by its name in `packages.json`. */
  readonly package: string
  readonly checks: ReadonlyArray<Check>
}

export const model = "gpt-4-turbo"

/** A function that the built-in model calls where a message names it. */
export const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
  }
} as const

/** All items of a list or a stream. */
export const collect = async <A>(items: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

export const rejection = async (promise: PromiseLike<unknown>) => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("nothing was refused")
}

/** Retrieves a run until it has ended or requires an action. */
export const settled = async <Run extends { readonly status: string }>(
  run: Run,
  retrieve: () => PromiseLike<Run>
): Promise<Run> => {
  let last = run
  while (last.status === "queued" || last.status === "in_progress") last = await retrieve()
  return last
}
