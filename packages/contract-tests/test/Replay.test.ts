import { OpenAiClient, Retry } from "@effect-openai/client"
import { Call, Deviation, Fixture, Replay } from "@effect-openai/contract-tests"
import { type Endpoint, Tolerant } from "@effect-openai/core"
import { HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const find = (name: string) => fixtures.find((fixture) => fixture.name === name)!

const client = (options?: Partial<OpenAiClient.Options>) =>
  OpenAiClient.layer({ apiKey: Redacted.make(Fixture.placeholder), ...options })

const against = (...fixtures: ReadonlyArray<Fixture.Fixture>) =>
  Layer.mergeAll(Retry.layer({ times: 0 }), Layer.provideMerge(client(), Replay.layer(fixtures)))

const run = (fixture: Fixture.Fixture) => Effect.flatMap(Call.make(fixture), (call) => call.run)

/** What the client returns for a body. */
const valueOf = (fixture: Fixture.Fixture, body: Fixture.Content) =>
  Effect.map(Call.make(fixture), ({ endpoint }): unknown => {
    if ("json" in body) return body.json
    return "events" in body
      ? body.events.map((event) => endpoint.events!.named ? event : event.data)
      : Fixture.bytes(body)
  })

/** The same as the client returns it. */
const normalizedOf = (fixture: Fixture.Fixture, body: Fixture.Content) =>
  Effect.gen(function*() {
    const { endpoint: { events, success } } = yield* Call.make(fixture)
    const value = yield* valueOf(fixture, body)
    if ("events" in body) return Tolerant.normalize(Schema.Array(events!.schema))(value)
    return success._tag === "Json" ? Tolerant.normalize(success.schema)(value) : value
  })

const deviationsOf = (fixture: Fixture.Fixture, body: Fixture.Content) =>
  Effect.gen(function*() {
    const { endpoint } = yield* Call.make(fixture)
    const value = yield* valueOf(fixture, body)
    return "events" in body
      ? Deviation.inEvents(endpoint, value as ReadonlyArray<unknown>)
      : Deviation.inResponse(endpoint, value)
  })

const verify = Effect.flatMap(Replay.Replay, (replay) => replay.verify)

describe("Replay", () => {
  describe.each(fixtures)("$name", (fixture) => {
    const { body } = Fixture.answer(fixture)

    it.effect("sends the documented request and decodes the response", () =>
      Effect.gen(function*() {
        const response = yield* run(fixture)
        yield* verify
        assert.deepStrictEqual(response, yield* normalizedOf(fixture, body))
      }).pipe(Effect.provide(against(fixture))))

    it.effect("streams exactly where events are documented", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* Call.make(fixture)).streamed, "events" in body)
      }))

    it.effect("loses nothing between decoding and encoding", () =>
      Effect.gen(function*() {
        const { endpoint: { events, success }, streamed } = yield* Call.make(fixture)
        if (!streamed && success._tag === "Bytes") return assert.notProperty(body, "json")
        assert.property(body, streamed ? "events" : "json")
        const schema: Schema.Schema.AnyNoContext = streamed
          ? Schema.Array(events!.schema)
          : (success as Endpoint.Json<Schema.Schema.AnyNoContext>).schema
        const options = { onExcessProperty: "preserve" } as const
        const value = Tolerant.normalize(schema)(yield* valueOf(fixture, body))
        const decoded = yield* Schema.decodeUnknown(schema, options)(value)
        assert.deepStrictEqual(yield* Schema.encode(schema, options)(decoded), value)
      }))

    it.effect("deviates exactly as its verdict says", () =>
      Effect.gen(function*() {
        const documented = fixture.repaired.response
        assert.deepStrictEqual(
          documented === null ? [] : yield* deviationsOf(fixture, documented.body),
          fixture.verdict.deviations
        )
      }))

    if (fixture.verdict.kind === "incomplete" && fixture.repaired.response !== null) {
      // A completion also ends with its finish_reason.
      const hasEnded = "events" in body &&
        body.events.some(({ data }) => /"finish_reason":"/.test(JSON.stringify(data)))
      const { done, response: _, ...supplied } = fixture.supplied!
      const outcome = done !== true ? "InvalidResponseError" : hasEnded ? "Right" : "StreamInterruptedError"

      it.effect(`without what is supplied its outcome is ${outcome}`, () =>
        Effect.gen(function*() {
          const result = yield* Effect.provide(Effect.either(run(fixture)), against({ ...fixture, supplied }))
          assert.strictEqual(result._tag === "Left" ? result.left._tag : result._tag, outcome)
        }))

      it.effect("has a response as the contract documents", () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* deviationsOf(fixture, body), [])
        }))
    }
  })

  it("has the documented object in its list", () => {
    const embeddings = fixtures.filter((fixture) => fixture.title === "The embedding object")
    assert.lengthOf(embeddings, 2)
    for (const fixture of embeddings) {
      const { json } = fixture.repaired.response!.body as { readonly json: unknown }
      assert.deepNestedPropertyVal(Fixture.answer(fixture).body, "json.data[0]", json)
    }
  })

  describe("every operation", () => {
    it("is called by at least one fixture", () => {
      const called = new Set(fixtures.map((fixture) => Call.endpointOf(Fixture.request(fixture))?.endpoint.name))
      assert.notInclude([...called], undefined)
      assert.strictEqual(called.size, new Set(fixtures.map((fixture) => fixture.operationId)).size)
    })
  })

  it.effect("replays many fixtures at the same time", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(fixtures, run, { concurrency: 8 })
      yield* verify
    }).pipe(Effect.provide(against(...fixtures))))

  it.effect("selects fixtures of one operation by the request body", () =>
    Effect.gen(function*() {
      const whole = find("createRun/openai-2024-04-15-default")
      const streamed = find("createRun/openai-2024-04-15-streaming")
      const path = { ...Fixture.request(whole), path: Fixture.request(streamed).path }
      const moved = { ...whole, supplied: { request: path } }
      yield* Effect.gen(function*() {
        const response = yield* run(moved)
        assert.deepStrictEqual(response, yield* valueOf(moved, Fixture.answer(moved).body))
        assert.isArray(yield* run(streamed))
        yield* verify
      }).pipe(Effect.provide(against(streamed, moved)))
    }))

  describe("fails", () => {
    const fixture = find("modifyAssistant/openai-2024-04-15")

    /** What `verify` says after requests to a replay of one fixture. */
    const problems = <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      options?: { readonly client?: Partial<OpenAiClient.Options>; readonly fixture?: Fixture.Fixture }
    ) =>
      Effect.ignore(effect).pipe(
        Effect.zipRight(Effect.flip(verify)),
        Effect.map((error) => error.problems.join("\n")),
        Effect.provide(Layer.mergeAll(
          Retry.layer({ times: 0 }),
          Layer.provideMerge(client(options?.client), Replay.layer([options?.fixture ?? fixture]))
        ))
      )

    const withRequest = (change: Partial<Fixture.Request>, name?: string): Fixture.Fixture => {
      const original = name === undefined ? fixture : find(name)
      return {
        ...original,
        supplied: { ...original.supplied, request: { ...Fixture.request(original), ...change } }
      }
    }

    it.effect("if nothing is sent", () =>
      Effect.gen(function*() {
        assert.match(yield* problems(Effect.void), /its request was not sent[^]*Not requested: POST/)
      }))

    it.effect("if something else is sent", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(find("listAssistants/openai-2024-04-15")))
        assert.match(found, /GET \/v1\/assistants\?\S* is not the request of a fixture/)
      }))

    it.effect("if the request is sent twice", () =>
      Effect.gen(function*() {
        const found = yield* problems(Effect.zipRight(run(fixture), run(fixture)))
        assert.match(found, /POST \/v1\/assistants\/asst_abc123 is not the request of a fixture/)
      }))

    it.effect("if the query differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(
          run(withRequest({ query: [["limit", "21"]] }, "listAssistants/openai-2024-04-15")),
          {
            fixture: find("listAssistants/openai-2024-04-15")
          }
        )
        assert.match(found, /limit=21 is not the request of a fixture/)
      }))

    it.effect("if a field of the body differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(withRequest({ body: { json: { model: "gpt-4" } } })))
        assert.match(found, /its body should be .*gpt-4-turbo.*, but .*'gpt-4'.* was sent/)
      }))

    it.effect("if a request has an undocumented body", () =>
      Effect.gen(function*() {
        assert.match(yield* problems(run(fixture), { fixture: withRequest({ body: null }) }), /its body should be/)
      }))

    it.effect("if the key differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(fixture), { client: { apiKey: Redacted.make("other") } })
        assert.match(found, /its authorization should be/)
      }))

    it.effect("if a header is missing or added", () =>
      Effect.gen(function*() {
        const { "openai-beta": beta, ...headers } = Fixture.request(fixture).headers
        assert.strictEqual(beta, "assistants=v1")
        assert.match(
          yield* problems(run(fixture), { fixture: withRequest({ headers }) }),
          /its openai-beta should be undefined/
        )
        assert.match(
          yield* problems(run(fixture), { client: { project: Redacted.make("proj_abc") } }),
          /its openai-project should be undefined/
        )
      }))

    it.effect("if a file's bytes, its name or a field differ", () =>
      Effect.gen(function*() {
        const upload = find("createFile/openai-2024-12-18")
        const changed = (part: Fixture.Part, bytes?: Fixture.Content): Fixture.Fixture => ({
          ...upload,
          supplied: {
            files: { ...upload.supplied!.files, "other.jsonl": { text: "" }, ...bytes && { "mydata.jsonl": bytes } },
            request: {
              ...Fixture.request(upload),
              body: { multipart: [part, { name: "file", fileName: "mydata.jsonl" }] }
            }
          }
        })
        const purpose: Fixture.Part = { name: "purpose", value: "fine-tune" }
        const check = (sent: Fixture.Fixture) => problems(run(sent), { fixture: upload })
        assert.match(yield* check(changed(purpose, { text: "other" })), /its body should be/)
        assert.match(yield* check(changed(purpose, { base64: "//4=" })), /its body should be/)
        assert.match(
          yield* check(changed({ name: "purpose", value: "batch" })),
          /its body should be .*'fine-tune'.*'batch'/
        )
        assert.match(
          yield* check({
            ...upload,
            supplied: {
              files: { "other.jsonl": upload.supplied!.files!["mydata.jsonl"]! },
              request: {
                ...Fixture.request(upload),
                body: { multipart: [purpose, { name: "file", fileName: "other.jsonl" }] }
              }
            }
          }),
          /'mydata\.jsonl'.*'other\.jsonl'/
        )
      }))

    it.effect("compares uploads that are not UTF-8 by their bytes", () =>
      Effect.gen(function*() {
        const upload = find("createFile/openai-2024-12-18")
        const binary = { ...upload, supplied: { files: { "mydata.jsonl": { base64: "AP/+gA==" } } } }
        yield* Effect.provide(Effect.zipRight(run(binary), verify), against(binary))
      }))

    it.effect("if a request goes to another host", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(fixture), { client: { baseUrl: "http://127.0.0.1:9/v1" } })
        assert.match(found, /is not the request of a fixture/)
      }))

    it.effect("if a transport bypasses the replay", () =>
      Effect.gen(function*() {
        const error = yield* HttpClient.get("http://127.0.0.1:9/v1/assistants").pipe(
          Effect.zipRight(verify),
          Effect.provide(Layer.merge(Replay.layer([]), NodeHttpClient.layerUndici)),
          Effect.flip
        )
        assert.strictEqual(error._tag, "RequestError")
        const found = yield* problems(
          Effect.provide(HttpClient.get("http://127.0.0.1:9/v1/assistants"), NodeHttpClient.layerUndici)
        )
        assert.match(found, /A connection to 127\.0\.0\.1:9 was tried/)
      }))

    it.effect("if the client refuses a response", () =>
      Effect.gen(function*() {
        const broken: Fixture.Fixture = {
          ...fixture,
          supplied: { response: { ...Fixture.answer(fixture), body: { json: { id: {} } } } }
        }
        const error = yield* Effect.provide(Effect.flip(run(broken)), against(broken))
        assert.strictEqual(error._tag, "InvalidResponseError")
      }))
  })

  describe("fails for a stream", () => {
    const streams = ["createRun/openai-2024-04-15-streaming", "createChatCompletion/openai-2024-12-18-streaming"]

    describe.each(streams.map(find))("$name", (fixture) => {
      const response = Fixture.answer(fixture)
      const { events } = response.body as Fixture.Events
      const transcript = new TextDecoder().decode(Fixture.bytes(response.body))

      const answering = (body: Fixture.Content, change?: Partial<Fixture.Answer>): Fixture.Fixture => {
        const { done: _, ...supplied } = fixture.supplied ?? {}
        return { ...fixture, supplied: { ...supplied, response: { ...response, body, ...change } } }
      }

      const fails = (title: string, answered: Fixture.Fixture, tag: string) =>
        it.effect(title, () =>
          Effect.gen(function*() {
            const error = yield* Effect.flip(run(fixture))
            yield* verify
            assert.strictEqual(error._tag, tag)
          }).pipe(Effect.provide(against(answered))))

      it("is sent with the documented marker", () => {
        assert.match(
          transcript,
          events[0].event === undefined
            ? /^data: \{[^]*\n\ndata: \[DONE\]\n\n$/
            : /^event: thread\.run\.created\ndata: \{[^]*\n\nevent: done\ndata: \[DONE\]\n\n$/
        )
        assert.strictEqual(transcript.split("\n\n").length, events.length + 2)
      })

      fails("if it has no event", answering({ text: transcript.replace(/^[^]*\}\n\n/, "") }), "CallError")
      fails(
        "if it has no marker",
        // A completion also ends with its finish_reason.
        answering({ events: events[0].event === undefined ? [events[0]] : events, done: false }),
        "StreamInterruptedError"
      )
      fails("if it is empty", answering({ text: "" }), "StreamInterruptedError")
      fails("if an event is cut off", answering({ text: transcript.slice(0, 60) }), "StreamInterruptedError")
      fails(
        "if the response is not a stream",
        answering({ json: events[0].data }, { contentType: "application/json" }),
        "InvalidResponseError"
      )
      fails(
        "if an event is not in the contract",
        answering({ events: [{ ...events[0], data: { id: {} } }, ...events.slice(1)], done: true }),
        "InvalidResponseError"
      )

      it.effect("if an event is missing", () =>
        Effect.gen(function*() {
          const [first, second, ...others] = events
          const response = yield* Effect.provide(
            run(fixture),
            against(answering({ events: [first, ...others], done: true }))
          )
          assert.notDeepEqual(response, yield* valueOf(fixture, { events, done: true }))
          assert.notDeepEqual(first, second)
        }))

      it.effect("if a stream is requested and the response is not one, or the reverse", () =>
        Effect.gen(function*() {
          const { body, ...request } = Fixture.request(fixture)
          const { stream: _, ...json } = (body as { readonly json: Record<string, unknown> }).json
          const whole = { ...fixture, supplied: { request: { ...request, body: { json } } } }
          const found = yield* Effect.ignore(run(whole)).pipe(
            Effect.zipRight(Effect.flip(verify)),
            Effect.provide(against(fixture))
          )
          assert.match(found.message, /its body should be .*stream: true/)
        }))
    })
  })

  describe("Call.make", () => {
    const fixture = find("getAssistant/openai-2024-04-15")

    it.effect("refuses a request of another operation", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Call.make({ ...fixture, operationId: "getThread" }))
        assert.match(error.message, /is a request of getAssistant/)
      }))

    it.effect("refuses a stream of an operation without streams", () =>
      Effect.gen(function*() {
        const modify = find("modifyAssistant/openai-2024-04-15")
        const request = { ...Fixture.request(modify), body: { json: { stream: true } } }
        const error = yield* Effect.flip(Call.make({ ...modify, supplied: { request } }))
        assert.match(error.message, /modifyAssistant does not stream/)
      }))

    it.effect("decodes numbers and arrays of a query", () =>
      Effect.gen(function*() {
        const list = find("listAssistants/openai-2024-04-15")
        const query = [["limit", "3"], ["user_ids[]", "a"], ["user_ids[]", "b"]] as const
        const call = yield* Call.make({ ...list, supplied: { request: { ...Fixture.request(list), query } } })
        assert.deepStrictEqual(call.request, { limit: 3, user_ids: ["a", "b"] })
      }))

    it.effect("refuses a request that is not in the contract", () =>
      Effect.gen(function*() {
        const request = { ...Fixture.request(fixture), path: "/nowhere" as const }
        const error = yield* Effect.flip(Call.make({ ...fixture, supplied: { request } }))
        assert.match(error.message, /is a request of no operation of the contract/)
      }))
  })

  it.live("restores the process", () =>
    Effect.gen(function*() {
      const server = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const server = Http.createServer((_, response) => response.end("real"))
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const { port } = server.address() as AddressInfo
      const { fetch } = globalThis
      yield* Effect.scoped(Layer.build(Replay.layer(fixtures)))
      assert.strictEqual(globalThis.fetch, fetch)
      const response = yield* Effect.promise(() =>
        globalThis.fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } })
      )
      assert.strictEqual(yield* Effect.promise(() => response.text()), "real")
    }).pipe(Effect.scoped))
})
