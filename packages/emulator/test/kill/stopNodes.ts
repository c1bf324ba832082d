/**
 * Two nodes on one database, one of which is stopped by SIGSTOP while it writes, and continued by SIGCONT while the other node
 * writes the same messages. The words of their models differ. After the take-over no message may have a word of the node that
 * was stopped.
 */
import { Effect, Random } from "effect"
import { beginRun, type LongRun, statusOf, writtenOf } from "./longRuns.js"
import type { ServerOptions } from "./messages.js"
import { awaitUntil, makeNodes, type Node, type Nodes } from "./nodes.js"
import { longText, writersOf } from "./wording.js"

export interface Options {
  readonly times: number
  readonly seed: number
  /** Default: 30 seconds. How long a node is stopped, in milliseconds. */
  readonly millis?: number | undefined
  /** Default: 6. The runs of the node that is stopped. */
  readonly count?: number | undefined
  readonly fence?: ServerOptions["fence"]
  /** Called after each stop. */
  readonly onRound?: (round: number, problems: number) => void
}

export interface Report {
  readonly stops: number
  readonly runs: number
  /** Runs that the other node was still writing when the one that was stopped continued. */
  readonly overlapping: number
  /** After how many milliseconds the other node's model began to reply. */
  readonly takeovers: ReadonlyArray<number>
  readonly problems: ReadonlyArray<string>
}

/** How long another node may take until it has taken over, in milliseconds. */
const maxTakeover = 8000

/** For how long it still writes when the first node continues, in milliseconds. */
const overlap = 4000

/** What happens to a run of a node that is stopped, as the store has it. */
const watch = (nodes: Nodes, node: Node, run: LongRun, report: (problem: string) => void) => {
  let hasNewWriter = false
  let isReported = false
  return Effect.gen(function*() {
    const writers = (yield* writtenOf(nodes, run)).flatMap(({ text }) => writersOf(text))
    if (writers.some((name) => name !== node.name)) hasNewWriter = true
    if (hasNewWriter && writers.includes(node.name) && !isReported) {
      isReported = true
      report(`Run ${run.path.run_id} has words of ${node.name}, which was stopped, after another node took over.`)
    }
    return (yield* statusOf(nodes, run)) === "completed"
  })
}

const checkEnd = (nodes: Nodes, node: Node, run: LongRun, report: (problem: string) => void) =>
  Effect.gen(function*() {
    const status = yield* statusOf(nodes, run)
    const written = yield* writtenOf(nodes, run)
    const [message, ...others] = written
    const [writer = "", ...writers] = message === undefined ? [] : writersOf(message.text)
    if (status !== "completed" || message?.status !== "completed" || others.length > 0) {
      report(`Run ${run.path.run_id} is ${status}, and has the messages ${JSON.stringify(written)}.`)
    } else if (writer === node.name || writers.length > 0 || message.text !== longText(writer).join("")) {
      report(`The message of run ${run.path.run_id} is not what one model writes: it has words of ${[writer, ...writers]}.`)
    }
  })

/** Stops one of two nodes so many times. */
export const stopNodes = ({ count = 6, fence, millis = 30_000, onRound, seed, times }: Options) =>
  Effect.gen(function*() {
    const nodes = yield* makeNodes
    const problems: Array<string> = []
    const report = (problem: string) => {
      problems.push(problem)
    }
    const takeovers: Array<number> = []
    let overlapping = 0
    const start = nodes.start({ model: "slow", fence })
    yield* Effect.all([start, start], { concurrency: 2 })

    for (let round = 0; round < times; round++) {
      const node = nodes.up[yield* Random.nextIntBetween(0, 2)]!
      const long = Array.from({ length: count }, () => millis + overlap)
      const runs = yield* Effect.forEach(long, (millis) => beginRun(nodes, node, millis), { concurrency: "unbounded" })
      const watches = runs.map((run) => watch(nodes, node, run, report))
      // Each message has a few words.
      yield* awaitUntil(
        Effect.map(
          Effect.forEach(runs, (run) => writtenOf(nodes, run)),
          (written) => written.every(([message]) => message !== undefined && message.text !== "")
        ),
        millis
      )
      const open = nodes.repliesOf(node)
      yield* node.server.stop
      const stoppedAt = Date.now()
      const watching = Effect.forEach(watches, (watch) => watch)
      yield* awaitUntil(Effect.as(watching, false), millis)
      overlapping += (yield* Effect.forEach(runs, (run) =>
        statusOf(nodes, run))).filter((status) => status === "in_progress").length
      yield* node.server.continue
      yield* awaitUntil(Effect.map(watching, (ended) => ended.every((hasEnded) => hasEnded)), 2 * millis)
      // The node that was stopped may write later than the other one ends.
      yield* awaitUntil(Effect.as(watching, false), overlap)
      yield* Effect.forEach(runs, (run) => checkEnd(nodes, node, run, report), { discard: true })
      for (const reply of open) {
        const repeatedAt = nodes.repeatedAt(reply, stoppedAt)
        if (repeatedAt === undefined) report(`No other node has taken over the reply to "${reply.words}".`)
        else takeovers.push(repeatedAt - stoppedAt)
      }
      onRound?.(round + 1, problems.length)
    }
    const late = takeovers.filter((millis) => millis > maxTakeover)
    if (late.length > 0) report(`${late.length} take-overs took longer than ${maxTakeover} ms: ${late}`)
    const result: Report = { stops: times, runs: times * count, overlapping, takeovers, problems }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped)
