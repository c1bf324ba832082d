import { assert, describe, it } from "@effect/vitest"
import { chart } from "../src/chart.js"
import { ratioOf } from "../src/evaluation.js"
import { between, table } from "../src/report.js"
import type { Results, Sample } from "../src/results.js"

const sample = (contestant: Sample["contestant"], round: number, cpuMicros: number): Sample => ({
  scenario: "sequential",
  contestant,
  round,
  cpuMicros,
  wallMicros: cpuMicros,
  count: { count: 100, sum: 0 },
  heapBefore: 0,
  heapAfter: 0,
  peakRss: 0
})

const results: Results = {
  machine: { node: "20", v8: "11", cpu: "a", cores: 2, memoryGigabytes: 1 },
  commit: "abc",
  scale: 1,
  samples: [
    sample("undici", 0, 5000),
    sample("openai-4", 0, 10_000),
    sample("undici", 1, 10_000),
    sample("openai-4", 1, 40_000),
    sample("undici", 2, 5000),
    sample("openai-4", 2, 15_000)
  ],
  sizes: [],
  starts: [],
  typeChecks: []
}

describe("report", () => {
  it("calculates ratios within a round", () => {
    assert.deepStrictEqual(ratioOf(results, "openai-4", "sequential"), { median: 3, min: 2, max: 4 })
    assert.isUndefined(ratioOf(results, "openai-7", "sequential"))
  })

  it("shows medians with ranges, and the cost of one unit of the baseline", () => {
    assert.include(
      table(results),
      "| sequential call | 50.0 per call | 1.00 <sub>1.00–1.00</sub> | 3.00 <sub>2.00–4.00</sub> |"
    )
  })

  it("draws a mark for each contestant except the baseline", () => {
    const svg = chart(results)
    assert.strictEqual(svg.match(/<g>/g)?.length, 1)
    assert.include(svg, "openai 4.33: 3.00 (2.00 to 4.00)")
  })

  it("replaces the text between the marks of a README", () => {
    const readme = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb"
    const once = between(readme, "bench", "new")
    assert.strictEqual(once, "a\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nb")
    assert.strictEqual(between(once, "bench", "new"), once)
    assert.throws(() => between("a", "bench", "new"), /No <!-- bench -->/)
  })
})
