/** `npm run fuzz -- --requests 10000 --seed 1`: sends as many requests to each store, and reports the responses. */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { stores } from "../utils.js"
import { fuzz } from "./fuzz.js"

const { values } = parseArgs({
  options: { requests: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } }
})
const [requests, seed] = [Number(values.requests), Number(values.seed)]
if (!Number.isInteger(requests) || requests < 1 || !Number.isInteger(seed)) {
  console.error("npm run fuzz -- --requests <how many> --seed <a whole number>")
  process.exit(1)
}

for (const { layer, name } of stores) {
  const { problems, statuses, succeeded } = await Effect.runPromise(fuzz({
    requests,
    seed,
    store: layer,
    onRequest: (count) => {
      if (count % 1000 === 0) console.error(`${name}: ${count} requests`)
    }
  }))
  console.log(`${name}: ${requests} requests, ${succeeded.size} operations succeeded, ${problems.length} problems`)
  for (const [status, count] of Object.entries(statuses)) console.log(`  ${status}: ${count}`)
  for (const problem of problems) console.log(problem)
  if (problems.length > 0) process.exitCode = 1
}
process.exit()
