import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { makeCycleDetector } from "../src/internal/response/cursors.js"

/** A walk that leads into a circle: how many cursors there are before it, and in it. */
const circle = fc.record({ before: fc.nat(300), length: fc.integer({ min: 1, max: 300 }) })

/** How many cursors a walk gives until one is known, out of at most so many. */
const found = (last: number, most: number, cursorAt: (step: number) => number) => {
  const seen = makeCycleDetector(last)
  for (let step = 0; step < most; step++) {
    if (seen(`cursor-${cursorAt(step)}`)) return step
  }
  return undefined
}

describe("11: circles of cursors", () => {
  it.prop("each is found, where it closes or within three times the way", { circle, last: fc.nat(100) }, (it) => {
    const { circle: { before, length }, last } = it
    const step = found(last, 10_000, (step) => step < before ? step : before + (step - before) % length)
    assert(step !== undefined)
    assert.isAtLeast(step, before + length)
    assert.isAtMost(step, length <= last ? before + length : 3 * (before + length))
  }, { fastCheck: { numRuns: 1000, seed: 6 } })

  it.prop("where there is none, none is found", { last: fc.nat(100), length: fc.nat(2000) }, ({ last, length }) => {
    assert.isUndefined(found(last, length, (step) => step))
  }, { fastCheck: { numRuns: 100, seed: 6 } })

  it("of 100,000 cursors no more are kept than was asked for", () => {
    const kept = new Set<string>()
    const { add, delete: remove } = Set.prototype
    let most = 0
    try {
      // Whatever set it keeps them in.
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
