/** What `npm run kill -- --nodes 2` does, as rows of a table. */
import { Effect } from "effect"
import { handOver } from "./handOver.js"
import { killNodes } from "./killNodes.js"
import type { ServerOptions } from "./messages.js"
import { readers } from "./readers.js"
import { spreadOf } from "./spread.js"
import { type Report as StopReport, stopNodes } from "./stopNodes.js"

export interface Options {
  readonly what: "kill" | "kill both" | "stop" | "hand-over" | "readers"
  readonly times: number
  readonly seed: number
  readonly callers: number
  readonly fence: ServerOptions["fence"]
  readonly onRound: (round: number, problems: number) => void
}

interface Reported {
  readonly rows: ReadonlyArray<readonly [string, string | number]>
  readonly problems: ReadonlyArray<string>
}

const withLate = ({ late, problems }: Pick<StopReport, "late" | "problems">) => [
  ...problems,
  ...late.map((millis) => `It took ${millis} ms.`)
]

export const reportNodes = ({ what, ...options }: Options): Effect.Effect<Reported, unknown> => {
  switch (what) {
    case "kill":
    case "kill both":
      return Effect.map(killNodes({ ...options, both: what === "kill both" }), (report) => ({
        problems: withLate(report),
        rows: [
          [what === "kill" ? "kills of one of two nodes" : "kills of both nodes", report.kills],
          ["requests with a response", report.responses],
          ["requests without a response because of it", report.withoutResponse],
          ["assistants checked", report.assistants],
          ["messages checked", report.messages],
          ["runs checked", `${report.runs}, ${report.unended} of them in progress when a node was killed`],
          ["files checked", `${report.files}, ${Math.round(report.bytes / 1024 / 1024)} MB`],
          ["replies of models", report.modelReplies],
          [`take-overs of a reply, ${report.takeovers.length}`, spreadOf(report.takeovers)],
          [`ends of runs in progress at a kill, ${report.ends.length}`, spreadOf(report.ends)],
          ["objects lost, runs stuck, messages twice, files cut, late take-overs", withLate(report).length]
        ]
      }))
    case "stop":
      return Effect.map(stopNodes({ ...options, millis: 30_000 }), (report) => ({
        problems: withLate(report),
        rows: [
          ["stops of one of two nodes", report.stops],
          ["runs that it wrote", report.runs],
          ["of them written by the other node when it continued", report.overlapping],
          [`take-overs of a reply, ${report.takeovers.length}`, spreadOf(report.takeovers)],
          ["words of the node that was stopped, messages twice, runs stuck, late take-overs", withLate(report).length]
        ]
      }))
    case "readers":
      return Effect.map(readers(options), (report) => ({
        problems: withLate(report),
        rows: [
          ["kills of the node of a run", report.kills],
          ["events of the runs", report.events.reduce((sum, count) => sum + count, 0)],
          ["take-overs of a reply", spreadOf(report.takeovers)],
          ["events missing or twice, streams without an end, late take-overs", withLate(report).length]
        ]
      }))
    case "hand-over":
      return Effect.map(handOver(options), (report) => ({
        problems: withLate(report),
        rows: [
          ["runs cancelled on the other node", report.cancellations.length],
          ["until they are cancelled", spreadOf(report.cancellations)],
          ["until their model is interrupted", spreadOf(report.interruptions)],
          ["runs of nodes that ended by SIGTERM", report.handOvers.length],
          ["until the other node's model replies", spreadOf(report.handOvers)],
          ["runs stuck, messages twice, late cancellations and hand-overs", withLate(report).length]
        ]
      }))
  }
}
