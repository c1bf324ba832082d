/**
 * `npm run kill -- --times 100 --seed 1`: kills a server under load so many times, and reports the results. The load is that
 * of 8 callers, or of `--callers`. With
 * `--stop` the server is also stopped before each kill, by SIGSTOP, for up to 2 seconds; with `--clock` its wall clock is set
 * by up to 4 minutes; with `--full` its disk is full for a while. With `--unsynced` each kill is a loss of power: what was not
 * synced to the disk is lost. With `--batch 10000` it runs a batch of so many requests instead.
 *
 * With `--nodes 2` there are two servers on one PostgreSQL database, and one of them is killed; with `--both` both are killed
 * together. With `--stop` one is stopped for 30 seconds instead, while it writes; `--fence alone` lets it not notice that it
 * has lost its leases, and `--fence none` also lets it write without a fence, which must fail. With `--hand-over` runs are
 * cancelled on the other node, and nodes end by SIGTERM. With `--readers` events of a run are read on the other node, while
 * the node of the run is killed.
 */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import * as postgres from "../postgres.js"
import { killBatch } from "./batch.js"
import { killTest, type Report } from "./kill.js"
import { reportNodes } from "./reportNodes.js"
import { whyNot } from "./volume.js"

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    callers: { type: "string", default: "8" },
    stop: { type: "boolean", default: false },
    clock: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    unsynced: { type: "boolean", default: false },
    batch: { type: "string" },
    nodes: { type: "string", default: "1" },
    both: { type: "boolean", default: false },
    "hand-over": { type: "boolean", default: false },
    readers: { type: "boolean", default: false },
    fence: { type: "string" }
  }
})
const [times, seed, callers, count] = [values.times, values.seed, values.callers, values.batch ?? "1"].map(Number) as [
  number,
  number,
  number,
  number
]
const [before, ...others] = (["stop", "clock", "full", "unsynced"] as const).filter((name) => values[name])
const hasNodes = values.nodes === "2"
const fence = values.fence === "alone" || values.fence === "none" ? values.fence : undefined
const isChoiceClear = others.length === 0 && (before === undefined || values.batch === undefined) && (
  hasNodes
    ? (before === undefined || before === "stop") && values.batch === undefined && fence === values.fence
      && [before === "stop", values.both, values["hand-over"], values.readers].filter(Boolean).length <= 1
    : values.nodes === "1" && values.fence === undefined && !values.both && !values["hand-over"] && !values.readers
)
if (
  !isChoiceClear || !Number.isInteger(times) || times < 1 || !Number.isInteger(seed) || !Number.isInteger(callers) ||
  callers < 1 ||
  !Number.isInteger(count) || count < 1
) {
  console.error(
    "npm run kill -- --times <how often> --seed <a whole number> [--callers <how many>] [--stop | --clock | --full | --unsynced | --batch <how many requests>]\n" +
      "npm run kill -- --nodes 2 --times <how often> --seed <a whole number> [--callers <how many>] [--both | --stop [--fence <alone|none>] | --hand-over | --readers]"
  )
  process.exit(1)
}

const missing = hasNodes
  ? postgres.missing
  : before === "full" || before === "unsynced"
  ? whyNot()
  : undefined
if (missing !== undefined) {
  console.error(`This is not possible here: ${missing}. Nothing was checked.`)
  process.exit(2)
}

/** How the table names what happens. */
const disturbances = { stop: "stops", clock: "clock steps", full: "full disks", unsynced: "losses of power" }

const table = (rows: ReadonlyArray<readonly [string, string | number]>): string =>
  rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")

const rowsOf = (report: Report) =>
  [
    ["kills", `${report.kills}, ${report.killsAtStart} of them while the server started`],
    ...(before === undefined ? [] : [[disturbances[before], report.disturbances] as const]),
    ["requests with a response", report.responses],
    ...(before === "full" ? [["requests with an InternalServerError", report.refused] as const] : []),
    ["requests without a response because of it", report.withoutResponse],
    ["assistants checked", report.assistants],
    ["messages checked", report.messages],
    ["runs checked", `${report.runs}, ${report.unended} of them in progress when the server was killed`],
    ["files checked", `${report.files}, ${Math.round(report.bytes / 1024 / 1024)} MB`],
    ["longest start", `${report.longestStartMillis} ms`],
    ["objects lost, runs stuck, messages twice, files cut", report.problems.length]
  ] as const

const onRound = (round: number, problems: number) => {
  if (round % 10 === 0) console.error(`${round} of ${times}, ${problems} problems`)
}

const runBatch = async () => {
  const report = await Effect.runPromise(killBatch({ count, times, seed }))
  console.log(table([
    ["kills", report.kills],
    ["requests of the batch", report.requests],
    ["requests with exactly one response", report.answeredOnce],
    ["maximum memory of the server", `${Math.round(report.serverMegabytes)} MB`]
  ]))
  return report
}

const runLoad = async () => {
  const report = await Effect.runPromise(killTest({ before, callers, times, seed, onRound }))
  console.log(table(rowsOf(report)))
  return report
}

const runNodes = async () => {
  const { problems, rows } = await Effect.runPromise(reportNodes({
    what: values["hand-over"]
      ? "hand-over"
      : values.readers
      ? "readers"
      : before === "stop"
      ? "stop"
      : values.both
      ? "kill both"
      : "kill",
    callers,
    times,
    seed,
    fence,
    onRound
  }))
  console.log(table(rows))
  return { problems }
}

const report = await (hasNodes ? runNodes() : values.batch === undefined ? runLoad() : runBatch())
for (const problem of report.problems) console.log(problem)
process.exitCode = report.problems.length === 0 ? 0 : 1
