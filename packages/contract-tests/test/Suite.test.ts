import * as Client from "@effect-openai/client"
import { Exchange, Fixture, Render, Report, Scenario, Suite, Target, Wire } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Redacted, Schema, Stream } from "effect"
import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const failures = ({ results }: Report.Report) =>
  results.flatMap(({ id, verdict }) => verdict._tag === "Failed" ? [{ id, ...verdict }] : [])

const tagsOf = ({ results }: Report.Report) => results.map(({ verdict }) => verdict._tag)

/** A transport of a function from web requests to web responses. */
const answering = (
  response: (request: HttpClientRequest.HttpClientRequest) => Response
): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.sync(() => HttpClientResponse.fromWeb(request, response(request))))
  )

/** The emulator, whose JSON responses are changed. */
const changing = (change: (json: any, request: HttpClientRequest.HttpClientRequest) => unknown) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (emulator) =>
      HttpClient.transform(emulator, (effect, request) =>
        Effect.gen(function*() {
          const response = yield* effect
          if (!response.headers["content-type"]?.includes("json")) {
            return response
          }
          const json = change(JSON.parse(yield* response.text), request)
          return HttpClientResponse.fromWeb(request, Response.json(json, { status: response.status }))
        })))
  ).pipe(Layer.provide(Emulator.layer({ pollAfter: 0 })))

const against = (layer: Layer.Layer<HttpClient.HttpClient>, options: Target.HttpClientOptions = {}) =>
  Target.fromHttpClient(layer, { name: "a mock", ...options })

/** A mock has no time, so that no scenario waits for it. */
const timeless: Target.HttpClientOptions = { advance: () => Effect.void }

const only = (target: Target.Target, id: string, settings: Suite.Settings = {}) =>
  Effect.map(
    Suite.run({ target, only: [id], patience: "1 second", cases: 5, ...settings }),
    ({ results }) => results.find((result) => result.id === id)!
  )

const expectationOf = ({ verdict }: Report.Result) => verdict._tag === "Failed" ? verdict.expectation : verdict._tag

const own = (run: Scenario.Scenario["run"]): Scenario.Scenario =>
  Scenario.make({ id: "own/one", title: "an additional scenario", group: "happy", operations: ["listModels"], run })

const withOwn = (target: Target.Target, run: Scenario.Scenario["run"]): Target.Target => ({
  ...target,
  scenarios: [own(run)]
})

