import { Deviation, Fixture, KnownDeviation } from "@effect-openai/contract-tests"
import { Contract } from "@effect-openai/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"

const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))

const deviationsOf = ({ operationId, repaired: { response } }: Fixture.Fixture): ReadonlyArray<Deviation.Deviation> => {
  const endpoint = Contract.endpoints.find(({ name }) => name === operationId)!
  if (response === null || response.status !== 200) return []
  if ("json" in response.body) return Deviation.inResponse(endpoint, response.body.json)
  if (!("events" in response.body)) return []
  const { events } = response.body
  return Deviation.inEvents(endpoint, endpoint.events?.named === true ? events : events.map(({ data }) => data))
}

const line = (document: string, operation: string, field: string, what: string) =>
  [document, operation, field, what].join(" | ")

describe("KnownDeviation", () => {
  it("lists exactly the deviations of the documented examples", () => {
    const found = fixtures.flatMap((fixture) =>
      "document" in fixture.source
        ? deviationsOf(fixture).map((deviation) =>
          line(
            (fixture.source as { readonly document: string }).document,
            fixture.operationId,
            KnownDeviation.fieldOf(deviation),
            deviation.what
          )
        )
        : []
    )
    const listed = KnownDeviation.all.flatMap(({ locations }) =>
      locations.flatMap(({ documents, fields, operations, what }) =>
        documents.flatMap((document) =>
          operations.flatMap((operation) => fields.map((field) => line(document, operation, field, what)))
        )
      )
    )
    assert.deepStrictEqual([...new Set(found)].sort(), [...listed].sort())
  })

  it("lists each known deviation once, and finds it by its deviations", () => {
    assert.strictEqual(new Set(KnownDeviation.all.map(({ id }) => id)).size, KnownDeviation.all.length)
    for (const known of KnownDeviation.all) {
      for (const { documents: [document], fields: [field], operations: [operation], what } of known.locations) {
        assert.strictEqual(KnownDeviation.find({ document, operation, deviation: { field, what } })?.id, known.id)
      }
    }
    const deviation = { field: "colour", what: "is not documented" }
    assert.isUndefined(KnownDeviation.find({ document: "openai-2024-04-15.yaml", operation: "listFiles", deviation }))
  })

  it("encodes as JSON", () => {
    const schema = Schema.Array(KnownDeviation.KnownDeviation)
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(schema)(JSON.parse(JSON.stringify(KnownDeviation.all))),
      KnownDeviation.all
    )
  })
})
