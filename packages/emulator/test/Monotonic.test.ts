import { Embeddings, Retry } from "@effect-openai/client"
import { assert, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { withTimes } from "../src/internal/clocks.js"
import { inProcess } from "./utils.js"

const embed = Retry.none(Embeddings.create({ model: "text-embedding-3-small", input: "a" }))

it.live("a step of the system's time does not refill a rate limit", () => {
  let ahead = 0
  const live = Clock.make()
  const clock = withTimes(live, () => live.unsafeCurrentTimeMillis() + ahead)
  return Effect.gen(function*() {
    yield* embed
    ahead = 86_400_000
    assert.strictEqual((yield* Effect.flip(embed))._tag, "RateLimitError")
  }).pipe(Effect.provide(inProcess.layer({ clock, rateLimits: { requestsPerMinute: 1 } })))
})
