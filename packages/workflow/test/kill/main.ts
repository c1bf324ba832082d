/**
 * `npm run kill:workflow -- --storage postgres --times 100 --seed 1`: kills nodes inside of activities so many times, and
 * reports the results. On SQLite there is one node, on PostgreSQL there are two.
 */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { killTest } from "./kill.js"
import * as Postgres from "./postgres.js"

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    storage: { type: "string", default: "sqlite" }
  }
})
const { storage } = values
const [times, seed] = [Number(values.times), Number(values.seed)]
if ((storage !== "sqlite" && storage !== "postgres") || !(times >= 1) || !Number.isInteger(seed)) {
  console.error("npm run kill:workflow -- --storage <sqlite|postgres> --times <how often> --seed <a whole number>")
  process.exit(1)
}
if (storage === "postgres" && !Postgres.isInstalled) {
  console.error("PostgreSQL 15 is not installed in /usr/lib/postgresql/15")
  process.exit(1)
}

const report = await Effect.runPromise(killTest({
  storage,
  nodes: storage === "sqlite" ? 1 : 2,
  times,
  seed,
  concurrency: 8,
  onKill: (kills, loops) => {
    if (kills % 10 === 0) console.error(`${kills} kills, ${loops} loops have ended`)
  }
}))

const rows = [
  ["kills", report.kills],
  ["tool loops", report.loops],
  ["runs", report.runs],
  ["calls", report.calls],
  ["executions of tools, each under the key of its call", report.executions],
  ["longest loop", `${report.longestMillis} ms`],
  ["problems", report.problems.length],
  ...[...report.places].sort().map(([place, count]) => [`kills in ${place}`, count])
]
console.log(rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n"))
for (const problem of report.problems) console.log(problem)
process.exit(report.problems.length === 0 ? 0 : 1)
