/** Statistics of the samples. */
import { type Contestant, contestantNames } from "./processes.js"
import type { Results, Sample } from "./results.js"
import { type Name, scenarios } from "./scenarios.js"
import { pairedRatios, type Spread, spread } from "./statistics.js"

export const byRound = (
  results: Results,
  contestant: string,
  scenario: Name,
  value: (sample: Sample) => number
): ReadonlyMap<number, number> =>
  new Map(
    results.samples
      .filter((sample) => sample.contestant === contestant && sample.scenario === scenario)
      .map((sample) => [sample.round, value(sample)])
  )

export const spreadOf = (values: Iterable<number>): Spread | undefined => {
  const all = Array.from(values)
  return all.length === 0 ? undefined : spread(all)
}

export const cpuOfOne = ({ count, cpuMicros }: Sample): number => cpuMicros / count.count

/** CPU as a multiple of the baseline's, paired within each round. */
export const ratioOf = (results: Results, contestant: Contestant, scenario: Name): Spread | undefined => {
  const { baseline } = scenarios[scenario]
  return spreadOf(pairedRatios(
    byRound(results, contestant, scenario, cpuOfOne),
    byRound(results, baseline.contestant, baseline.scenario, cpuOfOne)
  ))
}

/** Contestants with samples in other scenarios than `growth`. */
export const shown = (results: Results): ReadonlyArray<Contestant> =>
  contestantNames.filter((name) =>
    results.samples.some(({ contestant, scenario }) => contestant === name && scenario !== "growth")
  )
