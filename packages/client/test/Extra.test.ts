import { ChatCompletions, Embeddings, Extra, Files, Runs } from "@effect-openai/client"
import { Contract, type Endpoint, FileSource } from "@effect-openai/core"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as Client from "./utils/client.js"
import { answer, completion, done } from "./utils/conversation.js"
import * as Requests from "./utils/requests.js"
import * as Script from "./utils/script.js"
import * as Server from "./utils/server.js"
import * as Tracing from "./utils/tracer.js"

const extra = { top_k: 20, chat_template_kwargs: { enable_thinking: false, stops: ["a", null] } }

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Adds fields to every object of a value. */
const everywhere = (value: unknown, fields: object): unknown =>
  Array.isArray(value)
    ? value.map((item) => everywhere(item, fields))
    : isPlain(value)
    ? {
      ...Object.fromEntries(Object.entries(value).map(([name, item]) => [name, everywhere(item, fields)])),
      ...fields
    }
    : value

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

/** Returns the first request of an operation. */
const sent = (endpoint: Endpoint.Any, request: object) =>
  Effect.gen(function*() {
    const requests: Array<{ readonly path: string; readonly text: string }> = []
    const transport = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const { body } = request
        const text = body._tag === "Stream"
          ? yield* Stream.mkString(Stream.decodeText(Stream.orDie(body.stream)))
          : body._tag === "Uint8Array"
          ? new TextDecoder().decode(body.body)
          : ""
        requests.push({ path: url.pathname + url.search, text })
        return HttpClientResponse.fromWeb(request, new Response("null"))
      })
    )
    yield* Requests.call(endpoint, request).pipe(
      Effect.exit,
      Effect.provide(Client.layer("http://fake", {}, Layer.succeed(HttpClient.HttpClient, transport)))
    )
    assert.lengthOf(requests, 1)
    return requests[0]!
  })

