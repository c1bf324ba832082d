import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Order } from "../src/contestant.js"
import { verify } from "../src/measure.js"
import { compile, contestantNames, type Server, startContestant, startServer } from "../src/processes.js"
import { type Name, scenarios } from "../src/scenarios.js"

/** Enough for a second page, a first and a last event, and a call that fails with 429 first. */
const amounts = { call: 3, item: 2, event: 40, vector: 1, part: 1 }

const orderOf = (scenario: Name, origin: string): Order => ({
  scenario,
  origin,
  amount: amounts[scenarios[scenario].unit],
  cold: amounts[scenarios[scenario].unit],
  warmUp: 0,
  collect: false
})

let server: Server

beforeAll(async () => {
  await compile()
  server = await startServer()
})

afterAll(() => server.stop())

describe("contestants", () => {
  it.scopedLive.each(contestantNames)("%s reads everything that the server sent", (name) =>
    Effect.gen(function*() {
      const contestant = yield* Effect.acquireRelease(
        Effect.promise(() => startContestant(name)),
        ({ stop }) => Effect.sync(stop)
      )
      assert.isNotEmpty(contestant.scenarios)
      for (const scenario of contestant.scenarios) {
        const order = orderOf(scenario, server.origin)
        const measured = yield* Effect.promise(() => contestant.measure(order))
        verify(name, order, measured)
        assert.isAbove(measured.cpuMicros, 0)
      }
    }), 120_000)
})

describe("verify", () => {
  const order = orderOf("pages", "")
  const expected = scenarios.pages.expect(order.amount)
  const measured = { cpuMicros: 1, wallMicros: 1, heapBefore: 1, heapAfter: 1, peakRss: 1 }

  it("accepts complete counts", () =>
    verify("undici", order, { ...measured, count: expected, cold: { count: expected, cpuMicros: 1 } }))

  it("refuses an unread item of a cold run", () => {
    const cold = { count: { ...expected, sum: expected.sum - 1 }, cpuMicros: 1 }
    assert.throws(() => verify("undici", order, { ...measured, count: expected, cold }), /undici read .* in pages/)
  })

  it("refuses a missing item and an unread item", () => {
    for (const count of [{ ...expected, count: expected.count - 1 }, { ...expected, sum: expected.sum - 1 }]) {
      assert.throws(() => verify("undici", order, { ...measured, count }), /undici read .* in pages/)
    }
  })
})
