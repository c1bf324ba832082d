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
  /** How long a node is stopped, in milliseconds. Default: until the other one has taken over. */
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
  /** Those of them that took too long. */
  readonly late: ReadonlyArray<number>
  readonly problems: ReadonlyArray<string>
}

/** How long another node may take until it has taken over, in milliseconds. */
const maxTakeover = 8000

/** How long the test waits for what must happen, in milliseconds. */
const patience = 30_000

/** For how long it still writes when the first node continues, in milliseconds. */
const overlap = 4000

/**
 * What happens to a run of a node that is stopped, as the store has it. When the other node's model has begun to reply, the words
 * of the first one may still be there, but no more of them come.
 */
const watch = (nodes: Nodes, node: Node, run: LongRun, report: (problem: string) => void) => {
  let last: string | undefined
  let isReported = false
  return (stoppedAt: number) =>
    Effect.gen(function*() {
      const isTaken = nodes.repeatedAt({ words: run.words, node: node.name }, stoppedAt) !== undefined
      const texts = (yield* writtenOf(nodes, run)).map(({ text }) => text)
      const old = texts.filter((text) => writersOf(text).includes(node.name)).join("\n")
      if (isTaken && last !== undefined && old !== "" && old !== last && !isReported) {
        isReported = true
        report(
          `Run ${run.path.run_id} got words of ${node.name}, which was stopped, after another node had taken over.`
        )
      }
      if (isTaken) last = old
      return (yield* statusOf(nodes, run)) === "completed"
    })
}

/** A reader may have seen a part of the first node's message. It is then incomplete, and the other node's is another one. */
const checkEnd = (nodes: Nodes, node: Node, run: LongRun, report: (problem: string) => void) =>
  Effect.gen(function*() {
    const status = yield* statusOf(nodes, run)
    const written = yield* writtenOf(nodes, run)
    const [message, ...more] = written.filter(({ status }) => status === "completed")
    const [begun, ...others] = written.filter(({ status }) => status !== "completed")
    const [writer = ""] = writersOf(message?.text ?? "")
    const isBegun = begun === undefined || (begun.status === "incomplete" && writersOf(begun.text).join() === node.name)
    const isOne = writer !== node.name && message?.text === longText(writer).join("")
    if (status !== "completed" || more.length + others.length > 0 || !isBegun || !isOne) {
      report(`Run ${run.path.run_id} is ${status}, and has the messages ${JSON.stringify(written)}.`)
    }
  })

/** Stops one of two nodes so many times. */
export const stopNodes = ({ count = 6, fence, millis, onRound, seed, times }: Options) =>
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
      const begin = beginRun(nodes, node, (millis ?? overlap) + overlap)
      const runs = yield* Effect.all(Array.from({ length: count }, () => begin), { concurrency: "unbounded" })
      const watches = runs.map((run) => watch(nodes, node, run, report))
      // Each message has a few words.
      yield* awaitUntil(
        Effect.map(
          Effect.forEach(runs, (run) => writtenOf(nodes, run)),
          (written) => written.every(([message]) => message !== undefined && message.text !== "")
        ),
        patience
      )
      const open = nodes.repliesOf(node)
      yield* node.server.stop
      const stoppedAt = Date.now()
      const watching = Effect.forEach(watches, (watch) => watch(stoppedAt))
      const areTaken = () =>
        millis === undefined && open.every((reply) => nodes.repeatedAt(reply, stoppedAt) !== undefined)
      yield* awaitUntil(Effect.map(watching, areTaken), millis ?? patience)
      overlapping += (yield* Effect.forEach(runs, (run) =>
        statusOf(nodes, run))).filter((status) => status === "in_progress").length
      yield* node.server.continue
      yield* awaitUntil(Effect.map(watching, (ended) => ended.every((hasEnded) => hasEnded)), 2 * patience)
      // The node that was stopped may write later than the other one ends.
      yield* awaitUntil(Effect.as(watching, false), overlap / 2)
      yield* Effect.forEach(runs, (run) => checkEnd(nodes, node, run, report), { discard: true })
      for (const reply of open) {
        const repeatedAt = nodes.repeatedAt(reply, stoppedAt)
        if (repeatedAt === undefined) report(`No other node has taken over the reply to "${reply.words}".`)
        else takeovers.push(repeatedAt - stoppedAt)
      }
      onRound?.(round + 1, problems.length)
    }
    const late = takeovers.filter((millis) => millis > maxTakeover)
    const result: Report = { stops: times, runs: times * count, overlapping, takeovers, late, problems }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped)
