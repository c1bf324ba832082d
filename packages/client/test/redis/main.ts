/**
 * `npm run load:redis`: 100 concurrent calls, repeatedly, under rate limits that they do not reach. Compares limits in
 * memory with limits in a Redis that works, is 100 ms away, is silent, does not exist, or is killed in the middle.
 */
import { Assistants, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as RateLimitRedis from "@effect-openai/client/RateLimitRedis"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Either, Layer, Logger } from "effect"
import * as Client from "../utils/client.js"
import * as Models from "../utils/models.js"
import * as Redis from "../utils/redis.js"

const rounds = 10

const limits = { requests: 100_000, tokens: 10_000_000 }

const transport = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.sync(() => HttpClientResponse.fromWeb(request, Client.success(Models.assistant())))
  )
)

const inMemory = RateLimit.layer(limits)

const inRedis = (path: string) => RateLimit.layerStore(limits).pipe(Layer.provide(RateLimitRedis.layer({ path })))

const call = Effect.either(Retry.none(Assistants.retrieve({ assistant_id: "asst_1" })))

const atOnce = Effect.all(Array.from({ length: 100 }, () => call), { concurrency: "unbounded" })

/** Runs all rounds, and reports the throughput, the longest round, and the calls that failed. */
const measure = (name: string, limiter: Layer.Layer<never, unknown>, halfway: Effect.Effect<unknown> = Effect.void) =>
  Effect.gen(function*() {
    let failed = 0
    let longest = 0
    const start = performance.now()
    for (let round = 0; round < rounds; round++) {
      if (round === rounds / 2) yield* halfway
      const since = performance.now()
      for (const result of yield* atOnce) if (Either.isLeft(result)) failed++
      longest = Math.max(longest, performance.now() - since)
    }
    const perSecond = rounds * 100 / (performance.now() - start) * 1000
    console.log(`| ${name} | ${Math.round(perSecond)} | ${Math.round(longest)} ms | ${failed} |`)
  }).pipe(Effect.provide(Client.layer("http://fake", {}, transport).pipe(Layer.provide(Layer.orDie(limiter)))))

const program = Effect.gen(function*() {
  console.log("| limits | calls per second | longest 100 calls | refused |\n|---|--:|--:|--:|")
  yield* measure("in memory, to warm up", inMemory)
  yield* measure("in memory", inMemory)
  const working = yield* Redis.start
  yield* measure("in Redis", inRedis(working.path))
  yield* measure("in Redis, 100 ms away", inRedis(yield* Redis.behind(working.path, 50)))
  yield* measure("in a Redis that does not exist", inRedis("/nowhere/redis.sock"))
  yield* measure(
    "in a Redis that is killed in the middle",
    inRedis(working.path),
    Effect.sync(() => {
      working.server.removeAllListeners("exit")
      working.server.kill("SIGKILL")
    })
  )
  const silent = yield* Redis.start
  silent.server.kill("SIGSTOP")
  yield* measure("in a silent Redis", inRedis(silent.path))
}).pipe(Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger)))

if (Redis.missing === undefined) await Effect.runPromise(program)
else console.log(`Nothing is measured: ${Redis.missing}`)
