import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { paginate } from "./pagination/pagination.js"
import { stores } from "./utils.js"

describe.each(stores)("$name", ({ layer }) => {
  it.live("reads the audit log and usage by the minute while rows are added, each once", () =>
    Effect.gen(function*() {
      const rows = 1500
      const { buckets, entries, requests, tokens } = yield* paginate(rows, layer)
      assert.deepStrictEqual([entries, requests, tokens], [rows, rows, 2 * rows])
      assert.isAtLeast(buckets, rows / 10)
    }), 60_000)
})
