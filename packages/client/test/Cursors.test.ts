import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { makeCycleDetector } from "../src/internal/response/cursors.js"

/** A pagination into a cycle: the number of cursors before it, and in it. */
const circle = fc.record({ before: fc.nat(300), length: fc.integer({ min: 1, max: 300 }) })

/** Returns how many cursors a pagination has before one is found to be repeated. */
const found = (last: number, most: number, cursorAt: (step: number) => number) => {
  const seen = makeCycleDetector(last)
  for (let step = 0; step < most; step++) {
    if (seen(`cursor-${cursorAt(step)}`)) return step
  }
  return undefined
}

describe("11: cycles of cursors", () => {
  it.prop("are found where they close, or within three times the distance", { circle, last: fc.nat(100) }, (it) => {
    const { circle: { before, length }, last } = it
    const step = found(last, 10_000, (step) => step < before ? step : before + (step - before) % length)
    assert(step !== undefined)
    assert.isAtLeast(step, before + length)
    assert.isAtMost(step, length <= last ? before + length : 3 * (before + length))
  }, { fastCheck: { numRuns: 1000, seed: 6 } })

  it.prop("are not found without a cycle", { last: fc.nat(100), length: fc.nat(2000) }, ({ last, length }) => {
    assert.isUndefined(found(last, length, (step) => step))
  }, { fastCheck: { numRuns: 100, seed: 6 } })

  it("keep a bounded number of cursors", () => {
    const kept = new Set<string>()
    const { add, delete: remove } = Set.prototype
    let most = 0
    try {
      // In whichever set the cursors are kept.
      Set.prototype.add = function(this: Set<unknown>, value: unknown) {
        if (typeof value === "string") add.call(kept, value)
        most = Math.max(most, kept.size)
        return add.call(this, value)
      }
      Set.prototype.delete = function(this: Set<unknown>, value: unknown) {
        remove.call(kept, value)
        return remove.call(this, value)
      }
      const seen = makeCycleDetector(1000)
      for (let step = 0; step < 100_000; step++) seen(`cursor-${step}`)
    } finally {
      Set.prototype.add = add
      Set.prototype.delete = remove
    }
    assert.isAtMost(most, 1001)
  })
})
