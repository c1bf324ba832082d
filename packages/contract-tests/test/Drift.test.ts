import { Drift, Fixture } from "@effect-openai/contract-tests"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"

/** A document of one operation. */
const documentOf = (
  { response, parameters = [], path = "/things", request }: {
    readonly response?: object
    readonly request?: object
    readonly parameters?: ReadonlyArray<object>
    readonly path?: string
  },
  schemas: object = {}
): Drift.Document =>
  Schema.decodeUnknownSync(Drift.Document)({
    openapi: "3.0.3",
    paths: {
      [path]: {
        post: {
          operationId: "createThing",
          parameters,
          ...request === undefined ? {} : { requestBody: { content: { "application/json": { schema: request } } } },
          responses: { 200: { content: { "application/json": { schema: response ?? { type: "object" } } } } }
        }
      }
    },
    components: { schemas }
  })

const object = (properties: object, required: ReadonlyArray<string> = []) => ({ type: "object", properties, required })

const text = { type: "string" }

/** Each change as one line: who breaks, and what it is. */
const linesOf = (changes: ReadonlyArray<Drift.Change>) =>
  changes.map(({ breaksClient, breaksServer, field, part, what }) =>
    `${breaksClient ? "C" : "-"}${breaksServer ? "S" : "-"} ${part} ${field} ${what}`
  )

const lines = (from: Drift.Document, to: Drift.Document) => linesOf(Drift.compare(from, to))

describe("Drift", () => {
  it("finds no difference between the contract and itself", () => {
    assert.deepStrictEqual(Drift.compare(Drift.current(), Drift.current()), [])
  })

  it("finds every removed operation and field of the contract", () => {
    const whole = Drift.current()
    const { "/threads/{thread_id}/runs": _, ...paths } = whole.paths
    const changes = Drift.compare(whole, { ...whole, paths })
    assert.deepStrictEqual(changes.map(({ operation, what }) => `${operation} ${what}`), [
      "listRuns was removed",
      "createRun was removed"
    ])
    assert.isTrue(changes.every(({ breaksClient, breaksServer }) => breaksClient && !breaksServer))
    assert.deepStrictEqual(
      Drift.compare({ ...whole, paths }, whole).map(({ breaksClient, breaksServer, what }) => [
        what,
        breaksClient,
        breaksServer
      ]),
      [["was added", false, true], ["was added", false, true]]
    )
  })

  it("finds added and removed fields, and whom they break", () => {
    const before = object({ a: text, b: text }, ["a"])
    const after = object({ b: text, c: text, d: object({ e: text }) }, ["c"])
    assert.deepStrictEqual(lines(documentOf({ request: before }), documentOf({ request: after })), [
      "C- request a was removed",
      "CS request c was added, and is required",
      "-S request d was added"
    ])
    assert.deepStrictEqual(lines(documentOf({ response: before }), documentOf({ response: after })), [
      "C- response a was removed",
      "-S response c was added, and is required",
      "-- response d was added"
    ])
  })

  it("finds changes of requiredness, types, enums and limits", () => {
    const before = object({
      a: text,
      b: { type: "string", enum: ["x", "y"] },
      c: { type: "string", maxLength: 10 },
      d: text,
      e: { type: "integer", minimum: 1 }
    }, ["a"])
    const after = object({
      a: text,
      b: { type: "string", enum: ["y", "z"] },
      c: { type: "string", maxLength: 20 },
      d: { type: "string", nullable: true },
      e: { type: "integer", minimum: 2 }
    })
    const wider = (part: string) => part === "request" ? "-S" : "C-"
    const narrower = (part: string) => part === "request" ? "C-" : "-S"
    for (const part of ["request", "response"] as const) {
      assert.deepStrictEqual(lines(documentOf({ [part]: before }), documentOf({ [part]: after })), [
        `${wider(part)} ${part} a is no longer required`,
        `${narrower(part)} ${part} b no longer has the value "x"`,
        `${wider(part)} ${part} b has the value "z" now`,
        `${wider(part)} ${part} c has maxLength 20 instead of 10`,
        `${wider(part)} ${part} d has the type null now`,
        `${narrower(part)} ${part} e has minimum 2 instead of 1`
      ])
    }
  })

  it("finds changed parameters and paths", () => {
    const limit = { name: "limit", in: "query", schema: { type: "integer" } }
    const header = { name: "OpenAI-Beta", in: "header", required: true, schema: text }
    assert.deepStrictEqual(
      lines(documentOf({ parameters: [limit] }), documentOf({ parameters: [header], path: "/items" })),
      [
        "CS operation  is POST /items instead of POST /things",
        "C- parameter limit (query) was removed",
        "CS parameter OpenAI-Beta (header) was added, and is required"
      ]
    )
  })

  it("compares references, unions and lists, but not the names of components", () => {
    const tool = (type: string, fields: object) =>
      object({ type: { type: "string", enum: [type] }, ...fields }, ["type"])
    const before = documentOf(
      { response: object({ tools: { type: "array", items: { $ref: "#/components/schemas/Tool" } } }) },
      { Tool: { oneOf: [tool("a", { x: text }), tool("b", {})] } }
    )
    const after = documentOf(
      {
        response: object({
          tools: { type: "array", items: { anyOf: [tool("a", {}), { $ref: "#/components/schemas/B" }] } }
        })
      },
      { B: { allOf: [tool("b", {}), object({ y: text })] } }
    )
    assert.deepStrictEqual(lines(before, after), [
      "-- response tools[]<a>.x was removed",
      "-- response tools[]<b>.y was added"
    ])
  })

  it("compares recursive components", () => {
    const node = { Node: object({ next: { $ref: "#/components/schemas/Node" }, name: text }) }
    const document = documentOf({ response: { $ref: "#/components/schemas/Node" } }, node)
    assert.deepStrictEqual(Drift.compare(document, document), [])
  })

  it("finds differences between a recording and the contract", () =>
    Effect.runPromise(
      Effect.gen(function*() {
        const fixtures = yield* Fixture.all
        const changes = Drift.inRecording(fixtures.filter(({ operationId }) => operationId === "listFiles"))
        assert.deepStrictEqual(linesOf(changes), [
          "-- response data[].status is missing",
          "-- response first_id is missing",
          "-- response last_id is missing",
          "-- response has_more is missing"
        ])
      }).pipe(Effect.provide(NodeContext.layer))
    ))

  it("prints text and encodes as JSON", () => {
    const changes = Drift.compare(documentOf({ request: object({ a: text }) }), documentOf({ request: object({}) }))
    assert.strictEqual(
      Drift.text(changes),
      "createThing, request a was removed  [breaks clients]\n\n" +
        "1 difference, of which 1 may break clients and 0 servers"
    )
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Schema.Array(Drift.Change))(JSON.parse(JSON.stringify(changes))),
      changes
    )
  })
})
