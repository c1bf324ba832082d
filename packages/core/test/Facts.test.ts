import { Contract } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { type Difference, differences, type Document, expand, type Facts, type Fields, read } from "./facts.js"
import { type Deviation, deviations } from "./factsDeviations.js"

const directory = new URL("facts/", import.meta.url)

const documents = readdirSync(directory).map((name): Facts =>
  JSON.parse(readFileSync(new URL(name, directory), "utf8"))
)

const contract = read(JSON.parse(JSON.stringify(Api.openApi())))

const isSuccess = ([place]: readonly [string, string]) => !/^response [45]/.test(place)

/** Successes only: the envelope of errors is the same for every operation, and the documents state it for few. */
const successes = (operation: Fields | undefined): Fields =>
  Object.fromEntries(Object.entries(operation!).filter(isSuccess))

const compare = (document: Facts, operationId: string): ReadonlyArray<Difference> =>
  differences(
    expand(document, successes(document.operations[operationId]), operationId),
    expand(contract, successes(contract.operations[operationId]), operationId)
  )

const matches = (pattern: string | null, text: string | null): boolean =>
  pattern === null || text === null ? pattern === text : new RegExp(
    `^${pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&")).join(".*")}$`
  ).test(text)

const explains = (difference: Difference) => (deviation: Deviation): boolean =>
  (["at", "documented", "contract"] as const).every((side) => matches(deviation[side], difference[side]))

describe("facts", () => {
  const found = Contract.endpoints.map(({ name }) => ({
    name,
    differences: documents.filter(({ operations }) => name in operations).flatMap((document) => compare(document, name))
  }))

  it("has each operation of the contract in one document", () => {
    for (const { name } of Contract.endpoints) {
      assert.lengthOf(documents.filter(({ operations }) => name in operations), 1, name)
    }
  })

  it.each(found)("$name is as documented", ({ differences }) => {
    assert.deepStrictEqual(differences.filter((difference) => !deviations.some(explains(difference))), [])
  })

  // The document names their place `result`.
  const results = Object.keys(contract.schemas).filter((name) => /^(Usage.*|Costs)Result$/.test(name)).map((name) => {
    const [documented, actual] = [documents.find(({ schemas }) => name in schemas)!, contract].map((facts) =>
      expand(facts, { response: name }, name)
    )
    return { name, differences: differences(documented!, actual!) }
  })

  it("the results of usage are as documented", () => {
    assert.lengthOf(results, 9)
    assert.deepStrictEqual(
      results.flatMap(({ differences }) => differences.filter((difference) => !deviations.some(explains(difference)))),
      []
    )
  })

  it("the error envelope is as documented", () => {
    for (const document of documents) {
      const envelope = (facts: Facts) => expand(facts, { response: "ErrorResponse" }, "ErrorResponse")
      assert.deepStrictEqual(differences(envelope(document), envelope(contract)), [])
    }
  })

  it.each(deviations)("$at still deviates", (deviation) => {
    assert.isTrue(
      [...found, ...results].some(({ differences }) =>
        differences.some((difference) => explains(difference)(deviation))
      )
    )
    assert.match(deviation.reason, /^[A-Z].*\.$/)
  })
})

// -----------------------------------------------------------------------------
// what a comparison notices
// -----------------------------------------------------------------------------

const nested = {
  type: "object",
  properties: {
    tools: {
      type: "array",
      maxItems: 2,
      items: {
        oneOf: [
          { type: "object", properties: { type: { enum: ["code"] } }, required: ["type"] },
          { type: "object", properties: { type: { enum: ["call"] }, name: { type: "string" } }, required: ["type"] }
        ]
      }
    }
  }
}

const documentWith = (field: object, required: ReadonlyArray<string> = []): Document => ({
  paths: {
    "/a": {
      post: {
        operationId: "a",
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } }
        },
        responses: {}
      }
    }
  },
  components: {
    schemas: { A: { type: "object", properties: { field, nested }, required }, ErrorResponse: { type: "string" } }
  }
})

const differencesOf = (one: Document, other: Document): ReadonlyArray<Difference> => {
  const facts = [one, other].map((document) => read(document)).map((facts) =>
    expand(facts, facts.operations["a"]!, "a")
  )
  return differences(facts[0]!, facts[1]!)
}

describe("differences", () => {
  const base = { type: "string" }

  it.each<readonly [title: string, one: object, other: object, documented: string, contract: string]>([
    ["a type", base, { type: "boolean" }, "string", "boolean"],
    ["a length", base, { type: "string", maxLength: 3 }, "string", "string(..3)"],
    ["a pattern", { type: "string", pattern: "(a| b = c)" }, base, "string(/(a| b = c)/)", "string"],
    ["a format", base, { type: "string", format: "uri" }, "string", "string(uri)"],
    ["a bound", { type: "number", minimum: 0 }, { type: "number", exclusiveMinimum: 0 }, "number(0..)", "number(>0..)"],
    ["a value of an enum", { enum: ["a", "b"] }, { enum: ["a"] }, "'a' | 'b'", "'a'"],
    ["null", { type: "string", nullable: true }, base, "null | string", "string"],
    ["a default", { type: "string", default: "a" }, base, "string = 'a'", "string"],
    ["a deprecation", base, { type: "string", deprecated: true }, "string", "deprecated string"],
    ["the size of an array", { type: "array" }, { type: "array", minItems: 1 }, "array", "array(1..)"],
    ["free names", base, { type: "object", additionalProperties: base }, "string", "{ [string] }"]
  ])("has %s", (_, one, other, documented, contract) => {
    assert.deepStrictEqual(differencesOf(documentWith(one), documentWith(other)), [
      { at: "A.field", documented: `optional ${documented}`, contract: `optional ${contract}` }
    ])
  })

  it("has requiredness", () => {
    assert.deepStrictEqual(differencesOf(documentWith(base, ["field"]), documentWith(base)), [
      { at: "A.field", documented: "string", contract: "optional string" }
    ])
  })

  it("has what is missing on either side, without its parts", () => {
    const { components, paths } = documentWith(base)
    const { nested: _, ...properties } = components.schemas["A"]!["properties"] as Record<string, object>
    const without = { paths, components: { schemas: { ...components.schemas, A: { type: "object", properties } } } }
    assert.deepStrictEqual(differencesOf(documentWith(base), without), [
      { at: "A.nested", documented: "optional object", contract: null }
    ])
    assert.deepStrictEqual(differencesOf(without, documentWith(base)), [
      { at: "A.nested", documented: null, contract: "optional object" }
    ])
  })

  it("finds an object of a union by its type, at any depth", () => {
    const changed = JSON.parse(
      JSON.stringify(documentWith(base)).replace("\"name\":{\"type\":\"string\"}", "\"name\":{}")
    )
    assert.deepStrictEqual(differencesOf(documentWith(base), changed), [
      { at: "A.nested.tools<call>.name", documented: "optional string", contract: "optional unknown" }
    ])
  })

  it("has none where two documents say the same in other words", () => {
    const one = { oneOf: [{ type: "string" }, { enum: ["a"] }], nullable: true }
    const other = { anyOf: [{ type: "null" }, { type: "string", enum: ["a"] }, { type: "string" }], title: "A title" }
    assert.deepStrictEqual(differencesOf(documentWith(one), documentWith(other)), [])
  })

  it("is not found by skipping a keyword", () => {
    assert.throws(() => read(documentWith({ type: "string", uniqueItems: true })), /no notation for uniqueItems/)
  })
})
