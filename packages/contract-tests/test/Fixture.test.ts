import { Call, Fixture } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { expand, type Facts } from "../../core/test/facts.js"
import { kebab, unexplained } from "../scripts/generate.js"
import { readRequest, readResponse } from "./documentation.js"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const directory = new URL("../../core/test/facts/", import.meta.url)

const documents = readdirSync(directory).map((file) => {
  const facts: Facts = JSON.parse(readFileSync(new URL(file, directory), "utf8"))
  return { name: file.replace(".json", ""), facts }
})

const documentOf = ({ source }: Fixture.Fixture) => "document" in source ? source.document : "recorded"

describe("Fixture", () => {
  describe.each(fixtures)("$name", (fixture) => {
    const { documented, repaired, verdict } = fixture
    const request = documented.request === null ? undefined : readRequest(documented.request)
    const response = documented.response === null ? undefined : readResponse(documented.response)

    it("has the request and the response of its text", () => {
      assert.deepStrictEqual(repaired.request, request?.value ?? null)
      assert.deepStrictEqual(repaired.response, response?.value ?? null)
    })

    it("names every repair", () => {
      assert.deepStrictEqual(verdict.repairs, [...request?.repairs ?? [], ...response?.repairs ?? []])
    })

    it("explains its verdict", () => {
      assert.notStrictEqual(verdict.reason, unexplained)
    })

    it("supplies a request only where the documented one can't be sent", () => {
      const sendable = repaired.request !== null && Call.endpointOf(repaired.request) !== undefined &&
        repaired.request.headers["authorization"] !== undefined
      assert.strictEqual(fixture.supplied?.request !== undefined, !sendable)
    })

    it("has no key", () => {
      const text = JSON.stringify(fixture)
      // The documentation has a redacted key.
      assert.notMatch(text, /sk-(?!abc\.\.\.def)[\w-]+|Bearer (?!\$OPENAI_(?:API|ADMIN)_KEY|\*{20}\\n)/)
    })
  })

  describe("coverage", () => {
    it("has a fixture for every operation of the contract, and for no other", () => {
      assert.deepStrictEqual(
        [...new Set(fixtures.map((fixture) => fixture.operationId))].sort(),
        Contract.endpoints.map((endpoint) => endpoint.name).sort()
      )
    })

    it.each(documents)("has every example of $name that the contract has an operation for", ({ facts, name }) => {
      const of = fixtures.filter((fixture) => documentOf(fixture) === `${name}.yaml`)
      for (const { name: operationId } of Contract.endpoints) {
        const found = of.filter((fixture) => fixture.operationId === operationId && fixture.documented.request !== null)
        const titles = facts.examples[operationId]?.map((title) => title === null ? name : `${name}-${kebab(title)}`)
        if (titles === undefined) continue
        assert.sameMembers(found.map((fixture) => fixture.name), titles.map((title) => `${operationId}/${title}`))
      }
      const slugs = of.map((fixture) => fixture.name.split("/")[1])
      const used = new Set(
        Contract.endpoints.flatMap(({ name }) =>
          [...expand(facts, facts.operations[name] ?? {}, name).values()].map(({ at }) => at.split(".")[0])
        )
      )
      for (const object of facts.objects) {
        if (used.has(object)) assert.include(slugs, `${name}-${kebab(object)}`)
      }
    })

    it("has every event of a documented stream", () => {
      const streams = fixtures.filter(({ documented: { response } }) =>
        response?.format === "events" || response?.format === "data"
      )
      assert.isNotEmpty(streams)
      for (const { documented, name, repaired } of streams) {
        const { format, text } = documented.response!
        const printed = text.match(format === "events" ? /^data: \{/gm : /^\{/gm)
        const body = repaired.response!.body
        assert.strictEqual("events" in body ? body.events.length : 0, printed?.length, name)
        assert.strictEqual("events" in body && body.done, text.includes("[DONE]"), name)
      }
    })

    it("has each text of a document once", () => {
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

    it.effect("reads the fixtures of a directory", () =>
      Effect.gen(function*() {
        const read = yield* readWith({ "deleteFile/a.json": JSON.stringify(contents) })
        assert.deepStrictEqual(read.map((fixture) => fixture.name), ["deleteFile/a"])
      }))

    it.effect("reads a fixture with the placeholder of the admin key", () =>
      Effect.gen(function*() {
        const headers = { authorization: "Bearer $OPENAI_ADMIN_KEY" }
        const request = { ...contents.repaired.request, headers }
        const read = yield* readWith(changed({ repaired: { ...contents.repaired, request } }))
        assert.deepStrictEqual(read.map((fixture) => Fixture.request(fixture).headers), [headers])
      }))

    refuses("an empty directory", {}, /no fixture in/)
    refuses("an operation without fixtures", { "deleteFile/": "" }, /no fixture in .*deleteFile/)
    refuses("a file of another kind", { "deleteFile/notes.txt": "" }, /does not end in \.json/)
    refuses("a file that is not JSON", { "deleteFile/a.json": "{" }, /is not a fixture/)
    refuses("an unknown field", changed({ extra: true }), /extra/)
    refuses("a missing field", changed({ verdict: undefined }), /verdict/)
    refuses("a fixture of another operation", { "listFiles/a.json": JSON.stringify(contents) }, /belongs to deleteFile/)
    refuses(
      "a verdict that contradicts the fixture",
      changed({ verdict: { ...contents.verdict, kind: "repaired" } }),
      /the verdict should be exact/
    )
    refuses(
      "a fixture without a response",
      changed({
        documented: { ...contents.documented, response: null },
        repaired: { ...contents.repaired, response: null }
      }),
      /there is no response/
    )
    refuses(
      "a done marker without a stream",
      changed({ supplied: { done: true } }),
      /no stream that lacks a done marker/
    )
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

  it("encodes every content as bytes", () => {
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
