/** `npm run kill -- --times 100 --seed 1`: kills a server under load so many times, and reports the results. */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { killTest, type Report } from "./kill.js"

const { values } = parseArgs({
  options: { times: { type: "string", default: "100" }, seed: { type: "string", default: "1" } }
})
const [times, seed] = [Number(values.times), Number(values.seed)]
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed)) {
  console.error("npm run kill -- --times <how often> --seed <a whole number>")
  process.exit(1)
}

const table = (report: Report): string =>
  [
    ["kills", `${report.kills}, ${report.killsAtStart} of them while the server started`],
    ["requests with a response", report.responses],
    ["requests without a response because of the kill", report.withoutResponse],
    ["assistants checked", report.assistants],
    ["messages checked", report.messages],
    ["runs checked", `${report.runs}, ${report.unended} of them in progress when the server was killed`],
    ["files checked", `${report.files}, ${Math.round(report.bytes / 1024 / 1024)} MB`],
    ["longest start", `${report.longestStartMillis} ms`],
    ["objects lost, runs stuck, messages twice, files cut", report.problems.length]
  ].map(([name, value]) => `| ${name} | ${value} |`).join("\n")

const report = await Effect.runPromise(killTest({
  times,
  seed,
  onRound: (round, problems) => {
    if (round % 10 === 0) console.error(`${round} kills, ${problems} problems`)
  }
}))
console.log(table(report))
for (const problem of report.problems) console.log(problem)
process.exitCode = report.problems.length === 0 ? 0 : 1