describe("Suite", () => {
  it.live(
    "passes on replayed fixtures, and skips other scenarios",
    () =>
      Effect.gen(function*() {
        const report = yield* Suite.run({ target: Target.replay(fixtures) })
        assert.deepStrictEqual(failures(report), [])
        assert.strictEqual(report.totals.passed, fixtures.length)
        assert.strictEqual(report.totals.skipped, Suite.all.length)
      }),
    60_000
  )

  it("tests every operation in a happy scenario, and has unique IDs", () => {
    const happy = new Set(
      Suite.all.filter(({ group }) => group !== "negative" && group !== "properties").flatMap(({ operations }) =>
        operations
      )
    )
    assert.deepStrictEqual(Contract.endpoints.map(({ name }) => name).filter((name) => !happy.has(name)), [])
    assert.strictEqual(new Set(Suite.all.map(({ id }) => id)).size, Suite.all.length)
    const known = new Set(Contract.endpoints.map(({ name }) => name))
    assert.deepStrictEqual(Suite.all.flatMap(({ operations }) => operations).filter((name) => !known.has(name)), [])
  })

  describe("fails for", () => {
    it.live("a server that returns {} to everything", () =>
      Effect.gen(function*() {
        const report = yield* Suite.run({
          target: against(answering(() => Response.json({})), timeless),
          patience: 0,
          cases: 2
        })
        assert.notInclude(tagsOf(report), "Passed")
        assert.strictEqual(report.totals.failed + report.totals.skipped, Suite.all.length)
        assert.isAbove(report.totals.failed, 200)
      }), 60_000)

    it.live("a server that returns nothing, or 500", () =>
      Effect.gen(function*() {
        let requests = 0
        const report = yield* Suite.run({
          target: against(answering(() => new Response("", { status: requests++ % 2 === 0 ? 200 : 500 })), timeless),
          patience: 0,
          cases: 2
        })
        assert.notInclude(tagsOf(report), "Passed")
      }), 60_000)

    it.live("a scenario without requests", () =>
      Effect.gen(function*() {
        const result = yield* only(withOwn(Target.emulator(), Effect.void), "own/one")
        assert.strictEqual(expectationOf(result), "a scenario sends at least one request")
      }))

    it.live("a response that is not read or not documented", () =>
      Effect.gen(function*() {
        const unread = yield* only(
          withOwn(
            Target.emulator(),
            Effect.flatMap(Wire.Wire, () => Effect.void).pipe(
              Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(Client.Files.list.pages(), 0))))
            )
          ),
          "own/one"
        )
        assert.strictEqual(unread.verdict._tag, "Failed")
        const undocumented = yield* only(
          withOwn(
            against(answering(() => Response.json({ object: "list" }))),
            Effect.asVoid(Wire.send({ method: "GET", path: "/nowhere" }))
          ),
          "own/one"
        )
        assert.strictEqual(expectationOf(undocumented), "every response is as documented")
        assert.match(undocumented.findings[0]!.what, /not checked/)
      }))

    it.live("a scenario with a defect or without an end", () =>
      Effect.gen(function*() {
        const died = yield* only(withOwn(Target.emulator(), Effect.die("so")), "own/one")
        assert.match(expectationOf(died), /without a defect/)
        const endless = yield* only(withOwn(Target.emulator(), Effect.never), "own/one", { timeout: 10 })
        assert.match(expectationOf(endless), /within 10ms/)
      }))

    it.live("a cursor that does not advance", () =>
      Effect.gen(function*() {
        let first: unknown
        const target = against(changing((json, { method, url }) => {
          if (method !== "GET" || !url.includes("/messages")) return json
          return first ??= json
        }))
        const result = yield* only(target, "lists/listMessages")
        assert.strictEqual(result.verdict._tag, "Failed")
      }))

    it.live("a run that never changes", () =>
      Effect.gen(function*() {
        const target = against(
          changing((json) => json.object === "thread.run" ? { ...json, status: "queued" } : json)
        )
        const result = yield* only(target, "runs/complete")
        assert.strictEqual(expectationOf(result), "a run moves until it has ended or requires an action")
      }))

    it.live("a run with a wrong transition", () =>
      Effect.gen(function*() {
        let looks = 0
        const target = against(changing((json, { method }) => {
          if (json.object !== "thread.run" || method !== "GET") return json
          return { ...json, status: ["in_progress", "queued", "completed"][looks++] ?? "completed" }
        }))
        assert.match(expectationOf(yield* only(target, "runs/complete")), /^a run goes from in_progress to /)
      }))

    it.live("a stream without events", () =>
      Effect.gen(function*() {
        const events = (text: string) =>
          against(
            Layer.effect(
              HttpClient.HttpClient,
              Effect.map(HttpClient.HttpClient, (emulator) =>
                HttpClient.transform(emulator, (effect, request) =>
                  Effect.map(effect, (response) =>
                    response.headers["content-type"] === "text/event-stream"
                      ? HttpClientResponse.fromWeb(
                        request,
                        new Response(text, { headers: { "content-type": "text/event-stream" } })
                      )
                      : response)))
            ).pipe(Layer.provide(Emulator.layer({ pollAfter: 0 })))
          )
        for (const text of ["", "event: done\ndata: [DONE]\n\n", "data: [DONE]\n\n", ": comment\n\n"]) {
          const report = yield* Suite.run({
            target: events(text),
            only: ["streams", "chat/stream", "chat/streamTools"]
          })
          assert.deepStrictEqual(
            report.results.filter(({ verdict }) => verdict._tag === "Passed").map(({ id }) => id),
            // It opens none.
            ["streams/refused"],
            JSON.stringify(text)
          )
        }
      }), 30_000)

    it.live("events that do not decode, and continues with them", () =>
      Effect.gen(function*() {
        const mistaken = (text: string) =>
          text.replaceAll("\"object\":\"thread.message.delta\"", "\"object\":7")
            .replace("event: thread.run.queued\ndata: {", "event: thread.run.queued\ndata: {\"colour\":\"blue\",")
        const target = against(
          Layer.effect(
            HttpClient.HttpClient,
            Effect.map(HttpClient.HttpClient, (emulator) =>
              HttpClient.transform(emulator, (effect, request) =>
                Effect.flatMap(effect, (response) =>
                  response.headers["content-type"] === "text/event-stream"
                    ? Effect.map(response.text, (text) =>
                      HttpClientResponse.fromWeb(
                        request,
                        new Response(mistaken(text), { headers: { "content-type": "text/event-stream" } })
                      ))
                    : Effect.succeed(response))))
          ).pipe(Layer.provide(Emulator.layer({ pollAfter: 0 })))
        )
        const result = yield* only(target, "streams/run")
        assert.strictEqual(expectationOf(result), "every response is as documented")
        assert.deepStrictEqual(
          [
            ...new Set(result.findings.map(({ field }) =>
              field.replace(/\[\d+\]/g, "[]")
            ))
          ].sort(),
          ["[].data.colour", "[].data.object"]
        )
        // What follows the stream was requested.
        assert.deepStrictEqual(
          result.exchanges.map(({ operation }) => operation).slice(-3),
          ["getRun", "getMessage", "getRunStep"]
        )
        assert.deepStrictEqual(result.left, [])
      }))

    it.live("many requests that it must refuse, and shows one of them", () =>
      Effect.gen(function*() {
        const target = against(answering(() => Response.json({})))
        const { exchanges, requests, verdict } = yield* only(target, "validation/createThread")
        assert.isAbove(requests, 20)
        assert.lengthOf(exchanges, 1)
        assert.match(verdict._tag === "Failed" ? verdict.message : "", /The same for \d+ more/)
      }))

    it.live.each(["apiKey", "adminKey"] as const)("an %s in a response", (name) =>
      Effect.gen(function*() {
        const key = Redacted.make("sk-secretsecretsecretsecret")
        const target = against(
          changing((json) => json.object === "list" ? { ...json, key: Redacted.value(key) } : json),
          { [name]: key }
        )
        const result = yield* only(target, "models/list")
        assert.strictEqual(result.verdict._tag, "Failed")
        assert.notInclude(JSON.stringify(result), Redacted.value(key))
        assert.include(JSON.stringify(result), "<redacted>")
      }))
  })

  describe("finds deviations:", () => {
    const findings = (change: (json: any) => unknown) =>
      Effect.map(
        only(against(changing((json) => json.object === "assistant" ? change(json) : json)), "assistants/defaults"),
        (result) => {
          assert.strictEqual(expectationOf(result), "every response is as documented")
          return result.findings
        }
      )

    it.live("an undocumented field, reported once", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* findings((json) => ({ ...json, colour: "blue" })), [
          { operation: "createAssistant", field: "colour", what: "is not documented", example: "\"blue\"" }
        ])
      }))

    it.live("a mistyped field, which the client tolerates", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* findings((json) => ({ ...json, response_format: "xml" })), [{
          operation: "createAssistant",
          field: "response_format",
          what: "Expected \"none\" | \"auto\" | AssistantsApiResponseFormat, actual \"xml\"",
          example: "\"xml\""
        }])
      }))

    it.live("a missing field", () =>
      Effect.gen(function*() {
        const target = against(changing(({ has_more: _, ...json }) => json))
        const { findings } = yield* only(target, "lists/assistantsChange")
        assert.deepInclude(findings, {
          operation: "listAssistants",
          field: "has_more",
          what: "is missing",
          example: null
        })
      }))

    it.live("a status, and a media type", () =>
      Effect.gen(function*() {
        const created = yield* only(
          against(answering(() => Response.json({ object: "list", data: [] }, { status: 201 }))),
          "models/list"
        )
        assert.deepInclude(created.findings, {
          operation: "listModels",
          field: "status",
          what: "should be 200",
          example: "201"
        })
        const text = yield* only(
          against(answering(() => new Response("{\"object\":\"list\",\"data\":[]}"))),
          "models/list"
        )
        assert.strictEqual(text.findings[0]!.field, "content-type")
      }))

    it.live("an error without the documented envelope", () =>
      Effect.gen(function*() {
        const target = against(changing((json) => json.error === undefined ? json : { error: { message: "No." } }))
        const { findings } = yield* only(target, "assistants/delete")
        assert.includeMembers(findings.map(({ field }) => field), ["error.type", "error.param", "error.code"])
      }))
  })

  describe("properties", () => {
    const forgetful = against(changing((json, { method, url }) =>
      // It forgets names that are longer than eight characters.
      method === "POST" && url.endsWith("/assistants") && (json.name ?? "").length > 8
        ? { ...json, name: "forgotten" }
        : json
    ))

    it.live("report the smallest failing request and the seed", () =>
      Effect.gen(function*() {
        const { verdict } = yield* only(forgetful, "properties/createAssistant/valid", { cases: 100, seed: 3 })
        if (verdict._tag !== "Failed") return assert.fail(verdict._tag)
        assert.strictEqual(verdict.expectation, "the response repeats the request's fields")
        assert.match(verdict.message, /Seed 3, case \d+, shrunk \d+ times/)
        const body = JSON.parse(/POST \/assistants (.*)$/m.exec(verdict.message)![1]!)
        assert.deepStrictEqual(Object.keys(body).sort(), ["model", "name"])
        assert.strictEqual(body.name.length, 9)
      }), 60_000)

    it.live("are the same for the same seed", () =>
      Effect.gen(function*() {
        const sent = (seed: number) =>
          Effect.gen(function*() {
            const bodies: Array<unknown> = []
            yield* Suite.run({
              target: Target.emulator(),
              only: ["properties/createThread/valid"],
              seed,
              cases: 5,
              onExchanges: (_, exchanges) =>
                Effect.sync(() => {
                  bodies.push(...exchanges.map(({ request }) => request.body?.text))
                })
            })
            return bodies
          })
        const first = yield* sent(1)
        assert.deepStrictEqual(yield* sent(1), first)
        assert.notDeepEqual(yield* sent(2), first)
      }))

    it.live("make a fixture of a failing case", () =>
      Effect.gen(function*() {
        const { exchanges } = yield* only(forgetful, "properties/createAssistant/valid", { cases: 100, seed: 3 })
        const last = exchanges.findLast(({ operation }) => operation === "createAssistant")!
        const fixture = yield* Exchange.toFixture(last, { upstream: "http://localhost/v1", time: 0 })
        assert.strictEqual(fixture.operationId, "createAssistant")
        const text = yield* Fixture.format(fixture)
        assert.include(text, "\"forgotten\"")
        assert.deepStrictEqual(yield* Schema.decodeUnknown(Fixture.Contents)(JSON.parse(text)), fixture)
        const replayed = yield* Suite.run({
          target: Target.replay([{ ...fixture, name: "createAssistant/kept" }]),
          only: ["documented"]
        })
        assert.deepStrictEqual(failures(replayed), [])
      }), 60_000)
  })

  describe("run", () => {
    it.live("counts skipped scenarios, with their reasons", () =>
      Effect.gen(function*() {
        const target = Target.emulator({
          capabilities: { clock: false },
          operations: ["listModels", "retrieveModel", "getRun"]
        })
        const { results, totals } = yield* Suite.run({ target, only: ["models", "runs/expire", "embeddings"] })
        assert.deepInclude(totals, { passed: 1, failed: 0, skipped: 4 })
        assert.deepStrictEqual(
          results.flatMap(({ verdict }) => verdict._tag === "Skipped" ? [verdict.because] : []),
          [
            "it needs deleteModel, which the target does not have",
            "it needs createEmbedding, which the target does not have",
            "it needs createEmbedding, which the target does not have",
            "the target does not let its time be advanced"
          ]
        )
      }))

    it.live("emits each result when it is known, in a fixed order", () =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const report = yield* Suite.run({
          target: Target.emulator(),
          only: ["threads", "models/list"],
          onResult: ({ id }) =>
            Effect.sync(() => {
              told.push(id)
            })
        })
        assert.deepStrictEqual(told, report.results.map(({ id }) => id))
        assert.deepStrictEqual(
          told,
          Either.getOrThrow(Suite.scenariosFor(Target.emulator(), ["threads", "models/list"])).map(({ id }) => id)
        )
        assert.deepStrictEqual(
          yield* Schema.decodeUnknown(Report.Report)(yield* Schema.encode(Report.Report)(report)),
          report
        )
      }))

    it.live("deletes objects of several resources that it created", () =>
      Effect.gen(function*() {
        const emulator = yield* Layer.build(Emulator.layer({ pollAfter: 0 }))
        const report = yield* Suite.run({
          target: against(Layer.succeedContext(emulator)),
          only: ["assistantFiles", "properties/createAssistantFile"],
          cases: 2
        })
        assert.isAbove(report.totals.passed, 3)
        const client = Client.OpenAiClient.layer({ apiKey: Redacted.make("sk-test"), baseUrl: "http://localhost/v1" })
          .pipe(
            Layer.provide(Layer.succeedContext(emulator))
          )
        yield* Effect.gen(function*() {
          assert.deepStrictEqual((yield* Client.Assistants.list()).data, [])
          assert.deepStrictEqual((yield* Client.Files.list()).data, [])
        }).pipe(Effect.provide(client))
      }).pipe(Effect.scoped), 30_000)

    it.live("lists what could not be deleted", () =>
      Effect.gen(function*() {
        const target = Target.emulator({ operations: ["createAssistant"] })
        const report = yield* Suite.run({ target, only: ["assistants/defaults"] })
        assert.deepInclude(report.totals, { passed: 1, failed: 0 })
        const [{ left }] = report.results as [Report.Result]
        assert.lengthOf(left, 2)
        assert.isTrue(left.every((path) => /^\/assistants\/asst_\w+$/.test(path)))
        for (const render of [Render.text, Render.junit, Render.html]) {
          assert.match(render(report), /not deleted/i)
          assert.include(render(report), left[1]!)
        }
      }))

    it("selects scenarios by operation, ID, and beginning of IDs", () => {
      const idsOf = (...only: ReadonlyArray<string>) =>
        Either.getOrThrow(Suite.scenariosFor(Target.emulator(), only)).map(({ id }) => id)
      assert.deepStrictEqual(idsOf("assistants/create"), ["assistants/create"])
      assert.deepStrictEqual(idsOf("chat/stream"), ["chat/stream"])
      assert.isTrue(idsOf("assistant").every((id) => /^assistant(?:s|Files)\//.test(id)))
      assert.isAbove(idsOf("assistant").length, idsOf("assistants").length)
      assert.include(idsOf("deleteModel"), "models/delete")
    })

    it.live("fails for an operation that is not in the contract", () =>
      Effect.gen(function*() {
        const target = Target.emulator({ operations: ["listModels", "getAsistant"] })
        const error = yield* Effect.flip(Suite.run({ target }))
        assert.match(error.message, /^getAsistant .* is not an operation of the contract$/)
      }))

    it.live("fails if the target can't be reached or nothing is selected", () =>
      Effect.gen(function*() {
        const nowhere = Target.baseUrl({ baseUrl: "http://127.0.0.1:1/v1", apiKey: Redacted.make("sk-test") })
        const unreachable = yield* Effect.flip(Suite.run({ target: nowhere }))
        assert.match(unreachable.message, /^No response from http:\/\/127\.0\.0\.1:1\/v1/)
        const unknown = yield* Effect.flip(Suite.run({ target: Target.emulator(), only: ["createRuns"] }))
        assert.strictEqual(
          unknown.message,
          "\"createRuns\" is not an operation, and not the ID of a scenario or its beginning"
        )
      }))

    it.live("reads a stream only as far as its scenario", () =>
      Effect.gen(function*() {
        let cancelled = false
        let pulled = 0
        const endless = () =>
          new Response(
            new ReadableStream({
              pull: (controller) => {
                pulled++
                const chunk = { id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices: [] }
                controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`))
              },
              cancel: () => {
                cancelled = true
              }
            }, { highWaterMark: 0 }),
            { headers: { "content-type": "text/event-stream" } }
          )
        const result = yield* only(
          withOwn(
            against(answering(endless)),
            Stream.runDrain(Stream.take(
              Client.ChatCompletions.create.stream({ model: "m", messages: [{ role: "user", content: "x" }] }),
              3
            ))
          ),
          "own/one"
        )
        assert.strictEqual(result.verdict._tag, "Passed")
        assert.isTrue(cancelled)
        assert.isBelow(pulled, 10)
      }))

    it.live("takes a stream whose events come together as unread where its reader leaves", () =>
      Effect.gen(function*() {
        const event = (finish_reason: string | null) => {
          const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason }]
          return `data: ${
            JSON.stringify({ id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices })
          }\n\n`
        }
        const together = () =>
          new Response(event(null) + event("stop"), { headers: { "content-type": "text/event-stream" } })
        const reading = (count: number) =>
          only(
            withOwn(
              against(answering(together)),
              Stream.runDrain(Stream.take(
                Client.ChatCompletions.create.stream({ model: "m", messages: [{ role: "user", content: "x" }] }),
                count
              ))
            ),
            "own/one"
          )
        assert.strictEqual((yield* reading(1)).verdict._tag, "Passed")
        assert.strictEqual((yield* reading(3)).verdict._tag, "Failed")
      }))
  })

  /** Runs the files of mocks under vitest, and returns the results of each. */
  const registered = Effect.async<(file: string) => any>((resume) => {
    const root = fileURLToPath(new URL("registered", import.meta.url))
    const vitest = createRequire(import.meta.url).resolve("vitest/vitest.mjs")
    const child = execFile(
      process.execPath,
      [vitest, "run", "--root", root, "--reporter=json"],
      { env: { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined }, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout) => {
        const { testResults } = JSON.parse(stdout)
        resume(Effect.succeed((file) => testResults.find(({ name }: any) => name.endsWith(file))))
      }
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

  it.live(
    "registers tests under vitest that pass, fail and are skipped, and fails for an unknown name",
    () =>
      Effect.gen(function*() {
        const resultsOf = yield* registered
        const { message, status } = resultsOf("unknown.ts")
        assert.strictEqual(status, "failed")
        assert.include(message, "\"createAsistant\" is not an operation")
        const { assertionResults: results } = resultsOf("mocks.ts")
        const of = (name: string) => results.filter(({ ancestorTitles }: any) => ancestorTitles.includes(name))
        const kept = of("a mock that keeps the contract")
        assert.isAbove(kept.filter(({ status }: any) => status === "passed").length, 8)
        assert.deepStrictEqual(kept.filter(({ status }: any) => status === "failed"), [])
        assert.deepStrictEqual(
          kept.filter(({ status }: any) => status === "skipped").map(({ title }: any) => title),
          [
            "authentication/createAssistant: createAssistant refuses a missing and a wrong key with 401",
            "authentication/deleteAssistant: deleteAssistant refuses a missing and a wrong key with 401",
            "rateLimits/createAssistant: createAssistant refuses too many requests with 429, and says when to retry",
            "rateLimits/deleteAssistant: deleteAssistant refuses too many requests with 429, and says when to retry"
          ]
        )
        const empty = of("a mock that returns {} to everything")
        assert.isAbove(empty.length, 5)
        assert.deepStrictEqual(
          empty.filter(({ status }: any) => status !== "failed").map(({ title }: any) => title.split(":")[0]),
          ["rateLimits/createAssistant"]
        )
        assert.match(empty[0].failureMessages[0], /Expected: [^]*But: [^]*Its response: 200 \{\}[^]*Seed: 7/)

        // vitest's time for a line grows faster than the line's length.
        const long = of("a mock that fails with a long line")
        const selected = Suite.scenariosFor(Target.emulator(), ["assistants", "limits"])
        assert.lengthOf(long.filter(({ status }: any) => status === "failed"), Either.getOrThrow(selected).length)
        for (const { failureMessages: [message] } of long) {
          assert.match(message, /The last of \d+ requests: [^]*Its body: [^]*Its response: 500 at x/)
          assert.isBelow(Math.max(...message.split("\n").map((line: string) => line.length)), 600)
          assert.isBelow(message.length, 5000)
        }
      }),
    120_000
  )
})
