import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { killTest } from "./kill/kill.js"

describe("A server that is killed under load", () => {
  // `npm run kill` does it a hundred times.
  it.live("has the data of all its responses when it is started again", () =>
    Effect.gen(function*() {
      const report = yield* killTest({ times: 3, seed: 7, callers: 4 })
      assert.deepStrictEqual(report.problems, [])
      assert.strictEqual(report.kills, 3)
      assert.isAbove(report.responses, 0)
      assert.isAbove(report.messages, 0)
    }), 120_000)
})
