import { Assistants, ChatCompletions, FetchHttpClient, OpenAiClient, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { NodeHttpClient } from "@effect/platform-node"
import * as Platform from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Either, Layer, Random, Redacted, Schema } from "effect"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

const Vector = Schema.Struct({
  name: Schema.String,
  retry: Schema.optional(Schema.Struct({
    times: Schema.optional(Schema.Int),
    delay_ms: Schema.optional(Schema.Number),
    max_delay_ms: Schema.optional(Schema.Number),
    max_retry_after_ms: Schema.optional(Schema.Number),
    replay_creates: Schema.optional(Schema.Boolean),
    budget: Schema.optional(Schema.Number)
  })),
  limits: Schema.optional(Schema.Struct({
    requests: Schema.optional(Schema.Int),
    tokens: Schema.optional(Schema.Int),
    max_wait_ms: Schema.optional(Schema.Number)
  })),
  calls: Schema.Array(Schema.Struct({
    operation: Schema.Literal("read", "create", "chat"),
    model: Schema.optional(Schema.String),
    max_tokens: Schema.optional(Schema.Int)
  })),
  responses: Schema.Array(Schema.Union(
    Schema.Struct({
      status: Schema.Int,
      headers: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
      code: Schema.optional(Schema.String),
      usage: Schema.optional(Schema.Int)
    }),
    Schema.Struct({ failure: Schema.Literal("reset") })
  )),
  expect: Schema.Struct({
    requests: Schema.Array(Schema.Number),
    results: Schema.Array(Schema.Literal("success", "error", "not_sent"))
  })
})

type Vector = typeof Vector.Type

// Fields that the format does not have are mistakes.
const { vectors } = Schema.decodeUnknownSync(Schema.Struct({ vectors: Schema.Array(Vector) }), {
  onExcessProperty: "error"
})(JSON.parse(readFileSync(new URL("../vectors/calls.json", import.meta.url), "utf8")))

const transports: Record<string, Layer.Layer<HttpClient.HttpClient>> = {
  Fetch: Platform.layer,
  FetchHttpClient: FetchHttpClient.layer,
  UndiciHttpClient: UndiciHttpClient.layer,
  Undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer
}

/** A clock that each wait moves by its length. */
const makeClock = () => {
  let now = 0
  const clock: Clock.Clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    sleep: (duration: Duration.Duration) =>
      Duration.isFinite(duration) ? Effect.sync(() => void (now += Duration.toMillis(duration))) : Effect.never
  })
  return { clock, now: () => now }
}

const assistant = {
  id: "asst_1",
  object: "assistant",
  created_at: 1,
  name: null,
  description: null,
  model: "gpt-4o",
  instructions: null,
  tools: [],
  file_ids: [],
  metadata: {}
}

const completion = (total_tokens: number) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop", logprobs: null }],
  usage: { prompt_tokens: 1, completion_tokens: total_tokens - 1, total_tokens }
})

/** A server that sends the responses of a vector, and records the times of the requests. */
const serve = (responses: Vector["responses"], now: () => number) =>
  Effect.gen(function*() {
    const times: Array<number> = []
    const server = Http.createServer((request, response) => {
      // Chunks of the body are of no interest.
      request.resume()
      request.on("end", () => {
        const scripted: Vector["responses"][number] = responses[times.push(now()) - 1] ?? { status: 404 }
        if ("failure" in scripted) return request.socket.destroy()
        const { code = null, headers, status, usage } = scripted
        const isChat = request.url!.endsWith("/chat/completions")
        const body = status === 200
          ? isChat ? completion(usage ?? 16) : assistant
          : { error: { message: "scripted", type: "test", param: null, code } }
        response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body))
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )
    return { times, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  })

const callOf = ({ max_tokens, model = "gpt-4o", operation }: Vector["calls"][number]) => {
  if (operation === "read") return Effect.asVoid(Assistants.retrieve({ assistant_id: "asst_1" }))
  if (operation === "create") return Effect.asVoid(Assistants.create({ model: "gpt-4o" }))
  return Effect.asVoid(ChatCompletions.create({
    model,
    messages: [{ role: "user", content: "Hi" }],
    ...(max_tokens === undefined ? undefined : { max_tokens })
  }))
}

const run = (vector: Vector, transport: Layer.Layer<HttpClient.HttpClient>) =>
  Effect.gen(function*() {
    const { calls, limits, responses, retry = {} } = vector
    const { clock, now } = makeClock()
    const { origin, times } = yield* serve(responses, now)
    const policy = Retry.layer({
      ...(retry.times === undefined ? undefined : { times: retry.times }),
      ...(retry.delay_ms === undefined ? undefined : { delay: retry.delay_ms }),
      ...(retry.max_delay_ms === undefined ? undefined : { maxDelay: retry.max_delay_ms }),
      ...(retry.max_retry_after_ms === undefined ? undefined : { maxRetryAfter: retry.max_retry_after_ms }),
      ...(retry.replay_creates === undefined ? undefined : { replayCreates: retry.replay_creates })
    })
    const rateLimit = limits === undefined ? Layer.empty : Layer.orDie(
      RateLimit.layer({ requests: limits.requests, tokens: limits.tokens, maxWait: limits.max_wait_ms })
    )
    const client = OpenAiClient.layer({
      apiKey: Redacted.make("sk-vectors"),
      baseUrl: `${origin}/v1`,
      timeout: Infinity,
      retryBudget: retry.budget
    }).pipe(Layer.provide([transport, policy, rateLimit]), Layer.orDie)
    const results = yield* Effect.forEach(calls, (call) => Effect.either(callOf(call))).pipe(
      Effect.provide(client),
      Effect.withRandom(Random.fixed([1])),
      Effect.withClock(clock)
    )
    return {
      times,
      results: results.map((result) =>
        Either.isRight(result) ? "success" : result.left._tag === "LimitExceededError" ? "not_sent" : "error"
      )
    }
  })

for (const [name, transport] of Object.entries(transports)) {
  describe(`Vectors over ${name}`, () => {
    for (const vector of vectors) {
      it.scopedLive(vector.name, () =>
        Effect.gen(function*() {
          const { results, times } = yield* run(vector, transport)
          assert.deepStrictEqual<ReadonlyArray<string>>(results, vector.expect.results)
          assert.strictEqual(times.length, vector.expect.requests.length, times.join())
          for (const [index, time] of times.entries()) {
            assert.closeTo(time, vector.expect.requests[index]!, 2, times.join())
          }
        }))
    }
  })
}

it("names of vectors are unique", () => {
  assert.strictEqual(new Set(vectors.map(({ name }) => name)).size, vectors.length)
})
