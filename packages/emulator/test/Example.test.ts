import { assert, describe, it } from "@effect/vitest"
import formats from "ajv-formats"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as FastCheck from "effect/FastCheck"
import * as Utils from "effect/Utils"
import { example } from "../src/internal/example.js"

// -----------------------------------------------------------------------------
// Schemas that a value fits
// -----------------------------------------------------------------------------

type Json = { readonly [key: string]: unknown }

const between = (least: number, most: number) =>
  FastCheck.tuple(FastCheck.integer({ min: least, max: most }), FastCheck.integer({ min: 0, max: 20 })).map((
    [from, more]
  ) => [from, from + more] as const)

const number: FastCheck.Arbitrary<Json> = FastCheck.record({
  type: FastCheck.constantFrom("integer", "number"),
  range: between(-50, 50),
  keys: FastCheck.subarray(["minimum", "maximum"] as const)
}).map(({ keys, range: [minimum, maximum], type }) => ({
  type,
  ...(keys.includes("minimum") ? { minimum } : {}),
  ...(keys.includes("maximum") ? { maximum } : {})
}))

const multiple: FastCheck.Arbitrary<Json> = FastCheck.record({
  of: FastCheck.integer({ min: 1, max: 9 }),
  least: FastCheck.integer({ min: -50, max: 50 })
}).map(({ least, of }) => ({
  type: "integer",
  multipleOf: of,
  exclusiveMinimum: least,
  exclusiveMaximum: least + 2 * of
}))

const string: FastCheck.Arbitrary<Json> = FastCheck.oneof(
  between(0, 9).map(([minLength, maxLength]) => ({ type: "string", minLength, maxLength })),
  FastCheck.constantFrom(
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uuid",
    "json-pointer",
    "regex"
  ).map((format) => ({ type: "string", format })),
  FastCheck.constantFrom("^[a-z]{3}-\\d{2,4}$", "^(?:EUR|USD)$", "\\d", "^\\p{Lu}\\w*$", "^[^@]+@[^@]+$").map((
    pattern
  ) => ({ type: "string", pattern }))
)

const literal: FastCheck.Arbitrary<Json> = FastCheck.oneof(
  FastCheck.jsonValue().map((value) => ({ const: value })),
  FastCheck.array(FastCheck.jsonValue(), { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values }))
)

const { schema } = FastCheck.letrec<{ schema: Json }>((tie) => ({
  schema: FastCheck.oneof(
    { depthSize: "small", withCrossShrink: true },
    FastCheck.oneof(number, multiple, string, literal, FastCheck.constant({ type: "boolean" })),
    FastCheck.record({
      properties: FastCheck.dictionary(FastCheck.constantFrom("city", "unit", "days", "__proto__x"), tie("schema")),
      isOpen: FastCheck.boolean(),
      isAll: FastCheck.boolean()
    }).map(({ isAll, isOpen, properties }) => ({
      type: "object",
      properties,
      required: isAll ? Object.keys(properties) : Object.keys(properties).slice(0, 1),
      ...(isOpen ? {} : { additionalProperties: false })
    })),
    FastCheck.record({ items: tie("schema"), length: between(0, 3) }).map((
      { items, length: [minItems, maxItems] }
    ) => ({
      type: "array",
      items,
      minItems,
      maxItems
    })),
    FastCheck.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie("schema").map((schema) => ({ allOf: [{ description: "Something" }, schema] })),
    tie("schema").map((schema) => ({ $ref: "#/$defs/It", $defs: { It: schema } }))
  )
}))

/** A reference is resolved from the root, so that definitions move from the inside to the root. */
const hoisted = (schema: Json): Json => {
  const $defs: Record<string, unknown> = {}
  const go = (u: unknown): unknown => {
    if (Array.isArray(u)) return u.map(go)
    if (typeof u !== "object" || u === null) return u
    const { $defs: own, ...rest } = u as Json
    if ("const" in rest || "enum" in rest) return rest
    if (typeof own !== "object" || own === null) {
      return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, go(value)]))
    }
    const name = `It${Object.keys($defs).length}`
    $defs[name] = {}
    $defs[name] = go((own as Json)["It"])
    return { $ref: `#/$defs/${name}` }
  }
  return { ...(go(schema) as Json), $defs }
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)

const check = (schema: Json, value: unknown) => {
  const validate = ajv.compile(schema)
  assert.isTrue(
    validate(value),
    `${JSON.stringify(schema)}\n${JSON.stringify(value)}\n${ajv.errorsText(validate.errors)}`
  )
}

// -----------------------------------------------------------------------------
// tests
// -----------------------------------------------------------------------------

const parameters = { seed: 1, numRuns: 200 }

describe("Example", () => {
  it.prop("fits its Schema, the smallest", [schema], ([schema]) => {
    check(hoisted(schema), example(hoisted(schema), { text: "Paris", said: "Paris in 7 days" }))
  }, { fastCheck: parameters })

  it.prop("fits its Schema, whichever is chosen", [schema, FastCheck.integer()], ([schema, seed]) => {
    const random = new Utils.PCGRandom(seed)
    check(hoisted(schema), example(hoisted(schema), { text: "Paris", random: () => random.number() }))
  }, { fastCheck: parameters })

  it("takes the alternatives and numbers of the message", () => {
    const schema = {
      type: "object",
      properties: {
        city: { type: "string" },
        unit: { enum: ["celsius", "fahrenheit"] },
        days: { type: "integer", minimum: 1, maximum: 14 }
      },
      required: ["city", "unit", "days"]
    }
    assert.deepStrictEqual(example(schema, { text: "Oslo", said: "\"Oslo\" for 300, no, 3 days in fahrenheit" }), {
      city: "Oslo",
      unit: "fahrenheit",
      days: 3
    })
  })

  it("has items that differ where they must", () => {
    for (
      const items of [
        { type: "string", maxLength: 3 },
        { type: "integer", minimum: 5 },
        { enum: ["a", "b", "c", "d"] },
        { type: "number", maximum: 5 }
      ]
    ) {
      const schema = { type: "array", items, minItems: 4, uniqueItems: true }
      check(schema, example(schema, { text: "a" }))
    }
  })

  it("ends where a Schema holds itself", () => {
    const schema = {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
      required: ["name"]
    }
    for (let seed = 0; seed < 50; seed++) {
      const random = new Utils.PCGRandom(seed)
      check(schema, example(schema, { text: "leaf", random: () => random.number() }))
    }
  })

  it("makes nothing fail, whatever the Schema", () => {
    for (
      const schema of [
        null,
        7,
        [],
        { pattern: "(", type: "string" },
        { $ref: "#/missing" },
        { $ref: "#" },
        { allOf: [null, { $ref: "#" }] },
        { anyOf: [{ $ref: "#" }] },
        { type: "array", minItems: 1e9, items: {} },
        { type: "string", minLength: 1e9 },
        { type: "object", minProperties: 1e9 },
        { type: "integer", minimum: 5, maximum: 4 },
        { type: "number", minimum: "x", multipleOf: 0 },
        { required: ["__proto__", "constructor"] },
        { type: "wrong", properties: 7, required: "x", enum: [] }
      ]
    ) {
      const random = new Utils.PCGRandom(1)
      JSON.stringify([example(schema, { text: "x" }), example(schema, { text: "", random: () => random.number() })])
    }
  })
})
