import { Assistants, type OpenAiClient, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as RateLimitRedis from "@effect-openai/client/RateLimitRedis"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { Redis as Connection } from "ioredis"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Redis from "./utils/redis.js"
import * as Server from "./utils/server.js"

/** Another process that sends requests: its lines, and its end. */
const startProcess = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const program = fileURLToPath(new URL("./utils/limitedProcess.ts", import.meta.url))
      return spawn(process.execPath, ["--import", "tsx", program, ...args], { stdio: ["pipe", "pipe", "pipe"] })
    }),
    (child) => Effect.sync(() => child.kill())
  )

/** Waits until a process prints a word, and returns the rest of the line. A process that ends before is a defect. */
const said = (child: ChildProcessWithoutNullStreams, word: string) =>
  Effect.async<string>((resume) => {
    let output = ""
    let complaints = ""
    child.stdout.on("data", (text) => {
      output += text
      const line = output.split("\n").find((line) => line.startsWith(word) && output.includes(`${line}\n`))
      if (line !== undefined) resume(Effect.succeed(line.slice(word.length)))
    })
    child.stderr.on("data", (text) => complaints += text)
    child.on("exit", () => resume(Effect.die(new Error(`The process ended before "${word}": ${complaints}`))))
  })

describe.skipIf(Redis.missing !== undefined)(`rate limits in Redis${Redis.missing ? `: ${Redis.missing}` : ""}`, () => {
  const connection = (path: string) =>
    Effect.acquireRelease(
      Effect.sync(() => new Connection({ path })),
      (redis) => Effect.sync(() => redis.disconnect())
    )

  it.scopedLive("two processes that share a limit of 50 a second keep it", () =>
    Effect.gen(function*() {
      const limit = 50
      const calls = 75
      const arrivals: Array<{ readonly at: number; readonly url: string }> = []
      const response = Server.json(Models.assistant())
      const server = yield* Server.make((request) => {
        arrivals.push({ at: performance.now(), url: request.url })
        return response
      })
      const path = yield* Redis.make
      const children = yield* Effect.replicateEffect(
        startProcess(server.origin, path, String(limit), String(calls)),
        2
      )
      yield* Effect.forEach(children, (child) => said(child, "ready"), { concurrency: "unbounded" })
      arrivals.length = 0

      const redis = yield* connection(path)
      let slowest = 0
      const ping = Effect.suspend(() => {
        const since = performance.now()
        return Effect.map(Effect.promise(() => redis.ping()), () => {
          slowest = Math.max(slowest, performance.now() - since)
        })
      })
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(ping, Effect.sleep("10 millis"))))
      const delay = monitorEventLoopDelay({ resolution: 10 })
      delay.enable()
      for (const child of children) child.stdin.write("go\n")
      const stalls = yield* Effect.forEach(children, (child) => said(child, "stalled "), { concurrency: "unbounded" })

      assert.strictEqual(arrivals.length, 2 * calls)
      assert.strictEqual(new Set(arrivals.map(({ url }) => url)).size, 2)
      // By the server's clock, in any window of a second.
      const most = Math.max(
        ...arrivals.map(({ at }) => arrivals.filter((other) => other.at >= at && other.at < at + 1000).length)
      )
      // A blocked process sends or records a request later than the limit allowed.
      const blocked = Math.max(...stalls.map(Number)) + delay.max / 1e6
      const stalled = Math.max(0, (blocked - 50) / 1000)
      // One that has no response of Redis within 250 milliseconds keeps its own limit.
      const limits = Math.max(blocked, slowest) < 200 ? 1 : 2
      assert.isAtMost(most, limits * limit + Math.ceil(stalled * limit))
      // The limit is used, less by processes that were blocked.
      assert.isAbove(most, limit / 2 / (1 + stalled))
    }), 60_000)

  const client = (origin: string, path: string, requests = 500) =>
    Client.layer(origin).pipe(
      Layer.provide(Layer.orDie(RateLimit.layerStore({ requests }))),
      Layer.provide(RateLimitRedis.layer({ path })),
      Layer.fresh
    )

  const call = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))

  const from = (layer: Layer.Layer<OpenAiClient.OpenAiClient>) => Effect.flip(Effect.provide(call, layer))

  it.scopedLive("a retry-after of one client is kept by another", () =>
    Effect.gen(function*() {
      const path = yield* Redis.make
      const arrivals: Array<number> = []
      const server = yield* Server.make(() => {
        arrivals.push(performance.now())
        return Server.error(429, { "retry-after-ms": "700" })
      })
      yield* from(client(server.origin, path))
      yield* from(client(server.origin, path))
      assert.isAtLeast(arrivals[1]! - arrivals[0]!, 650)
    }))

  it.scopedLive("no key of Redis holds a secret", () =>
    Effect.gen(function*() {
      const path = yield* Redis.make
      const server = yield* Server.make(
        Server.json(Models.assistant(), 200, {
          "x-ratelimit-limit-requests": "60",
          "x-ratelimit-remaining-requests": "50",
          "x-ratelimit-reset-requests": "10s"
        })
      )
      yield* Effect.provide(call, client(server.origin, path))
      const redis = yield* connection(path)
      const keys = yield* Effect.promise(() => redis.keys("*"))
      assert.isAtLeast(keys.length, 2)
      const values = yield* Effect.promise(() => Promise.all(keys.map((key) => redis.hgetall(key))))
      assert.notInclude(JSON.stringify([keys, values]), "marked")
      for (const key of keys) {
        const millis = yield* Effect.promise(() => redis.pttl(key))
        assert.isAbove(millis, 0)
        assert.isAtMost(millis, 120_000)
      }
    }))

  it.scopedLive("values that other programs wrote stop nothing", () =>
    Effect.gen(function*() {
      const path = yield* Redis.make
      const server = yield* Server.make(Server.json(Models.assistant()))
      const limited = client(server.origin, path, 20)
      yield* Effect.provide(call, limited)
      const redis = yield* connection(path)
      const [key] = yield* Effect.promise(() => redis.keys("*:requests"))
      for (const balance of ["-inf", "inf", "nan", "text"]) {
        yield* Effect.promise(() => redis.hset(key!, { balance, at: "0" }))
        yield* Effect.provide(call, limited)
      }
      yield* Effect.promise(() => redis.set(key!, "text"))
      yield* Effect.provide(call, limited)
      assert.strictEqual(server.requests.length, 6)
    }))

  describe("100 concurrent calls are all sent", () => {
    const limits = { requests: 100_000, tokens: 10_000_000 }

    const limited = (origin: string, path: string) =>
      Client.layer(origin).pipe(
        Layer.provide(Layer.orDie(RateLimit.layerStore(limits))),
        Layer.provide(RateLimitRedis.layer({ path })),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )

    const all = Effect.all(Array.from({ length: 100 }, () => call), { concurrency: "unbounded", discard: true })

    const check = (path: string, during: Effect.Effect<unknown> = Effect.void) =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.json(Models.assistant()))
        yield* Effect.provide(
          Effect.zipRight(all, Effect.zipRight(during, all)),
          limited(server.origin, path)
        ).pipe(Effect.timeout("50 seconds"))
        assert.strictEqual(server.requests.length, 200)
      })

    it.scopedLive("while Redis does not exist", () => check("/nowhere/redis.sock"))

    it.scopedLive("while Redis is silent, and the layer is released", () =>
      Effect.gen(function*() {
        const { path, server } = yield* Redis.start
        server.kill("SIGSTOP")
        yield* check(path)
      }))

    it.scopedLive("while Redis becomes silent, and the layer is released", () =>
      Effect.gen(function*() {
        const { path, server } = yield* Redis.start
        yield* check(path, Effect.sync(() => server.kill("SIGSTOP")))
      }))

    it.scopedLive("while Redis is killed", () =>
      Effect.gen(function*() {
        const { path, server } = yield* Redis.start
        yield* check(
          path,
          Effect.sync(() => {
            server.removeAllListeners("exit")
            server.kill("SIGKILL")
          })
        )
      }))

    it.scopedLive("while Redis is 100 milliseconds away", () =>
      Effect.gen(function*() {
        const path = yield* Redis.make
        yield* check(yield* Redis.behind(path, 50))
      }))
  })
})
