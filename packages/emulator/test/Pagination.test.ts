import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeEach } from "./describeEach.js"
import { paginate } from "./pagination/pagination.js"
import { stores } from "./utils.js"

describeEach(stores)("$name", ({ layer }) => {
  it.live(
    "reads the audit log and usage by the minute once, while rows are added and deleted before, within and behind each page",
    () =>
      Effect.gen(function*() {
        const rows = 1500
        const { added, buckets, deleted, entries, requests, tokens } = yield* paginate(rows, layer)
        assert.deepStrictEqual([entries, requests, tokens], [rows, rows, 2 * rows])
        assert.isAtLeast(buckets, rows / 10)
        assert.isAtLeast(Math.min(added, deleted), 10)
      }),
    60_000
  )
})
