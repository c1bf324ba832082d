import { ChatCompletions, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { Bucket } from "../src/internal/limits/bucket.js"
import { Line } from "../src/internal/limits/line.js"
import { Lines } from "../src/internal/limits/lines.js"
import * as Client from "./utils/client.js"

const window = 60_000

const own = (key: string, now: number) => [
  new Bucket({ key, kind: "requests", capacity: 10, refill: 6000, minimum: -10 }, now)
]

/** Uses a line for each model. */
const useEach = (lines: Lines, models: Iterable<string>, now: number) => {
  for (const key of models) {
    const line = lines.get(key, now) ?? lines.add(
      key,
      key,
      now,
      () => own(key, now),
      (own) => new Line({ key, own, window, maxEffect: window, leaseTime: 0 })
    )
    line.buckets(now)[0]!.takeOwn(1, now)
  }
}

const models = (from: number, count: number) => Array.from({ length: count }, (_, index) => `model-${from + index}`)

it("lines that are not used are removed, so that their number is bounded by those that are in use", () => {
  const lines = new Lines()
  let most = 0
  for (let minute = 0; minute < 200; minute++) {
    useEach(lines, models(minute * 50, 50), minute * window)
    most = Math.max(most, lines.all().length)
  }
  assert.isAtMost(most, 300)
})

it("a line that has taken of its limits is kept, and one that waits", () => {
  const lines = new Lines()
  useEach(lines, ["spent", "waiting"], 0)
  lines.get("spent", 0)!.buckets(0)[0]!.takeOwn(9, 0)
  const permit = lines.get("waiting", 0)!.semaphore.request()
  Effect.runFork(permit.wait)
  const [spent, waiting] = [lines.get("spent", 0), lines.get("waiting", 0)]
  // The bucket is full again after 60 seconds.
  for (let second = 1; second < 60; second++) useEach(lines, models(second * 100, 100), second * 1000)
  assert.strictEqual(lines.get("spent", 59_000), spent)
  useEach(lines, models(10_000, 10_000), 10 * window)
  assert.strictEqual(lines.get("waiting", 10 * window), waiting)
  assert.notStrictEqual(lines.get("spent", 10 * window), spent)
})

it.effect("the limit of a model is the same after its line was removed", () => {
  const transport = HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, Client.success({ id: "a", choices: [] }).clone()))
  )
  const call = (model: string) =>
    Retry.none(ChatCompletions.create({ model, messages: [{ role: "user", content: "Hi" }] })).pipe(Effect.either)
  const refused = (model: string) =>
    Effect.map(
      Effect.replicateEffect(call(model), 15),
      (all) => all.filter((one) => one._tag === "Left" && one.left._tag === "LimitExceededError").length
    )
  return Effect.gen(function*() {
    const before = yield* refused("a")
    assert.isAbove(before, 0)
    yield* TestClock.adjust("10 minutes")
    for (const model of models(0, 200)) yield* call(model)
    assert.strictEqual(yield* refused("a"), before)
  }).pipe(
    Effect.provide(
      Client.layer("http://fake", { timeout: Infinity }, Layer.succeed(HttpClient.HttpClient, transport)).pipe(
        Layer.provide(Layer.orDie(RateLimit.layer({ requests: 10, maxWait: 0 })))
      )
    )
  )
})
