import { OpenAiClient, Retry } from "@effect-openai/client"
import { Call, Deviation, Fixture, Replay } from "@effect-openai/contract-tests"
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

const verify = Effect.flatMap(Replay.Replay, (replay) => replay.verify)

describe("Replay", () => {
  describe.each(fixtures)("$name", (fixture) => {
    const { body } = Fixture.answer(fixture)

    it.effect("sends the documented request and takes the answer", () =>
      Effect.gen(function*() {
        const answer = yield* run(fixture)
        yield* verify
        assert.deepStrictEqual(answer, "json" in body ? body.json : Fixture.bytes(body))
      }).pipe(Effect.provide(against(fixture))))

    it.effect("loses nothing between decoding and encoding", () =>
      Effect.gen(function*() {
        const { endpoint: { success } } = yield* Call.make(fixture)
        if (success._tag === "Bytes") return assert.notProperty(body, "json")
        assert.property(body, "json")
        const options = { onExcessProperty: "preserve" } as const
        const { json } = body as { readonly json: unknown }
        const decoded = yield* Schema.decodeUnknown(success.schema, options)(json)
        assert.deepStrictEqual(yield* Schema.encode(success.schema, options)(decoded), json)
      }))

    it.effect("deviates as its verdict says, and not otherwise", () =>
      Effect.gen(function*() {
        const { endpoint } = yield* Call.make(fixture)
        const documented = fixture.repaired.response?.body
        const found = documented !== undefined && "json" in documented
          ? Deviation.inAnswer(endpoint, documented.json)
          : []
        assert.deepStrictEqual(found, fixture.verdict.deviations)
      }))

    if (fixture.supplied?.response !== undefined && fixture.repaired.response !== null) {
      it.effect("documents an answer that can't be taken", () =>
        Effect.gen(function*() {
          const { response: _, ...supplied } = fixture.supplied!
          const error = yield* Effect.provide(Effect.flip(run(fixture)), against({ ...fixture, supplied }))
          assert.strictEqual(error._tag, "InvalidResponseError")
        }))
    }
  })

  describe("every operation", () => {
    it("is called by at least one fixture", () => {
      const called = new Set(fixtures.map((fixture) => Call.endpointOf(Fixture.request(fixture))?.endpoint.name))
      assert.notInclude([...called], undefined)
      assert.strictEqual(called.size, new Set(fixtures.map((fixture) => fixture.operationId)).size)
    })
  })

  it.effect("replays many fixtures at once", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(fixtures, run, { concurrency: 8 })
      yield* verify
    }).pipe(Effect.provide(against(...fixtures))))

  describe("does not pass falsely", () => {
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
        assert.match(yield* problems(Effect.void), /its request was not sent[^]*Not asked for: POST/)
      }))

    it.effect("if something else is sent", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(find("listAssistants/openai-2024-04-15")))
        assert.match(found, /GET \/v1\/assistants\?\S* is no fixture's request/)
      }))

    it.effect("if it is sent twice", () =>
      Effect.gen(function*() {
        const found = yield* problems(Effect.zipRight(run(fixture), run(fixture)))
        assert.match(found, /POST \/v1\/assistants\/asst_abc123 is no fixture's request/)
      }))

    it.effect("if the query differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(
          run(withRequest({ query: [["limit", "21"]] }, "listAssistants/openai-2024-04-15")),
          {
            fixture: find("listAssistants/openai-2024-04-15")
          }
        )
        assert.match(found, /limit=21 is no fixture's request/)
      }))

    it.effect("if a field of the body differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(withRequest({ body: { json: { model: "gpt-4" } } })))
        assert.match(found, /its body is .*gpt-4-turbo.*, and .*'gpt-4'.* was sent/)
      }))

    it.effect("if there is a body where none is documented", () =>
      Effect.gen(function*() {
        assert.match(yield* problems(run(fixture), { fixture: withRequest({ body: null }) }), /its body is/)
      }))

    it.effect("if the key differs", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(fixture), { client: { apiKey: Redacted.make("other") } })
        assert.match(found, /its authorization is/)
      }))

    it.effect("if a header is missing or too many", () =>
      Effect.gen(function*() {
        const { "openai-beta": beta, ...headers } = Fixture.request(fixture).headers
        assert.strictEqual(beta, "assistants=v1")
        assert.match(
          yield* problems(run(fixture), { fixture: withRequest({ headers }) }),
          /its openai-beta is undefined/
        )
        assert.match(
          yield* problems(run(fixture), { client: { project: Redacted.make("proj_abc") } }),
          /its openai-project is undefined/
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
        assert.match(yield* check(changed(purpose, { text: "other" })), /its body is/)
        assert.match(yield* check(changed(purpose, { base64: "//4=" })), /its body is/)
        assert.match(yield* check(changed({ name: "purpose", value: "batch" })), /its body is .*'fine-tune'.*'batch'/)
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

    it.effect("uploads that are no UTF-8 are compared byte by byte", () =>
      Effect.gen(function*() {
        const upload = find("createFile/openai-2024-12-18")
        const binary = { ...upload, supplied: { files: { "mydata.jsonl": { base64: "AP/+gA==" } } } }
        yield* Effect.provide(Effect.zipRight(run(binary), verify), against(binary))
      }))

    it.effect("if another host is asked", () =>
      Effect.gen(function*() {
        const found = yield* problems(run(fixture), { client: { baseUrl: "http://127.0.0.1:9/v1" } })
        assert.match(found, /is no fixture's request/)
      }))

    it.effect("if a transport goes round the replay", () =>
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

    it.effect("if an answer is not taken", () =>
      Effect.gen(function*() {
        const broken: Fixture.Fixture = {
          ...fixture,
          supplied: { response: { ...Fixture.answer(fixture), body: { json: { id: 7 } } } }
        }
        const error = yield* Effect.provide(Effect.flip(run(broken)), against(broken))
        assert.strictEqual(error._tag, "InvalidResponseError")
      }))
  })

  describe("Call.make", () => {
    const fixture = find("getAssistant/openai-2024-04-15")

    it.effect("refuses a request of another operation", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Call.make({ ...fixture, operationId: "getThread" }))
        assert.match(error.message, /asks for getAssistant/)
      }))

    it.effect("refuses a request of no operation", () =>
      Effect.gen(function*() {
        const request = { ...Fixture.request(fixture), path: "/nowhere" as const }
        const error = yield* Effect.flip(Call.make({ ...fixture, supplied: { request } }))
        assert.match(error.message, /asks for no operation of the contract/)
      }))
  })

  it.live("leaves the process as it was", () =>
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
