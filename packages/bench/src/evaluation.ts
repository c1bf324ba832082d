/** Statistics of the samples. */
import { type Contestant, contestantNames } from "./processes.js"
import type { Results, Sample } from "./results.js"
import { type Name, names, scenarios } from "./scenarios.js"
import { means, pairedRatios, type Spread, spread, variationOf } from "./statistics.js"

/** Returns a value of a sample. Undefined for a sample without it. */
interface Value {
  (sample: Sample): number | undefined
}

const valuesByRound = (results: Pick<Results, "samples">, contestant: string, scenario: Name, value: Value) => {
  const rounds = new Map<number, ReadonlyArray<number>>()
  for (const sample of results.samples) {
    const found = sample.contestant === contestant && sample.scenario === scenario ? value(sample) : undefined
    if (found !== undefined) rounds.set(sample.round, [...rounds.get(sample.round) ?? [], found])
  }
  return rounds
}

/** The value of each round: the mean, where a round has several samples. */
export const byRound = (
  results: Pick<Results, "samples">,
  contestant: string,
  scenario: Name,
  value: Value
): ReadonlyMap<number, number> => means(valuesByRound(results, contestant, scenario, value))

export const spreadOf = (values: Iterable<number>): Spread | undefined => {
  const all = Array.from(values)
  return all.length === 0 ? undefined : spread(all)
}

/** CPU of one call, item, event or vector after the warm-up. */
export const cpuOfOne = ({ count, cpuMicros }: Sample): number => cpuMicros / count.count

/** CPU of one of the first calls, items, events or vectors of a process. */
export const coldCpuOfOne = ({ cold }: Sample): number | undefined => cold && cold.cpuMicros / cold.count.count

/** CPU as a multiple of the baseline's, paired within each round. */
export const ratioOf = (
  results: Pick<Results, "samples">,
  contestant: Contestant,
  scenario: Name,
  cost: Value = cpuOfOne
): Spread | undefined => {
  const { baseline } = scenarios[scenario]
  return spreadOf(pairedRatios(
    byRound(results, contestant, scenario, cost),
    byRound(results, baseline.contestant, baseline.scenario, cost)
  ))
}

/** How much the costs of the baseline vary, within a round or between rounds. */
export const baselineVariation = (
  results: Pick<Results, "samples">,
  scenario: Name,
  cost: Value = cpuOfOne
): number => {
  const { baseline } = scenarios[scenario]
  return variationOf(Array.from(valuesByRound(results, baseline.contestant, baseline.scenario, cost).values()))
}

/** The scenarios of programs of `@effect/ai`, whose contestants are others. */
export const modelNames: ReadonlyArray<Name> = ["text", "text/stream"]

/** The scenarios of clients. */
export const clientNames = names.filter((name) => name !== "growth" && !modelNames.includes(name))

/** Contestants with samples in some of these scenarios. Default: those of clients. */
export const shown = (
  results: Pick<Results, "samples">,
  among: ReadonlyArray<Name> = clientNames
): ReadonlyArray<Contestant> =>
  contestantNames.filter((name) =>
    results.samples.some(({ contestant, scenario }) => contestant === name && among.includes(scenario))
  )
