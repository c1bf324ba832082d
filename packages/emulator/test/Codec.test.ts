import { Contract, Tolerant } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Schema } from "effect"
import * as Codec from "../src/internal/codec.js"

type AnySchema = Schema.Schema.AnyNoContext

const junk: ReadonlyArray<unknown> = [null, true, -1, 1.5, "", "text", [], [null], {}, { type: "function" }]

/** The containers in a JSON value, each with its keys. */
const places = (value: unknown): ReadonlyArray<readonly [container: Record<string, unknown>, key: string]> =>
  typeof value !== "object" || value === null ? [] : Object.keys(value).flatMap((key) => {
    const container = value as Record<string, unknown>
    return [[container, key] as const, ...places(container[key])]
  })

const parse = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A value with one field that is replaced, removed or added. */
const changed = (value: unknown, place: number, kind: number): unknown => {
  const copy = parse(value)
  const all = places(copy)
  const one = junk[place % junk.length]
  if (all.length === 0) return one
  const [container, key] = all[place % all.length]!
  if (kind === 0 && !Array.isArray(container)) Reflect.deleteProperty(container, key)
  else container[kind === 1 && !Array.isArray(container) ? "undocumented" : key] = parse(one)
  return copy
}

const closed = (schema: AnySchema): AnySchema => schema.annotations({ parseOptions: { onExcessProperty: "error" } })

const cases: ReadonlyArray<readonly [name: string, kind: "decoder" | "encoder", schema: AnySchema]> = Contract.endpoints
  .flatMap(({ body, name, success }) => [
    ...(body._tag === "Json" ? [[name, "decoder", closed(body.schema)] as const] : []),
    ...(success._tag === "Json" ? [[name, "encoder", Tolerant.exact(success.schema)] as const] : [])
  ])

/** The result of a codec: its value, and the order of its fields, or the error. */
const shown = (result: Either.Either<unknown, ParseResult.ParseIssue>): unknown =>
  Either.match(result, {
    onLeft: (issue) => ParseResult.TreeFormatter.formatIssueSync(issue),
    onRight: (value) => [value, JSON.stringify(value)]
  })

const bySchema = (kind: "decoder" | "encoder", schema: AnySchema) =>
  kind === "decoder" ? ParseResult.decodeUnknownEither(schema) : ParseResult.encodeUnknownEither(schema)

describe("Codec", () => {
  describe.each(["decoder", "encoder"] as const)("%s", (kind) => {
    it.each(cases.filter(([, of]) => of === kind))("agrees with the Schema: %s", (_, kind, schema) => {
      const codec = Codec[kind](schema)
      const expected = bySchema(kind, schema)
      fc.assert(
        fc.property(
          Arbitrary.make(Schema.encodedSchema(schema)),
          fc.array(fc.tuple(fc.nat(), fc.nat(2)), { minLength: 4, maxLength: 4 }),
          (generated, changes) => {
            const value = parse(generated)
            for (const one of [value, ...changes.map((change) => changed(value, ...change))]) {
              assert.deepStrictEqual(shown(codec(one)), shown(expected(one)))
            }
          }
        ),
        { seed: 1, numRuns: 5 }
      )
    })
  })

  it("leaves to the Schema what it can't copy", () => {
    const Text = Schema.Struct({ at: Schema.optionalWith(Schema.NumberFromString, { default: () => 1 }) })
    assert.deepStrictEqual(Codec.decoder(Text)({}), Either.right({ at: 1 }))
    assert.deepStrictEqual(Codec.decoder(Text)({ at: "2" }), Either.right({ at: 2 }))
    assert.deepStrictEqual(Codec.encoder(Text)({ at: 2 }), Either.right({ at: "2" }))
    assert.isTrue(Either.isLeft(Codec.decoder(Schema.Struct({ constructor: Schema.Unknown, at: Schema.Int }))({})))
    const named = JSON.parse("{\"__proto__\": \"a\"}")
    const Texts = Schema.Record({ key: Schema.String, value: Schema.String })
    assert.deepStrictEqual(shown(Codec.decoder(Texts)(named)), shown(ParseResult.decodeUnknownEither(Texts)(named)))
  })
})
