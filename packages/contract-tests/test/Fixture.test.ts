import { Call, Fixture } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readAnswer, readRequest } from "./documentation.js"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const documentOf = ({ source }: Fixture.Fixture) => "document" in source ? source.document : "recorded"

describe("Fixture", () => {
  describe.each(fixtures)("$name", (fixture) => {
    const { documented, repaired, verdict } = fixture
    const request = documented.request === null ? undefined : readRequest(documented.request)
    const response = documented.response === null ? undefined : readAnswer(documented.response)

    it("means what its text says", () => {
      assert.deepStrictEqual(repaired.request, request?.value ?? null)
      assert.deepStrictEqual(repaired.response, response?.value ?? null)
    })

    it("names every repair", () => {
      assert.deepStrictEqual(verdict.repairs, [...request?.repairs ?? [], ...response?.repairs ?? []])
    })

    it("brings a request of its own only where none is documented that could be sent", () => {
      const sendable = repaired.request !== null && Call.endpointOf(repaired.request) !== undefined &&
        repaired.request.headers["authorization"] !== undefined
      assert.strictEqual(fixture.supplied?.request !== undefined, !sendable)
    })

    it("holds no key", () => {
      const text = JSON.stringify(fixture)
      assert.notMatch(text, /sk-[\w-]+|Bearer (?!\$OPENAI_API_KEY|\*{20}\\n)/)
    })
  })

  describe("coverage", () => {
    it("has a fixture for every operation of the contract, and none for others", () => {
      assert.deepStrictEqual(
        [...new Set(fixtures.map((fixture) => fixture.operationId))].sort(),
        Contract.endpoints.map((endpoint) => endpoint.name).sort()
      )
    })

    /** Of each document: its examples of requests, and its examples of objects. */
    const counts: Record<string, Record<string, readonly [requests: number, objects: number]>> = {
      "openai-2024-04-15.yaml": {
        listAssistants: [1, 1],
        createAssistant: [2, 0],
        getAssistant: [1, 1],
        modifyAssistant: [1, 0],
        deleteAssistant: [1, 0],
        listAssistantFiles: [1, 0],
        createAssistantFile: [1, 0],
        getAssistantFile: [1, 1],
        deleteAssistantFile: [1, 0],
        listFiles: [1, 0],
        createFile: [1, 0],
        retrieveFile: [1, 1],
        deleteFile: [1, 0],
        downloadFile: [1, 0],
        createThread: [2, 0],
        getThread: [1, 1],
        modifyThread: [1, 0],
        deleteThread: [1, 0],
        listMessages: [1, 0],
        createMessage: [1, 0],
        getMessage: [1, 1],
        modifyMessage: [1, 0],
        listMessageFiles: [1, 0],
        getMessageFile: [1, 1],
        listRuns: [1, 0],
        createRun: [3, 2],
        getRun: [1, 1],
        modifyRun: [1, 0],
        submitToolOuputsToRun: [2, 0],
        cancelRun: [1, 0],
        createThreadAndRun: [3, 0],
        listRunSteps: [1, 0],
        getRunStep: [1, 1],
        createChatCompletion: [5, 4],
        createEmbedding: [1, 1],
        listModels: [1, 0],
        retrieveModel: [1, 1],
        deleteModel: [1, 0]
      },
      "openai-2024-12-18.yaml": {
        listFiles: [1, 0],
        createFile: [1, 0],
        retrieveFile: [1, 1],
        deleteFile: [1, 0],
        downloadFile: [1, 0],
        createChatCompletion: [5, 4],
        createEmbedding: [1, 1],
        listModels: [1, 0],
        retrieveModel: [1, 1],
        deleteModel: [1, 0]
      },
      "OpenAI Assistants 2.0.0 (OpenAPI)": {
        listAssistants: [1, 1],
        createAssistant: [2, 0],
        getAssistant: [1, 1],
        modifyAssistant: [1, 0],
        deleteAssistant: [1, 0],
        listAssistantFiles: [1, 0],
        createAssistantFile: [1, 0],
        getAssistantFile: [1, 1],
        deleteAssistantFile: [1, 0]
      },
      "Create assistant (v1)": { createAssistant: [2, 0] },
      "Create assistant file (v1)": { createAssistantFile: [1, 0] },
      "Create an assistant file (HTML)": { createAssistantFile: [1, 0] },
      "Modify assistant (v1)": { modifyAssistant: [1, 0] }
    }

    it.each(Object.keys(counts))("has every example of %s", (document) => {
      const found = Object.fromEntries(
        Object.keys(counts[document]!).map((operationId) => {
          const of = fixtures.filter((fixture) =>
            fixture.operationId === operationId && documentOf(fixture) === document
          )
          const requests = of.filter((fixture) => fixture.documented.request !== null).length
          return [operationId, [requests, of.length - requests]]
        })
      )
      assert.deepStrictEqual<unknown>(found, counts[document])
    })

    it("has no example of a document that is not counted", () => {
      const counted = Object.values(counts).flatMap((operations) => Object.values(operations).flat())
      assert.strictEqual(counted.reduce((sum, count) => sum + count), fixtures.length)
    })

    it("has the events of each documented stream", () => {
      const streams = fixtures.flatMap(({ name, repaired: { response } }) =>
        response !== null && "events" in response.body ? [[name, response.body.events.length, response.body.done]] : []
      )
      assert.deepStrictEqual<unknown>(streams, [
        ["createChatCompletion/openai-2024-04-15-create-chat-completion-stream-response", 3, false],
        ["createChatCompletion/openai-2024-04-15-streaming", 3, false],
        ["createChatCompletion/openai-2024-12-18-create-chat-completion-stream-response", 3, false],
        ["createChatCompletion/openai-2024-12-18-streaming", 3, false],
        ["createRun/openai-2024-04-15-message-delta-object", 1, false],
        ["createRun/openai-2024-04-15-run-step-delta-object", 1, false],
        ["createRun/openai-2024-04-15-streaming-with-functions", 13, true],
        ["createRun/openai-2024-04-15-streaming", 13, true],
        ["createThreadAndRun/openai-2024-04-15-streaming-with-functions", 12, true],
        ["createThreadAndRun/openai-2024-04-15-streaming", 14, true],
        ["submitToolOuputsToRun/openai-2024-04-15-streaming", 15, true]
      ])
    })

    it("has no text twice from one place", () => {
      const places = fixtures.map((fixture) => {
        const { request, response } = fixture.documented
        return [documentOf(fixture), request?.line, request?.column, response?.line, response?.column].join(":")
      })
      assert.strictEqual(new Set(places).size, fixtures.length)
    })
  })

  describe("readDirectory", () => {
    const [valid] = fixtures.filter((fixture) => fixture.name === "deleteFile/openai-2024-12-18")

    const readWith = (files: Record<string, string>) =>
      Effect.gen(function*() {
        const fileSystem = yield* FileSystem.FileSystem
        const directory = yield* fileSystem.makeTempDirectoryScoped()
        for (const [name, content] of Object.entries(files)) {
          yield* fileSystem.makeDirectory(`${directory}/${name.split("/")[0]}`, { recursive: true })
          if (!name.endsWith("/")) yield* fileSystem.writeFileString(`${directory}/${name}`, content)
        }
        return yield* Fixture.readDirectory(directory)
      }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

    const { name: _, ...contents } = valid!

    const refuses = (title: string, files: Record<string, string>, message: RegExp) =>
      it.effect(`refuses ${title}`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(readWith(files))
          assert.strictEqual(error._tag, "FixtureError")
          assert.match(error.message, message)
        }))

    const changed = (change: object) => ({ "deleteFile/a.json": JSON.stringify({ ...contents, ...change }) })

    it.effect("reads what is there", () =>
      Effect.gen(function*() {
        const read = yield* readWith({ "deleteFile/a.json": JSON.stringify(contents) })
        assert.deepStrictEqual(read.map((fixture) => fixture.name), ["deleteFile/a"])
      }))

    refuses("an empty directory", {}, /no fixture in/)
    refuses("an operation without fixtures", { "deleteFile/": "" }, /no fixture in .*deleteFile/)
    refuses("a file of another kind", { "deleteFile/notes.txt": "" }, /does not end in \.json/)
    refuses("what is not JSON", { "deleteFile/a.json": "{" }, /is no fixture/)
    refuses("a field too many", changed({ extra: true }), /extra/)
    refuses("a field too few", changed({ verdict: undefined }), /verdict/)
    refuses("a fixture in another's place", { "listFiles/a.json": JSON.stringify(contents) }, /belongs to deleteFile/)
    refuses(
      "a verdict that can't be",
      changed({ verdict: { ...contents.verdict, kind: "repaired" } }),
      /the verdict should be exact/
    )
    refuses(
      "a fixture without an answer",
      changed({
        documented: { ...contents.documented, response: null },
        repaired: { ...contents.repaired, response: null }
      }),
      /there is no answer/
    )
    refuses("a done marker of nothing", changed({ supplied: { done: true } }), /no stream that lacks a done marker/)
    refuses(
      "a stream without events",
      changed({
        repaired: {
          ...contents.repaired,
          response: { status: 200, contentType: "text/event-stream", body: { events: [], done: true } }
        }
      }),
      /events/
    )
    refuses(
      "a key",
      changed({
        repaired: {
          ...contents.repaired,
          request: { ...contents.repaired.request, headers: { authorization: "Bearer sk-abc" } }
        }
      }),
      /placeholder/
    )
    refuses(
      "an upload without its bytes",
      changed({
        repaired: {
          ...contents.repaired,
          request: { ...contents.repaired.request, body: { multipart: [{ name: "file", fileName: "a.txt" }] } }
        }
      }),
      /the bytes of a\.txt are missing/
    )
  })

  it("turns every content into bytes", () => {
    assert.deepStrictEqual([...Fixture.bytes({ base64: "AP8=" })], [0, 255])
    assert.deepStrictEqual([...Fixture.bytes({ text: "é" })], [195, 169])
    assert.deepStrictEqual([...Fixture.bytes({ json: [1] })], [91, 49, 93])
    const text = (events: Fixture.Events) => new TextDecoder().decode(Fixture.bytes(events))
    assert.strictEqual(
      text({ events: [{ event: "thread.created", data: { id: "a\nb" } }], done: true }),
      "event: thread.created\ndata: {\"id\":\"a\\nb\"}\n\nevent: done\ndata: [DONE]\n\n"
    )
    assert.strictEqual(
      text({ events: [{ data: 1 }, { data: 2 }], done: true }),
      "data: 1\n\ndata: 2\n\ndata: [DONE]\n\n"
    )
    assert.strictEqual(text({ events: [{ data: 1 }], done: false }), "data: 1\n\n")
    assert.isFalse(Schema.is(Fixture.Content)({ base64: "A" }))
  })
})
