import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { torture } from "./torture/torture.js"

describe("Each operation that can fail", () => {
  // `npm run torture` tries all of them.
  it.live(
    "leads to a typed error or a right response, and leaves nothing open, lost or twice",
    () =>
      Effect.gen(function*() {
        const outcomes = yield* torture({ seed: 1, limit: 2 })
        for (const { faults, points, reached, scenario } of outcomes) {
          assert.deepStrictEqual(faults, [], scenario)
          assert.isAtLeast(points, 3, scenario)
          assert.strictEqual(reached, 2, scenario)
        }
      }),
    120_000
  )
})
