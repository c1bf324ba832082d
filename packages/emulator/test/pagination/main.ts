// Iterates over 100,000 entries and rows: `npm run pagination`.
import { Effect } from "effect"
import { stores } from "../utils.js"
import { paginate } from "./pagination.js"

const rows = 100_000

for (const { layer, name } of stores) {
  const { added, buckets, deleted, entries, heap, millis, pages, requests } = await Effect.runPromise(
    paginate(rows, layer)
  )
  console.log(
    `${name}: ${entries} entries, of which ${deleted} were deleted, ${added} that were added, ${requests} requests in ` +
      `${buckets} minutes, ${pages} pages in ${millis} ms, at most ${Math.round(heap / 1024 / 102.4) / 10} MB more`
  )
}
