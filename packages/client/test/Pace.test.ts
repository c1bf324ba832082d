import { OpenAiClient, Projects, ProjectUsers } from "@effect-openai/client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Metric, Redacted, Stream, TestClock } from "effect"
import * as Metrics from "../src/internal/telemetry/metrics.js"
import * as Client from "./utils/client.js"

const projects = 50

const page = (data: ReadonlyArray<object>, last_id: string | null = null, has_more = false) =>
  Client.success({ object: "list", data, first_id: null, last_id, has_more })

const project = (index: number) => ({ id: `proj_${index}`, object: "organization.project" })

/** Administration of an organization that admits some requests of an endpoint in a minute, and says nothing else. */
const organization = (admits: number) => {
  const sent = new Map<string, Array<number>>()
  const refused: Array<string> = []
  const client = HttpClient.make((request) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const url = new URL(request.url)
      const endpoint = url.pathname.replace(/proj_\d+/, "{project_id}")
      const times = sent.get(endpoint) ?? []
      sent.set(endpoint, times)
      const respond = (response: Response) => HttpClientResponse.fromWeb(request, response)
      if (times.filter((time) => time > now - 60_000).length >= admits) {
        refused.push(endpoint)
        return respond(Response.json({ error: "Too many requests" }, { status: 429 }))
      }
      times.push(now)
      if (!endpoint.endsWith("/projects")) return respond(page([{ id: "user-1", email: "ada@example.com" }]))
      const after = Number(
        request.urlParams.find(([name]) => name === "after")?.[1].slice("proj_".length) ??
          url.searchParams.get("after")?.slice(5) ?? -1
      )
      const data = Array.from({ length: 20 }, (_, index) => project(after + 1 + index)).slice(0, projects - after - 1)
      return respond(page(data, data.at(-1)!.id, after + 1 + data.length < projects))
    })
  )
  return { sent, refused, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const walk = Projects.list.items().pipe(
  Stream.flatMap(({ id }) => ProjectUsers.list.items({ project_id: id })),
  Stream.runCount
)

/** Runs an effect while the time passes, and returns the minutes that it takes. */
const minutes = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    for (let minute = 0; minute < 60; minute++) {
      for (let second = 0; second < 60; second++) {
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        if ((yield* Fiber.poll(fiber))._tag === "Some") return [yield* Fiber.join(fiber), minute] as const
        yield* TestClock.adjust("1 second")
      }
    }
    return assert.fail("it takes more than an hour")
  })

const clientOf = (
  { layer }: ReturnType<typeof organization>,
  options: Partial<OpenAiClient.Options> = {}
) => Layer.provide(OpenAiClient.layer({ adminKey: Redacted.make("sk-admin"), timeout: Infinity, ...options }), layer)

const paceWait = Metric.tagged(Metrics.limitWait, "unit", "s").pipe(Metric.tagged("openai.limit", "pace"))

describe("the pace of administration", () => {
  it.effect("gets through all projects and their users", () =>
    Effect.gen(function*() {
      const server = organization(7)
      // Tests before this one may have waited, too.
      const before = yield* Metric.value(paceWait)
      const [count, taken] = yield* minutes(Effect.provide(walk, clientOf(server)))
      assert.strictEqual(count, projects)
      assert.strictEqual(taken, 7)
      assert.deepStrictEqual(server.refused, [])
      assert.deepStrictEqual([...server.sent.values()].map(({ length }) => length), [3, projects])
      const waits = yield* Metric.value(paceWait)
      assert.strictEqual(waits.count - before.count, 7)
      assert.isAtLeast(waits.sum - before.sum, 7 * 55)
    }))

  it.effect("is an option, and can be disabled", () =>
    Effect.gen(function*() {
      const [, taken] = yield* minutes(Effect.provide(walk, clientOf(organization(25), { administrationRequests: 25 })))
      assert.strictEqual(taken, 1)
      const [, unlimited] = yield* minutes(
        Effect.provide(walk, clientOf(organization(Infinity), { administrationRequests: Infinity }))
      )
      assert.strictEqual(unlimited, 0)
      const elsewhere = { baseUrl: "http://localhost/v1" }
      assert.strictEqual((yield* minutes(Effect.provide(walk, clientOf(organization(Infinity), elsewhere))))[1], 0)
      const invalid = yield* Effect.flip(Layer.build(clientOf(organization(1), { administrationRequests: 0 })))
      assert.match(String(invalid), /administrationRequests is not a positive integer|administrationRequests/)
    }).pipe(Effect.scoped))

  it.effect("waits for the next minute where the server has less room", () =>
    Effect.gen(function*() {
      const server = organization(5)
      const [count, taken] = yield* minutes(Effect.provide(walk, clientOf(server)))
      assert.strictEqual(count, projects)
      assert.isAtMost(taken, 12)
      assert.isAbove(server.refused.length, 0)
    }))
})
