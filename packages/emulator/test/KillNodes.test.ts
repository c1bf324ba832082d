import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { killNodes } from "./kill/killNodes.js"
import { stopNodes } from "./kill/stopNodes.js"
import { missing, reason } from "./postgres.js"

// `npm run kill -- --nodes 2` does more of it, and measures how long it takes.
const options = { concurrent: true, skip: missing !== undefined }

describe(`Two nodes on one database${reason}`, options, () => {
  it.live(
    "have the data of all responses when one of them is killed under load, and end its runs",
    () =>
      Effect.gen(function*() {
        const report = yield* killNodes({ times: 1, seed: 7, callers: 4 })
        assert.deepStrictEqual(report.problems, [])
        assert.isAbove(report.ends.length, 0)
        assert.isAbove(report.messages, 0)
      }),
    120_000
  )

  it.live(
    "keep no words of the one that was stopped while the other one took over",
    () =>
      Effect.gen(function*() {
        const report = yield* stopNodes({ times: 1, seed: 7, count: 3, fence: "alone" })
        assert.deepStrictEqual(report.problems, [])
        assert.strictEqual(report.takeovers.length, 3)
        assert.isAbove(report.overlapping, 0)
      }),
    120_000
  )
})
