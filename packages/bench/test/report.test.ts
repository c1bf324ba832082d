import { assert, describe, it } from "@effect/vitest"
import { chart } from "../src/chart.js"
import { ratioOf } from "../src/evaluation.js"
import { between, table } from "../src/report.js"
import type { Results, Sample } from "../src/results.js"

const sample = (contestant: Sample["contestant"], round: number, cpuMicros: number, cold = cpuMicros): Sample => ({
  scenario: "sequential",
  contestant,
  round,
  cpuMicros,
  cold: { count: { count: 100, sum: 0 }, cpuMicros: cold },
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
  typeChecks: [],
  nodes: [],
  contractRuns: [],
  emulator: ""
}

describe("report", () => {
  it("calculates ratios within a round", () => {
    assert.deepStrictEqual(ratioOf(results, "openai-4", "sequential"), { median: 3, min: 2, max: 4 })
    assert.isUndefined(ratioOf(results, "openai-7", "sequential"))
  })

  it("shows medians with ranges, ratios with costs, cold and warm", () => {
    const steady = { ...results, samples: [sample("undici", 0, 5000, 9000), sample("openai-4", 0, 15_000, 18_000)] }
    const lines = table(steady).split("\n")
    assert.include(
      lines,
      "| sequential call, cold, µs per call | **1.00 <sub>1.00–1.00</sub>**<br>90.0 <sub>90.0–90.0</sub> | " +
        "**2.00 <sub>2.00–2.00</sub>**<br>180 <sub>180–180</sub> |"
    )
    assert.include(
      lines,
      "| sequential call, µs per call | **1.00 <sub>1.00–1.00</sub>**<br>50.0 <sub>50.0–50.0</sub> | " +
        "**3.00 <sub>3.00–3.00</sub>**<br>150 <sub>150–150</sub> |"
    )
    assert.notMatch(table(steady), /[†‡]/)
  })

  it("leaves out cold rows of results without cold runs", () => {
    const samples = results.samples.map(({ cold: _, ...others }) => others)
    assert.notInclude(table({ ...results, samples }), "cold")
  })

  it("marks a baseline that varies between rounds, and says by how much", () => {
    assert.include(table(results), "| sequential call, µs per call † |")
    assert.include(table(results), "are not reliable: sequential call, cold by 100 %; sequential call by 100 %.")
  })

  it("marks a baseline that varies within a round, and takes the mean for its ratio", () => {
    const samples = [sample("undici", 0, 4000), sample("openai-4", 0, 10_000), sample("undici", 0, 6000)]
    assert.include(table({ ...results, samples }), "sequential call by 50 %")
    assert.strictEqual(ratioOf({ ...results, samples }, "openai-4", "sequential")?.median, 2)
  })

  it("prints no ratio below 1 without a remark", () => {
    const samples = [sample("undici", 0, 5000), sample("openai-4", 0, 4000), sample("undici", 0, 5500)]
    const text = table({ ...results, samples })
    assert.include(text, "**0.76 <sub>0.76–0.76</sub> ‡**")
    assert.include(text, "‡ Less than the baseline, whose costs vary by up to 10 % in this run.")
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
