import { assert, describe, it } from "@effect/vitest"
import { interleaved, median, pairedRatios, spread } from "../src/statistics.js"

describe("statistics", () => {
  it("returns the middle value, or the mean of the two middle values", () => {
    assert.strictEqual(median([3]), 3)
    assert.strictEqual(median([10, 9, 1]), 9)
    assert.strictEqual(median([1, 100, 2, 3]), 2.5)
  })

  it("returns the median and the range, and does not sort its argument", () => {
    const values = [2, 3, 1]
    assert.deepStrictEqual(spread(values), { median: 2, min: 1, max: 3 })
    assert.deepStrictEqual(values, [2, 3, 1])
  })

  it("divides within a round, so that a slow round does not change the ratio", () => {
    const baseline = new Map([[0, 10], [1, 100], [2, 10]])
    assert.deepStrictEqual(pairedRatios(new Map([[0, 20], [1, 200], [2, 30]]), baseline), [2, 2, 3])
  })

  it("leaves out a round without the baseline", () => {
    assert.deepStrictEqual(pairedRatios(new Map([[0, 20], [1, 30]]), new Map([[1, 10]])), [3])
    assert.deepStrictEqual(pairedRatios(new Map([[0, 20]]), new Map()), [])
  })

  it("reverses every second round", () => {
    assert.deepStrictEqual([0, 1, 2, 3].flatMap((round) => interleaved(["A", "B"], round)).join(" "), "A B B A A B B A")
  })
})
