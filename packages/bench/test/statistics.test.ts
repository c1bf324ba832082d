import { assert, describe, it } from "@effect/vitest"
import { interleaved, isSteady, means, median, pairedRatios, spread, variationOf } from "../src/statistics.js"

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

  it("returns the variation within rounds or between them, whichever is more", () => {
    assert.strictEqual(variationOf([[10, 10], [10, 10]]), 0)
    assert.strictEqual(variationOf([[10, 15], [12.5]]), 0.5)
    assert.strictEqual(variationOf([[10, 10], [20, 20]]), 1)
    assert.strictEqual(variationOf([[10]]), 0)
  })

  it("is steady up to a fifth", () => {
    assert.isTrue(isSteady(0.2))
    assert.isFalse(isSteady(0.21))
  })

  it("takes the mean of each round", () => {
    assert.deepStrictEqual(means(new Map([[0, [1, 3]], [1, [5]]])), new Map([[0, 2], [1, 5]]))
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
