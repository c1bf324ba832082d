import { Assistants, ChatCompletions, Files, Images, Retry, Runs, Threads } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import type { Faults } from "@effect-openai/emulator"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Stream, TestClock } from "effect"
import { describeEach } from "./describeEach.js"
import { apiKey, BaseUrl, send, sendJson, type Services, targets } from "./utils.js"

const model = "gpt-4-turbo"

const equal: (actual: unknown, expected: unknown) => void = assert.deepStrictEqual

const create = Assistants.create({ model }).pipe(Retry.none)

const list = Assistants.list().pipe(Retry.none)

const known = Effect.map(list, ({ data }) => data.length)

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(effect)

const chat = ChatCompletions.create.stream({ model, messages: [{ role: "user", content: "one two three four" }] })

/** What of a chat came, and how it ended. */
const readChat = Effect.gen(function*() {
  const texts: Array<string> = []
  const exit = yield* Effect.exit(Stream.runForEach(chat, (event) =>
    Effect.sync(() => {
      texts.push(event.choices![0]!.delta!.content ?? "")
    })))
  return { texts, error: Exit.isFailure(exit) ? (yield* failure(exit)) : undefined }
})

describeEach(targets)("Faults $name", ({ layer }) => {
  const faulty = (
    rules: Faults.Options["rules"] | Faults.Rule["fault"],
    effect: Effect.Effect<unknown, unknown, Services>,
    options?: Faults.Options
  ) =>
    Effect.provide(
      effect,
      layer({
        faults: {
          ...options,
          rules: rules === undefined || Array.isArray(rules) ? rules : [{ fault: rules as Faults.Fault }]
        }
      })
    )

  const test = (
    name: string,
    rules: Faults.Options["rules"] | Faults.Rule["fault"],
    effect: Effect.Effect<unknown, unknown, Services>
  ) => it.effect(name, () => faulty(rules, effect))

  describe("refusals", () => {
    test(
      "responds with the documented envelope of a status, without running the operation",
      [{ operation: "createAssistant", fault: { type: "status", status: 503, message: "No.", code: "busy" } }],
      Effect.gen(function*() {
        const error = yield* failure(create)
        assert.strictEqual(error._tag, "InternalServerError")
        assert.deepInclude({ ...error }, { status: 503, type: "server_error", code: "busy" })
        assert.include(error.message, "No.")
        assert.strictEqual(yield* known, 0)
        const { headers } = yield* sendJson("POST", "/assistants", { model })
        assert.strictEqual(headers["x-emulator-fault"], "status by fault_1")
        assert.match(headers["x-request-id"]!, /^req_/)
      })
    )

    test(
      "responds with the body and headers of the rule",
      {
        type: "status",
        status: 502,
        body: "<h1>Bad gateway</h1>",
        headers: { "Retry-After": "7", "x-should-retry": "false" }
      },
      Effect.gen(function*() {
        const { headers, status, text } = yield* send("GET", "/assistants")
        equal([status, text, headers["content-type"]], [502, "<h1>Bad gateway</h1>", "text/html"])
        equal([headers["retry-after"], headers["x-should-retry"]], ["7", "false"])
        const error = yield* failure(list)
        assert.strictEqual(error._tag, "InternalServerError")
      })
    )

    test(
      "responds with a rate limit, after which the client retries",
      [{ times: 2, fault: { type: "rate_limit", limit: "tokens", retry_after_ms: 90_500 } }],
      Effect.gen(function*() {
        const { headers, json, status } = yield* send("GET", "/assistants")
        equal([status, json.error.type, json.error.code], [429, "tokens", "rate_limit_exceeded"])
        equal([headers["retry-after"], headers["retry-after-ms"]], ["91", "90500"])
        equal([headers["x-ratelimit-remaining-tokens"], headers["x-ratelimit-reset-tokens"]], ["0", "1m30.5s"])
        const error = yield* failure(list)
        assert.strictEqual(error._tag, "RateLimitError")
        if (error._tag === "RateLimitError") {
          equal(Duration.toMillis(error.retryAfter!), 90_500)
        }
        yield* list
      })
    )

    test(
      "responds with `InsufficientQuotaError` where no quota is left",
      { type: "rate_limit", limit: "quota" },
      Effect.gen(function*() {
        assert.strictEqual((yield* failure(list))._tag, "InsufficientQuotaError")
        // The status and the code of images differ.
        const error = yield* failure(Images.generate({ prompt: "Stars" }))
        assert.deepInclude<object>(error, { _tag: "BadRequestError", code: "billing_hard_limit_reached" })
      })
    )
  })

  describe("latency", () => {
    test(
      "delays a response",
      { type: "latency", latency_ms: 60_000 },
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(known)
        // The server's clock is the test's: until it is moved, no time passes.
        let isEnded = false
        fiber.addObserver(() => {
          isEnded = true
        })
        yield* TestClock.adjust("59 seconds")
        assert.isFalse(isEnded)
        while (!isEnded) {
          yield* TestClock.adjust("1 second")
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
        assert.strictEqual(yield* Fiber.join(fiber), 0)
      })
    )
  })

  describe("connections", () => {
    test(
      "resets the connection before the operation runs",
      [{ operation: "createAssistant", fault: { type: "reset" } }],
      Effect.gen(function*() {
        const error = yield* failure(create)
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" && error.code, "ECONNRESET")
        assert.strictEqual(yield* known, 0)
      })
    )

    test(
      "resets the connection after the operation has run",
      [{ operation: "createAssistant", fault: { type: "reset", when: "after" } }],
      Effect.gen(function*() {
        assert.strictEqual((yield* failure(create))._tag, "TransportError")
        assert.strictEqual(yield* known, 1)
      })
    )

    test(
      "lets the client retry a replayable request until it succeeds",
      [{ operation: "listAssistants", times: 1, fault: { type: "reset" } }],
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Assistants.list().pipe(Retry.policy({ delay: 0 })))
        equal((yield* Fiber.join(fiber)).data, [])
      })
    )

    test(
      "cuts a response of JSON",
      [{ operation: "listAssistants", fault: { type: "cut", after_bytes: 10 } }],
      Effect.gen(function*() {
        const error = yield* failure(list)
        assert.strictEqual(error._tag, "TransportError")
      })
    )

    test(
      "cuts a download after the bytes of the rule",
      [{ operation: "downloadFile", fault: { type: "cut", after_bytes: 70_000 } }],
      Effect.gen(function*() {
        const { id } = yield* Files.upload({
          file: FileSource.fromBytes("a", new Uint8Array(200_000).fill(97)),
          purpose: "assistants"
        })
        let bytes = 0
        const error = yield* failure(
          Stream.runForEach(Files.content.stream({ file_id: id }), ({ length }) =>
            Effect.sync(() => {
              bytes += length
            }))
        )
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(bytes, 70_000)
      })
    )

    test(
      "stalls a response after its headers",
      [{ operation: "listAssistants", fault: { type: "stall", after_bytes: 3 } }],
      Effect.gen(function*() {
        const response = yield* HttpClient.get(`${yield* BaseUrl}/assistants`, {
          headers: { authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1" }
        })
        assert.strictEqual(response.status, 200)
        const start = yield* Deferred.make<void>()
        let text = ""
        const body = yield* Effect.fork(Stream.runForEach(Stream.decodeText(response.stream), (piece) => {
          text += piece
          return text.length < 3 ? Effect.void : Deferred.succeed(start, void 0)
        }))
        yield* Deferred.await(start)
        // Other requests get their responses meanwhile.
        yield* create
        assert.isNull(body.unsafePoll())
        assert.strictEqual(text, "{\"d")
        yield* Fiber.interrupt(body)
      })
    )
  })

  describe("streams", () => {
    test(
      "cuts a stream after some events",
      [{ operation: "createChatCompletion", fault: { type: "cut", after_events: 3 } }],
      Effect.gen(function*() {
        const { error, texts } = yield* readChat
        assert.lengthOf(texts, 3)
        assert.strictEqual(error?._tag, "StreamInterruptedError")
      })
    )

    test(
      "ends a stream early, without an error",
      { type: "cut", after_events: 2, clean: true },
      Effect.gen(function*() {
        const { error, texts } = yield* readChat
        assert.lengthOf(texts, 2)
        assert.strictEqual(error?._tag, "StreamInterruptedError")
        const { status, text } = yield* sendJson("POST", "/chat/completions", {
          model,
          messages: [{ role: "user", content: "a" }],
          stream: true
        })
        assert.strictEqual(status, 200)
        assert.lengthOf(text.match(/^data: /gm)!, 2)
      })
    )

    test(
      "stalls a stream until the client times out",
      { type: "stall", after_events: 2 },
      Effect.gen(function*() {
        const events = yield* Deferred.make<void>()
        let count = 0
        const fiber = yield* Effect.fork(
          Stream.runForEach(chat, () => ++count === 2 ? Deferred.succeed(events, void 0) : Effect.void).pipe(
            Effect.flip
          )
        )
        yield* Deferred.await(events)
        let isEnded = false
        fiber.addObserver(() => {
          isEnded = true
        })
        while (!isEnded) {
          yield* TestClock.adjust("1 minute")
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "TimeoutError")
        assert.strictEqual(count, 2)
      })
    )

    test(
      "sends an event that is not JSON",
      [{ operation: "createThreadAndRun", fault: { type: "malformed", after_events: 2 } }],
      Effect.gen(function*() {
        const { id: assistant_id } = yield* create
        const events: Array<string> = []
        const error = yield* failure(
          Stream.runForEach(
            Runs.createThreadAndRun.stream({ assistant_id, thread: { messages: [{ role: "user", content: "a" }] } }),
            ({ event }) => Effect.sync(() => events.push(event))
          )
        )
        equal(events, ["thread.created", "thread.run.created"])
        assert.strictEqual(error._tag, "InvalidResponseError")
      })
    )
  })

  describe("bodies", () => {
    test(
      "responds with invalid JSON after the operation has run",
      [{ operation: "createAssistant", fault: { type: "malformed" } }],
      Effect.gen(function*() {
        assert.strictEqual((yield* failure(create))._tag, "InvalidResponseError")
        assert.strictEqual(yield* known, 1)
      })
    )

    test(
      "responds with the page of a proxy",
      { type: "malformed", body: "<html></html>", content_type: "text/html" },
      Effect.gen(function*() {
        const { headers, status, text } = yield* send("GET", "/assistants")
        equal([status, text, headers["content-type"]], [200, "<html></html>", "text/html"])
        assert.strictEqual((yield* failure(list))._tag, "InvalidResponseError")
      })
    )
  })

  describe("rules", () => {
    const statuses = (count: number, effect = send("GET", "/assistants")) =>
      Effect.map(Effect.replicateEffect(effect, count), (responses) => responses.map(({ status }) => status))

    test(
      "applies the first rule that matches, after the requests that it skips",
      [
        { operation: ["listAssistants", "createThread"], skip: 1, times: 2, fault: { type: "status", status: 500 } },
        { operation: "listAssistants", times: 1, fault: { type: "status", status: 503 } },
        { operation: "listFiles", fault: { type: "status", status: 501 } }
      ],
      Effect.gen(function*() {
        equal(yield* statuses(5), [503, 500, 500, 200, 200])
        equal(yield* statuses(1, send("GET", "/files")), [501])
        yield* Threads.create()
      })
    )

    test(
      "counts each of several concurrent requests once",
      [{ operation: "listAssistants", times: 7, fault: { type: "status", status: 500 } }],
      Effect.gen(function*() {
        const responses = yield* Effect.replicateEffect(send("GET", "/assistants"), 50, { concurrency: "unbounded" })
        assert.lengthOf(responses.filter(({ status }) => status === 500), 7)
      })
    )

    it.effect("decides a probability by the seed, whatever other requests there are", () => {
      const rules: Faults.Options["rules"] = [
        { operation: "listFiles", probability: 0.5, fault: { type: "status", status: 500 } },
        { operation: "listAssistants", probability: 0.3, fault: { type: "status", status: 500 } }
      ]
      const run = (seed: string, others: number) =>
        Effect.provide(
          Effect.zipRight(statuses(others, send("GET", "/files")), statuses(40)),
          layer({ faults: { rules, seed } })
        )
      return Effect.gen(function*() {
        const first = yield* run("a", 0)
        equal(yield* run("a", 3), first)
        assert.notDeepEqual(yield* run("b", 0), first)
        const failed = first.filter((status) => status === 500).length
        assert.isTrue(failed > 4 && failed < 20, String(failed))
      })
    })
  })

  describe("control", () => {
    const test = (name: string, effect: Effect.Effect<unknown, unknown, Services>) =>
      it.effect(name, () => Effect.provide(effect, layer({ faults: { control: true } })))

    test(
      "adds, lists, counts, replaces and removes rules",
      Effect.gen(function*() {
        const url = (yield* BaseUrl).replace(/\/v1$/, "/_emulator/faults")
        const to = (method: string, path = "", body?: unknown) =>
          Effect.provideService(
            body === undefined ? send(method, path) : sendJson(method, path, body),
            BaseUrl,
            url
          )
        equal((yield* to("GET")).json, { object: "list", data: [] })

        const rule = { operation: "listFiles", times: 1, fault: { type: "status", status: 503 } }
        const added = yield* to("POST", "", rule)
        equal([added.status, added.json], [
          200,
          { id: "fault_1", object: "emulator.fault", ...rule, matched: 0, applied: 0 }
        ])
        assert.strictEqual((yield* send("GET", "/files")).status, 503)
        assert.strictEqual((yield* send("GET", "/files")).status, 200)
        equal((yield* to("GET", "/fault_1")).json, { ...added.json, matched: 2, applied: 1 })

        const replaced = yield* to("PUT", "", { seed: 1, rules: [{ fault: { type: "reset" } }] })
        assert.lengthOf(replaced.json.data, 1)
        assert.strictEqual((yield* failure(list))._tag, "TransportError")
        const { id } = replaced.json.data[0]
        equal((yield* to("DELETE", `/${id}`)).json, { id, object: "emulator.fault", deleted: true })
        yield* list

        yield* to("POST", "", rule)
        equal((yield* to("DELETE")).json, { object: "list", data: [] })
        assert.strictEqual((yield* send("GET", "/files")).status, 200)
      })
    )

    test(
      "refuses an invalid rule with the documented envelope",
      Effect.gen(function*() {
        const url = (yield* BaseUrl).replace(/\/v1$/, "/_emulator")
        const to = (method: string, path: string, body?: unknown) =>
          Effect.provideService(body === undefined ? send(method, path) : sendJson(method, path, body), BaseUrl, url)
        for (
          const [rule, message] of [
            [{}, "body -> fault\n  field required (type=value_error.missing)"],
            [{ operation: "nope", fault: { type: "reset" } }, "body -> operation\n  unexpected value"],
            [{ fault: { type: "status", status: 200 } }, "body -> fault -> status"],
            [{ fault: { type: "status", status: 500, headers: { "content-length": "1" } } }, "content-length"],
            [{ fault: { type: "status", status: 500, headers: { a: "b\r\nc: d" } } }, "body -> fault -> headers -> a"],
            [{ probability: 2, fault: { type: "reset" } }, "body -> probability"],
            [{ fault: { type: "reset" }, extra: 1 }, "body -> extra\n  extra fields not permitted"]
          ] as const
        ) {
          const { json, status } = yield* to("POST", "/faults", rule)
          assert.strictEqual(status, 400)
          assert.strictEqual(json.error.type, "invalid_request_error")
          assert.include(json.error.message, message)
        }
        const gone = yield* to("DELETE", "/faults/fault_9")
        equal([gone.status, gone.json.error.message], [404, "No fault found with id 'fault_9'."])
        const patched = yield* to("PATCH", "/faults")
        equal([patched.status, patched.headers["allow"]], [405, "GET, POST, PUT, DELETE"])
        assert.strictEqual((yield* to("GET", "/nope")).status, 404)
      })
    )

    test(
      "applies the fault that a request names in its header",
      Effect.gen(function*() {
        const asking = (fault: string) => send("GET", "/assistants", { headers: { "x-emulator-fault": fault } })
        const response = yield* asking("{\"type\":\"status\",\"status\":503}")
        equal([response.status, response.headers["x-emulator-fault"]], [503, "status by header"])
        const exit = yield* Effect.exit(asking("{\"type\":\"reset\"}"))
        assert.isTrue(Exit.isFailure(exit))
        for (const text of ["{", "{\"type\":\"nope\"}", "null"]) {
          const { json, status } = yield* asking(text)
          assert.strictEqual(status, 400)
          assert.include(json.error.message, "x-emulator-fault")
        }
        assert.strictEqual((yield* send("GET", "/assistants")).status, 200)
      })
    )

    test(
      "refuses pages of other origins",
      Effect.gen(function*() {
        const url = (yield* BaseUrl).replace(/\/v1$/, "/_emulator")
        const asked = (headers: Record<string, string>) =>
          Effect.map(Effect.provideService(send("GET", "/faults", { headers }), BaseUrl, url), ({ status }) => status)
        assert.strictEqual(yield* asked({ origin: "https://evil.example" }), 403)
        assert.strictEqual(yield* asked({ "sec-fetch-site": "cross-site" }), 403)
        assert.strictEqual(yield* asked({ origin: "null" }), 403)
        assert.strictEqual(yield* asked({}), 200)
      })
    )
  })

  it.effect("has no control by default", () =>
    Effect.gen(function*() {
      const url = (yield* BaseUrl).replace(/\/v1$/, "/_emulator")
      const response = yield* Effect.provideService(send("GET", "/faults"), BaseUrl, url)
      assert.strictEqual(response.status, 404)
      const headers = { "x-emulator-fault": "{\"type\":\"reset\"}" }
      assert.strictEqual((yield* send("GET", "/assistants", { headers })).status, 200)
    }).pipe(Effect.provide(layer())))
})
