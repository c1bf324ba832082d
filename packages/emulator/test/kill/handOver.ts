/**
 * Two nodes on one database, and runs on one of them: one is cancelled on the other node, and one continues there when its node
 * ends by SIGTERM.
 */
import { Runs } from "@effect-openai/client"
import { Effect, Random } from "effect"
import { beginRun, type LongRun, statusOf, writtenOf } from "./longRuns.js"
import { awaitUntil, makeNodes, type Node, type Nodes } from "./nodes.js"
import { longText } from "./wording.js"

interface Options {
  readonly times: number
  readonly seed: number
  /** Called after each round. */
  readonly onRound?: (round: number, problems: number) => void
}

interface Report {
  readonly rounds: number
  /** After how many milliseconds a run was cancelled. */
  readonly cancellations: ReadonlyArray<number>
  /** After how many milliseconds the model of its node no longer replied. */
  readonly interruptions: ReadonlyArray<number>
  /** After how many milliseconds the model of the other node began to reply. */
  readonly handOvers: ReadonlyArray<number>
  /** Those of them that took too long. */
  readonly late: ReadonlyArray<number>
  readonly problems: ReadonlyArray<string>
}

/** How long a cancellation and a hand-over may take, in milliseconds. */
const max = 1000

/** How long the test waits for either. */
const patience = 20_000

/** All models write the same words. */
const writer = "p0"

/** How long a model replies, in milliseconds. */
const long = 10_000

const hasWritten = (nodes: Nodes, run: LongRun) =>
  awaitUntil(Effect.map(writtenOf(nodes, run), ([message]) => message !== undefined && message.text !== ""), patience)

/** Begins and cancels so many times, and so many times ends a node. */
export const handOver = ({ onRound, seed, times }: Options) =>
  Effect.gen(function*() {
    const nodes = yield* makeNodes
    const problems: Array<string> = []
    const report = (problem: string) => {
      problems.push(problem)
    }
    const cancellations: Array<number> = []
    const interruptions: Array<number> = []
    const handOvers: Array<number> = []
    const start = nodes.start({ model: "slow", writer })
    yield* Effect.all([start, start], { concurrency: 2 })

    const cancel = (node: Node, other: Node) =>
      Effect.gen(function*() {
        const run = yield* beginRun(nodes, node, long)
        yield* hasWritten(nodes, run)
        const begun = Date.now()
        yield* nodes.of(other)(Runs.cancel(run.path))
        const isCancelled = Effect.map(
          nodes.of(other)(Runs.retrieve(run.path)),
          ({ status }) => status === "cancelled"
        )
        if (yield* awaitUntil(isCancelled, patience)) cancellations.push(Date.now() - begun)
        else report(`Run ${run.path.run_id} is ${yield* statusOf(nodes, run)}, and was cancelled.`)
        const isSilent = Effect.sync(() => !nodes.repliesOf(node).some(({ words }) => words === run.words))
        if (yield* awaitUntil(isSilent, patience)) interruptions.push(Date.now() - begun)
        else report(`${node.name} still writes run ${run.path.run_id}, which was cancelled.`)
        const [message, ...others] = yield* writtenOf(nodes, run)
        if (message?.status !== "incomplete" || others.length > 0) {
          report(`The message of run ${run.path.run_id} is ${message?.status}, and there are ${others.length} more.`)
        }
      })

    const terminate = (node: Node) =>
      Effect.gen(function*() {
        const runs = yield* Effect.forEach([long, long, long], (millis) => beginRun(nodes, node, millis))
        yield* Effect.forEach(runs, (run) => hasWritten(nodes, run))
        const open = nodes.repliesOf(node)
        nodes.leave(node)
        const begun = Date.now()
        yield* node.server.terminate
        const haveBegun = Effect.sync(() => open.every((reply) => nodes.repeatedAt(reply, begun) !== undefined))
        if (!(yield* awaitUntil(haveBegun, patience))) report(`No other node has taken over the runs of ${node.name}.`)
        for (const reply of open) handOvers.push((nodes.repeatedAt(reply, begun) ?? Infinity) - begun)
        yield* node.server.exited
        yield* start
        for (const run of runs) {
          yield* awaitUntil(Effect.map(statusOf(nodes, run), (status) => status === "completed"), 2 * patience)
          const [message, ...others] = yield* writtenOf(nodes, run)
          if (message?.status !== "completed" || others.length > 0 || message.text !== longText(writer).join("")) {
            report(`Run ${run.path.run_id} has not written one message: ${JSON.stringify([message, ...others])}`)
          }
        }
      })

    for (let round = 0; round < times; round++) {
      const [node, other] = yield* Random.shuffle(nodes.up)
      yield* cancel(node!, other!)
      yield* terminate(node!)
      onRound?.(round + 1, problems.length)
    }
    const late = [...cancellations, ...interruptions, ...handOvers].filter((millis) => millis > max)
    const result: Report = { rounds: times, cancellations, interruptions, handOvers, late, problems }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped)
