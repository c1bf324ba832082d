import { type Exchange, Render, Report, Scenario, Suite, Target, Wire } from "@effect-openai/contract-tests"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { reportOf } from "./utils/report.js"

/** A server that returns an empty list of models. */
const models = Target.fromHttpClient(Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.sync(() => HttpClientResponse.fromWeb(request, Response.json({ object: "list", data: [] })))
  )
))

const own = (
  name: string,
  run: Scenario.Scenario["run"],
  options: Partial<Pick<Scenario.Scenario, "requires" | "sequential">> = {}
) => Scenario.make({ id: `own/${name}`, title: name, group: "happy", operations: ["listModels"], ...options, run })

const run = (scenarios: ReadonlyArray<Scenario.Scenario>, options: Partial<Suite.Options> = {}) =>
  Suite.run({ target: { ...models, scenarios }, only: ["own"], ...options })

const names = ["one", "two", "three"]

/** Sends a request that names its scenario. */
const send = (name: string) => Wire.send({ method: "GET", path: `/models?from=${name}` })

describe("concurrent scenarios", () => {
  it.effect("run at the same time, and each has its own exchanges", () =>
    Effect.gen(function*() {
      const all = yield* Deferred.make<void>()
      let started = 0
      const sent: Array<readonly [id: string, paths: ReadonlyArray<string>]> = []
      const report = yield* run(
        names.map((name) =>
          own(
            name,
            Effect.gen(function*() {
              yield* send(name)
              if (++started === names.length) yield* Deferred.succeed(all, undefined)
              yield* Deferred.await(all)
              yield* send(name)
            })
          )
        ),
        {
          onExchanges: ({ id }, exchanges: ReadonlyArray<Exchange.Exchange>) =>
            Effect.sync(() => void sent.push([id, exchanges.map(({ request }) => request.path)]))
        }
      )
      assert.deepStrictEqual(report.results.map(({ id, requests }) => [id, requests]), [
        ["own/one", 2],
        ["own/two", 2],
        ["own/three", 2]
      ])
      assert.strictEqual(report.totals.passed, 3)
      for (const [id, paths] of sent) {
        assert.deepStrictEqual(paths, Array(2).fill(`/models?from=${id.slice("own/".length)}`))
      }
      assert.lengthOf(sent, 3)
    }))

  it.effect("are reported in a fixed order, whichever ends first", () =>
    Effect.gen(function*() {
      const last = yield* Deferred.make<void>()
      const told: Array<string> = []
      const report = yield* run(
        [
          own("one", Effect.zipRight(Deferred.await(last), send("one"))),
          own("two", Effect.asVoid(send("two"))),
          own("three", Effect.zipRight(send("three"), Deferred.succeed(last, undefined)))
        ],
        {
          onExchanges: ({ id }) => Effect.sync(() => void told.push(`exchanges of ${id}`)),
          onResult: ({ id }) => Effect.sync(() => void told.push(id))
        }
      )
      const ids = ["own/one", "own/two", "own/three"]
      assert.deepStrictEqual(told, ids.flatMap((id) => [`exchanges of ${id}`, id]))
      assert.deepStrictEqual(report.results.map(({ id }) => id), ids)
    }))

  it.effect.each([1, 2, 5])("are at most %i, and a sequential one runs alone", (concurrency) =>
    Effect.gen(function*() {
      const log: Array<number> = []
      let running = 0
      const one = (name: string, sequential = false) =>
        own(
          name,
          Effect.gen(function*() {
            log.push(++running)
            for (let turn = 0; turn < 5; turn++) yield* Effect.yieldNow()
            if (sequential) assert.strictEqual(running, 1)
            yield* send(name)
            running--
          }),
          { sequential }
        )
      const report = yield* run([
        ...["a", "b", "c", "d"].map((name) => one(name)),
        one("alone", true),
        ...["e", "f", "g"].map((name) => one(name))
      ], { concurrency })
      assert.strictEqual(report.totals.passed, 8)
      assert.strictEqual(Math.max(...log), Math.min(concurrency, 4))
    }))

  it("are sequential if they advance the time or reach rate limits, unless they say otherwise", () => {
    const of = (requires: ReadonlyArray<Scenario.Capability>, sequential?: boolean) =>
      own("one", Effect.void, { requires, ...sequential !== undefined && { sequential } }).sequential
    assert.deepStrictEqual(
      [of([]), of(["clock"]), of(["stateful", "rateLimits"]), of(["stateful"]), of(["clock"], false)],
      [false, true, true, false, false]
    )
    const ids = Suite.all.filter(({ id, sequential }) => sequential && !id.startsWith("rateLimits/")).map(({ id }) =>
      id
    )
    assert.includeMembers(ids, ["administration/users", "models/delete", "lists/listAssistants", "runs/expire"])
  })
})

describe("the slowest scenarios", () => {
  const { results: [result], ...report } = reportOf("x")
  const timed = Report.make({
    ...report,
    results: Array.from({ length: 30 }, (_, index) => ({
      ...result!,
      id: `own/${index}`,
      millis: (index * 7) % 30 * 1000,
      verdict: index === 17 ? { _tag: "Skipped", because: "x" } as const : { _tag: "Passed" } as const
    }))
  })

  it("are ten that ran, the slowest first", () => {
    assert.deepStrictEqual(
      timed.slowest.map(({ millis }) => millis / 1000),
      [28, 27, 26, 25, 24, 23, 22, 21, 20, 19]
    )
  })

  it("end the text and the page", () => {
    assert.match(Render.text(timed), /Slowest\n\n +28\.0 s {2}own\/4\n +27\.0 s {2}own\/21\n/)
    const [, slowest] = Render.html(timed).split("id=\"slowest\"")
    assert.match(slowest!, /28\.0 s<\/strong> <code>own\/4<.*27\.0 s<\/strong> <code>own\/21</s)
  })
})
