/**
 * Two nodes on one database under load, one of which is killed at random moments and started again. Callers send each request
 * to the next node. A caller whose request had no response because of a kill checks what there is, and continues.
 */
import { Effect, Fiber, Random, Schedule } from "effect"
import { check, makeSeen, type Seen } from "./check.js"
import { inspect } from "./inspect.js"
import { type Ledger, makeLedger } from "./ledger.js"
import { awaitCount, call, type Counts, isGone, makeLoad } from "./load.js"
import { awaitUntil, makeNodes, type Node } from "./nodes.js"

interface Options {
  readonly times: number
  readonly seed: number
  readonly callers?: number
  /** Called after each kill. */
  readonly onRound?: (round: number, problems: number) => void
}

interface Report extends Counts, Seen {
  readonly kills: number
  /**
   * After how many milliseconds the other node's model began to reply where that of the node that was killed had begun, and
   * not ended.
   */
  readonly takeovers: ReadonlyArray<number>
  /** After how many milliseconds each run that was in progress at a kill had ended, or waited for its caller. */
  readonly ends: ReadonlyArray<number>
  /** Those of them that took too long. */
  readonly late: ReadonlyArray<number>
  readonly modelReplies: number
  readonly problems: ReadonlyArray<string>
}

/** How long another node may take until it has taken over, in milliseconds. */
const maxTakeover = 8000

/** How long a run may be in progress after a kill. */
const patience = 30_000

/** The database may still be carrying out a statement of a process that was killed. */
const settling = "300 millis"

/** Kills one of two nodes so many times. */
export const killNodes = ({ callers = 8, onRound, seed, times }: Options) =>
  Effect.gen(function*() {
    const nodes = yield* makeNodes
    const problems: Array<string> = []
    const report = (problem: string) => {
      problems.push(problem)
    }
    const load = makeLoad(200)
    const seen = makeSeen()
    const ledgers = Array.from({ length: callers }, (_, index) => makeLedger(`caller ${index}`))
    const takeovers: Array<number> = []
    const ends: Array<number> = []
    let killedAt = -Infinity

    const checked = (ledger: Ledger, everything: boolean) =>
      check(ledger, seen, report, { everything }).pipe(
        // Another kill can come in between.
        Effect.retry({ while: isGone, schedule: Schedule.spaced("100 millis") }),
        Effect.catchAll(({ message }) => Effect.sync(() => report(`${ledger.name} failed: ${message}`)))
      )

    const caller = (ledger: Ledger) =>
      call(ledger, load).pipe(
        Effect.catchAll((error) =>
          Effect.suspend(() => {
            if (!isGone(error) || Date.now() - killedAt > 2000) report(`${ledger.name} failed: ${error.message}`)
            return Effect.zipRight(Effect.sleep(settling), checked(ledger, false))
          })
        ),
        Effect.repeat({ until: () => load.hasEnded })
      )

    /** Follows what a node was working on when it was killed. */
    const follow = (node: Node) =>
      Effect.gen(function*() {
        const open = nodes.repliesOf(node)
        const left = yield* nodes.activeRuns
        const ended = new Map<string, number>()
        const haveEnded = Effect.map(nodes.activeRuns, (active) => {
          for (const id of left) {
            if (!active.includes(id) && !ended.has(id)) ended.set(id, Date.now() - killedAt)
          }
          return ended.size === left.length
        })
        if (!(yield* awaitUntil(haveEnded, patience))) {
          report(`Runs are still in progress ${patience} ms after a kill: ${left.filter((id) => !ended.has(id))}`)
        }
        ends.push(...ended.values())
        for (const reply of open) {
          const repeatedAt = nodes.repeatedAt(reply, killedAt)
          // Otherwise the run had ended, or its caller deleted it.
          if (repeatedAt !== undefined) takeovers.push(repeatedAt - killedAt)
        }
      })

    const start = nodes.start({ model: "slow", writer: "one" })
    yield* Effect.all([start, start], { concurrency: 2 })
    const all = yield* Effect.fork(
      Effect.provide(Effect.forEach(ledgers, caller, { concurrency: "unbounded", discard: true }), nodes.balanced)
    )

    for (let round = 0; round < times; round++) {
      yield* awaitCount(load, "responses", callers * 20)
      const node = nodes.up[yield* Random.nextIntBetween(0, 2)]!
      yield* awaitUntil(Effect.sync(() => nodes.repliesOf(node).length > 0), patience)
      yield* Effect.flatMap(Random.nextIntBetween(0, 30), (moment) => Effect.sleep(moment))
      nodes.leave(node)
      killedAt = Date.now()
      yield* node.server.kill
      yield* Effect.all([follow(node), start], { concurrency: 2 })
      onRound?.(round + 1, problems.length)
    }

    load.hasEnded = true
    yield* Fiber.join(all)
    yield* Effect.forEach(ledgers, (ledger) => checked(ledger, true), { concurrency: "unbounded", discard: true }).pipe(
      Effect.provide(nodes.balanced)
    )
    problems.push(...(yield* inspect(nodes.store)))
    const late = takeovers.filter((millis) => millis > maxTakeover)
    const { refused, responses, withoutResponse } = load
    const result: Report = {
      responses,
      withoutResponse,
      refused,
      ...seen,
      kills: times,
      takeovers,
      ends,
      late,
      modelReplies: nodes.modelReplies(),
      problems
    }
    return result
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.scoped)
