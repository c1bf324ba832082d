/**
 * `npm run torture -- --seed 1`: runs scenarios of a client and an emulator in one process. It repeats each scenario for
 * each operation that can fail: the operation fails, fails after its effect, hangs, or its caller is interrupted. Then
 * random pairs of operations fail. Reports the number of points by scenario, and all faults.
 */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { torture } from "./torture.js"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    pairs: { type: "string", default: "200" },
    only: { type: "string" }
  }
})
const [seed, pairs] = [Number(values.seed), Number(values.pairs)]
if (!Number.isInteger(seed) || !Number.isInteger(pairs) || pairs < 0) {
  console.error("npm run torture -- --seed <a whole number> [--pairs <how many>] [--only <scenario>]")
  process.exit(1)
}

console.log("| scenario: what fails | points | runs | reached | faults |\n| --- | --: | --: | --: | --: |")
const outcomes = await Effect.runPromise(torture({
  seed,
  pairs,
  only: values.only,
  onOutcome: ({ faults, points, reached, runs, scenario }) =>
    console.log(`| ${scenario} | ${points} | ${runs} | ${reached} | ${faults.length} |`)
}))
const faults = outcomes.flatMap(({ faults, scenario }) => faults.map((fault) => `${scenario}: ${fault}`))
for (const fault of faults) console.log(fault)
process.exit(faults.length === 0 ? 0 : 1)
