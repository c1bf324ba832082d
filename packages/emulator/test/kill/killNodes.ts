/**
 * Two nodes on one database under load, one of which, or both together, are killed at random moments and started again.
 * Callers send each request to the next node. A caller whose request had no response because of a kill checks what there is,
 * and continues.
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
  /** Default: false. Whether both nodes are killed together. */
  readonly both?: boolean
  /** Called after each kill. */
  readonly onRound?: (round: number, problems: number) => void
}

interface Report extends Counts, Seen {
  readonly kills: number
  /**
   * After how many milliseconds another node's model began to reply where that of the node that was killed had begun, and
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

/** How long another node may take until it has taken over, in milliseconds. Where both were killed, it must also start. */
const maxTakeover = 8000

/** How long a run may be in progress after a kill. */
const patience = 60_000

/** The database may still be carrying out a statement of a process that was killed. */
const settling = "300 millis"

/** Kills one of two nodes so many times, or both. */
export const killNodes = ({ both = false, callers = 8, onRound, seed, times }: Options) =>
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
    const late: Array<number> = []
    const ends: Array<number> = []
    let killedAt = -Infinity
    /** Whether no node is there. */
    let isDown = false
    /** When the last one that was killed had been replaced. */
    let startedAt = -Infinity
    /** The callers whose request may have been sent to a node that was killed. */
    const mayFail = new Set<Ledger>()
    const allMayFail = () => {
      for (const ledger of ledgers) mayFail.add(ledger)
    }

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
            const mayBe = mayFail.delete(ledger) || isDown
            if (!isGone(error) || !mayBe) report(`${ledger.name} failed: ${error.message}`)
            return Effect.zipRight(Effect.sleep(settling), checked(ledger, false))
          })
        ),
        Effect.repeat({ until: () => load.hasEnded })
      )

    /** Follows what nodes were working on when they were killed. */
    const follow = (killed: ReadonlyArray<Node>) =>
      Effect.gen(function*() {
        const open = killed.flatMap(nodes.repliesOf)
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
          if (repeatedAt === undefined) continue
          takeovers.push(repeatedAt - killedAt)
          if (repeatedAt - (both ? startedAt : killedAt) > maxTakeover) late.push(repeatedAt - killedAt)
        }
      })

    const start = nodes.start({ model: "slow", writer: "one" })
    yield* Effect.all([start, start], { concurrency: 2 })
    const all = yield* Effect.fork(
      Effect.provide(Effect.forEach(ledgers, caller, { concurrency: "unbounded", discard: true }), nodes.balanced)
    )

    for (let round = 0; round < times; round++) {
      yield* awaitCount(load, "responses", callers * 20)
      const killed = both ? [...nodes.up] : [nodes.up[yield* Random.nextIntBetween(0, 2)]!]
      yield* awaitUntil(Effect.sync(() => killed.every((node) => nodes.repliesOf(node).length > 0)), patience)
      yield* Effect.flatMap(Random.nextIntBetween(0, 30), (moment) => Effect.sleep(moment))
      for (const node of killed) nodes.leave(node)
      allMayFail()
      isDown = both
      killedAt = Date.now()
      yield* Effect.forEach(killed, ({ server }) => server.kill, { concurrency: "unbounded" })
      const startAll = Effect.zipRight(
        Effect.forEach(killed, () => start, { concurrency: "unbounded" }),
        Effect.sync(() => {
          if (both) allMayFail()
          isDown = false
          startedAt = Date.now()
        })
      )
      yield* Effect.all([follow(killed), startAll], { concurrency: 2 })
      mayFail.clear()
      onRound?.(round + 1, problems.length)
    }

    load.hasEnded = true
    yield* Fiber.join(all)
    yield* Effect.forEach(ledgers, (ledger) => checked(ledger, true), { concurrency: "unbounded", discard: true }).pipe(
      Effect.provide(nodes.balanced)
    )
    problems.push(...(yield* inspect(nodes.store)))
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
