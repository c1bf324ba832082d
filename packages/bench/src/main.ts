/** `npm run bench`: measures, writes what came out, and renders it. */
import { parseArgs } from "node:util"
import type { Measured } from "./contestant.js"
import { compile, type Contestant, contestantNames, contestants, startContestant, startServer } from "./processes.js"
import { type Name, names, scenarios } from "./scenarios.js"
import { interleaved, pairedRatios, spread } from "./statistics.js"

interface Sample extends Measured {
  readonly contestant: Contestant
  readonly scenario: Name
  readonly round: number
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string", multiple: true },
    contestants: { type: "string", multiple: true },
    quick: { type: "boolean", default: false }
  }
})

const isChosen = (name: Name): boolean =>
  options.only?.some((only) => name === only || name.startsWith(`${only}/`)) ?? true

const quicken = (amount: number): number => options.quick ? Math.max(1, Math.ceil(amount / 10)) : amount

await compile()
const server = await startServer()
const chosen = names.filter(isChosen)
const competing = contestantNames.filter((name) => options.contestants?.includes(name) ?? true)
const samples: Array<Sample> = []

try {
  const can = new Map<Contestant, ReadonlyArray<Name>>()
  for (const contestant of competing) {
    const competitor = await startContestant(contestant)
    can.set(contestant, competitor.scenarios)
    competitor.stop()
  }
  for (const scenario of chosen) {
    const { amount, expect, rounds: most = Infinity, warmUp } = scenarios[scenario]
    const rounds = Math.min(options.quick ? 2 : Number(options.rounds), most)
    const expected = JSON.stringify(expect(quicken(amount)))
    for (let round = 0; round < rounds; round++) {
      for (const contestant of interleaved(competing.filter((name) => can.get(name)!.includes(scenario)), round)) {
        const competitor = await startContestant(contestant)
        const measured = await competitor.measure({
          scenario,
          origin: server.origin,
          amount: quicken(amount),
          warmUp
        })
        competitor.stop()
        if (JSON.stringify(measured.count) !== expected) {
          throw new Error(`${contestant} counted ${JSON.stringify(measured.count)} in ${scenario}, not ${expected}`)
        }
        samples.push({ contestant, scenario, round, ...measured })
      }
    }
    const of = (contestant: string, name: Name) =>
      new Map(
        samples.filter((sample) => sample.contestant === contestant && sample.scenario === name).map((
          sample
        ) => [sample.round, sample.cpuMicros / sample.count.count])
      )
    for (const contestant of competing) {
      const { baseline } = scenarios[scenario]
      const costs = of(contestant, scenario)
      const ratios = pairedRatios(costs, of(baseline.contestant, baseline.scenario))
      if (costs.size === 0) continue
      const cost = spread([...costs.values()])
      console.log(
        scenario.padEnd(24),
        contestants[contestant].padEnd(28),
        cost.median.toFixed(2).padStart(8),
        ratios.length === 0 ? "" : JSON.stringify(spread(ratios)),
        (spread(
          samples.filter((sample) => sample.contestant === contestant && sample.scenario === scenario).map((sample) =>
            sample.peakRss
          )
        ).median / 1e6).toFixed(0)
      )
    }
  }
} finally {
  server.stop()
}
