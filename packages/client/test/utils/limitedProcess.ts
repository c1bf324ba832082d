// A separate process, which calls a server as fast as a limit in Redis allows. Its arguments: the server's origin, the path of
// Redis's socket, the limit per second and the number of calls. It prints "ready", begins after a line on its standard input,
// and at last prints for how many milliseconds it was blocked at most.
import { Assistants } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as RateLimitRedis from "@effect-openai/client/RateLimitRedis"
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
  Layer.provide(RateLimitRedis.layer({ path: path! }))
)

await Effect.runPromise(Effect.provide(program, limited))
