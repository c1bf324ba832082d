// A program of its own, that calls a server as fast as a limit in Redis lets it. It takes the server's origin, the path of
// Redis's socket, the limit a second and the number of calls; says "ready" when it is warm, begins when it is told to, and
// says in the end for how many milliseconds it was stalled at worst.
import { Assistants } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as Redis from "@effect/experimental/RateLimiter/Redis"
import { Effect, Layer } from "effect"
import { once } from "node:events"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Client from "./client.js"

const [origin, path, requests, calls] = process.argv.slice(2)

const call = Assistants.retrieve({ assistant_id: `from-${process.pid}` })

const program = Effect.gen(function*() {
  yield* call
  process.stdout.write("ready\n")
  yield* Effect.promise(() => once(process.stdin, "data"))
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  yield* Effect.all(Array.from({ length: Number(calls) }, () => call), { concurrency: "unbounded", discard: true })
  process.stdout.write(`stalled ${delay.max / 1e6}\n`)
  process.stdin.destroy()
})

const limited = Client.layer(origin!).pipe(
  Layer.provide(RateLimit.layerStore({ requests: Number(requests), window: "1 second" })),
  Layer.provide(Redis.layerStore({ path: path! }))
)

await Effect.runPromise(Effect.provide(program, limited))