describe("Extra fields", () => {
  for (const endpoint of Contract.endpoints) {
    const { body, name, query } = endpoint
    const sample = Requests.sample(endpoint)

    it.effect(`of ${name} are sent in its ${body._tag === "None" ? "query" : "body"}, without changing other fields`, () =>
      Effect.gen(function*() {
        const plain = yield* sent(endpoint, sample)
        const extended = yield* sent(endpoint, { ...sample, ...Extra.fields(extra) })
        if (body._tag === "Json") {
          assert.strictEqual(extended.path, plain.path)
          assert.deepStrictEqual(JSON.parse(extended.text), { ...JSON.parse(plain.text), ...extra })
        } else if (body._tag === "Multipart") {
          assert.strictEqual(extended.path, plain.path)
          for (const [field, value] of Object.entries(extra)) {
            assert.include(extended.text, `name="${field}"\r\n\r\n${JSON.stringify(value)}\r\n`)
          }
        } else {
          const { searchParams } = new URL(extended.path, "http://fake")
          assert.strictEqual(searchParams.get("top_k"), "20")
          assert.strictEqual(searchParams.get("chat_template_kwargs[enable_thinking]"), "false")
          for (const [field, value] of new URL(plain.path, "http://fake").searchParams) {
            assert.include(searchParams.getAll(field), value)
          }
        }
      }))

    const outside = new Set([...Object.keys(endpoint.parameters.fields), ...Object.keys(query.fields)])

    // A request without any documented field is not validated.
    if (outside.size === 0 && body._tag === "None") continue
    it.effect(`of ${name} are refused without Extra.fields, like a misspelled field`, () =>
      Effect.gen(function*() {
        for (const fields of [{ top_k: 20 }, { top_k: 20, ...Extra.fields({ other: 1 }) }]) {
          const refused = Requests.call(endpoint, { ...sample, ...fields })
          const error = yield* Effect.flip(
            refused.pipe(Effect.provide(Client.layer("http://fake", {}, Script.make().layer)))
          )
          assert.deepInclude<object>(error, { _tag: "InvalidRequestError", operation: name, field: "top_k" })
          assert.include(error.message, "without Extra.fields")
        }
      }))

    if (body._tag !== "Json") continue
    it.effect(`are sent from every object in a request of ${name}`, () =>
      Effect.gen(function*() {
        const request = yield* sent(endpoint, everywhere(sample, Extra.fields(extra)) as object)
        const fields = Object.entries(sample).filter(([field]) => !outside.has(field))
        assert.deepStrictEqual(JSON.parse(request.text), asJson(everywhere(Object.fromEntries(fields), extra)))
      }))
  }

  const request: ChatCompletions.CreateRequest = { model: "m", messages: [{ role: "user", content: "Hi" }] }

  const bodyOf = (fields: object) =>
    Effect.gen(function*() {
      const transport = Script.make(["POST /chat/completions", completion({})])
      yield* ChatCompletions.create({ ...request, ...fields }).pipe(
        Effect.provide(Client.layer("http://fake", {}, transport.layer))
      )
      return transport.requests[0]!.body
    })

  it.effect("replace a documented field of the same name, unchecked", () =>
    Effect.gen(function*() {
      const body = yield* bodyOf(Extra.fields({ temperature: 7, response_format: { type: "regex", regex: "a+" } }))
      assert.deepStrictEqual(body, { ...request, temperature: 7, response_format: { type: "regex", regex: "a+" } })
    }))

  it.effect("may contain extra fields, null and lists", () =>
    Effect.gen(function*() {
      const fields = { thinking: { budget: null, kinds: ["a"], ...Extra.fields({ type: "enabled" }) } }
      assert.deepStrictEqual((yield* bodyOf(Extra.fields(fields))).thinking, {
        budget: null,
        kinds: ["a"],
        type: "enabled"
      })
    }))

  it.effect("are sent in a message of the assistant, next to those of the server", () =>
    Effect.gen(function*() {
      const message = { role: "assistant" as const, content: "Hello", reasoning_content: "Hm." }
      const messages = [{ ...message, ...Extra.fields({ prefix: true }) }]
      assert.deepStrictEqual((yield* bodyOf({ messages })).messages, [{ ...message, prefix: true }])
    }))

  it.effect("do not hide an invalid field", () =>
    Effect.gen(function*() {
      for (
        const [field, fields] of [
          ["temperature", { temperature: 3 }],
          ["messages[0].content", { messages: [{ role: "user" as const, content: [], ...Extra.fields(extra) }] }]
        ] as const
      ) {
        const error = yield* bodyOf({ ...fields, ...Extra.fields(extra) }).pipe(Effect.flip)
        assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field })
      }
    }))

  it.effect("that are not JSON are refused", () =>
    Effect.gen(function*() {
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      for (const value of [1n, cycle]) {
        const error = yield* Effect.flip(bodyOf(Extra.fields({ top_k: value })))
        assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: "top_k" })
      }
      const parameters = { type: "object", self: cycle }
      const tools = [{ type: "function" as const, function: { name: "f", parameters, ...Extra.fields(extra) } }]
      assert.deepInclude<object>(yield* Effect.flip(bodyOf({ tools })), { _tag: "InvalidRequestError", field: "tools" })
    }))

  it.effect("are sent by a Stream, a tool loop and a polled run", () =>
    Effect.gen(function*() {
      const streamed = Script.make(["POST /chat/completions", answer(done)])
      yield* Stream.runDrain(ChatCompletions.create.stream({ ...request, ...Extra.fields(extra) })).pipe(
        Effect.provide(Client.layer("http://fake", {}, streamed.layer))
      )
      assert.deepStrictEqual(streamed.requests[0]!.body, { ...request, ...extra, stream: true })

      const looped = Script.make(["POST /chat/completions", completion({ content: "Fine" })])
      yield* ChatCompletions.runTools({ ...request, ...Extra.fields(extra) }, []).pipe(
        Effect.provide(Client.layer("http://fake", {}, looped.layer))
      )
      assert.deepStrictEqual(looped.requests[0]!.body, { ...request, ...extra })

      const polled = Script.make(["POST /threads/thread_1/runs", new Response("{}", { status: 400 })])
      const run = { thread_id: "thread_1", assistant_id: "asst_1", ...Extra.fields(extra) }
      yield* Runs.createAndPoll(run).pipe(Effect.exit, Effect.provide(Client.layer("http://fake", {}, polled.layer)))
      assert.deepStrictEqual(polled.requests[0]!.body, { assistant_id: "asst_1", ...extra })
    }))

  it.scopedLive("of a form are parts", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(404))
      yield* Files.upload({
        file: FileSource.fromBytes("a.jsonl", "{}"),
        purpose: "assistants",
        ...Extra.fields({
          ttl: 60,
          labels: ["a", "b"],
          owner: { team: "red" },
          note: FileSource.fromBytes("n.txt", "x")
        })
      }).pipe(Effect.exit, Effect.provide(Client.layer(server.origin)))
      const { body, headers } = server.requests[0]!
      const form = yield* Effect.promise(() =>
        new Response(new Uint8Array(body()), { headers: { "content-type": headers["content-type"]! } }).formData()
      )
      assert.deepStrictEqual(
        ["purpose", "ttl", "labels", "owner"].map((name) => form.getAll(name)),
        [["assistants"], ["60"], ["a", "b"], ["{\"team\":\"red\"}"]]
      )
      assert.instanceOf(form.get("note"), File)
    }))

  it.effect("have their names in the span of an inference", () =>
    Effect.gen(function*() {
      const { spans, tracer } = Tracing.make()
      yield* bodyOf(Extra.fields(extra)).pipe(Effect.withTracer(tracer))
      assert.deepInclude(spans[0]!.attributes, {
        "gen_ai.request.top_k": 20,
        "openai.request.extra_fields": ["top_k", "chat_template_kwargs"]
      })
    }))

  it("have types, and leave the check of all other fields", () => {
    const fields: Extra.Fields<{ readonly top_k: 20 }> = Extra.fields({ top_k: 20 })
    assert.deepStrictEqual(fields[Extra.TypeId], { top_k: 20 })
    const requests = () => [
      ChatCompletions.create({ ...request, ...fields }),
      Embeddings.create({ model: "m", input: "a", ...Extra.fields({ truncate: true }) }),
      // @ts-expect-error: a field without Extra.fields is not known.
      ChatCompletions.create({ ...request, top_k: 20 }),
      // @ts-expect-error: nor is one next to extra fields.
      ChatCompletions.create({ model: "m", messages: [], temprature: 1, ...fields }),
      // @ts-expect-error: nor is one in a message of the assistant.
      ChatCompletions.create({ model: "m", messages: [{ role: "assistant", contnet: "Hi" }] }),
      // @ts-expect-error: a message has a role.
      ChatCompletions.create({ model: "m", messages: [{ content: "Hi" }] })
    ]
    assert.isFunction(requests)
  })

  it("of a response are returned by their names", () => {
    const message: object = { role: "assistant", reasoning_content: "Hm." }
    assert.strictEqual(Extra.get(message, "reasoning_content"), "Hm.")
    assert.isUndefined(Extra.get(message, "toString"))
  })
})
