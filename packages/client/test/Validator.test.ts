import { Contract, Tolerant } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describeIssue, shorten } from "../src/internal/response/issue.js"
import * as Validator from "../src/internal/response/validator.js"

/** Compares both results for a value: the value itself, its normalized copy, or the same error. */
const agree = (validate: Validator.Validate, schema: Schema.Schema.AnyNoContext, value: unknown) => {
  const validateExpected = ParseResult.validateEither(schema)
  const fits = Either.isRight(validateExpected(value))
  const read = fits ? value : Tolerant.normalize(schema)(value)
  const expected = validateExpected(read)
  const actual = validate(value)
  assert.strictEqual(Either.isRight(actual), Either.isRight(expected), JSON.stringify(value))
  if (Either.isRight(actual)) {
    if (fits) assert.strictEqual(actual.right, value)
    assert.deepStrictEqual(actual.right, read)
  }
  if (Either.isLeft(actual) && Either.isLeft(expected)) {
    const issues = ParseResult.ArrayFormatter.formatIssueSync(expected.left)
    assert.deepStrictEqual(ParseResult.ArrayFormatter.formatIssueSync(actual.left), issues)
    const deepest = issues.reduce((one, other) => other.path.length > one.path.length ? other : one)
    assert.deepStrictEqual(describeIssue(actual.left), {
      field: deepest.path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("").replace(
        /^\./,
        ""
      ),
      message: shorten(deepest.message)
    })
  }
  return Either.isRight(expected)
}

const junk: ReadonlyArray<unknown> = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "text",
  "function",
  "thread.run.created",
  [],
  [null],
  {},
  { type: "function" },
  { constructor: null },
  JSON.parse("{\"__proto__\": {\"type\": \"function\"}}")
]

/** The positions in a JSON value that can be changed. */
const places = (value: unknown): ReadonlyArray<readonly [container: Record<string, unknown>, key: string]> =>
  typeof value !== "object" || value === null ? [] : Object.keys(value).flatMap((key) => {
    const container = value as Record<string, unknown>
    return [[container, key] as const, ...places(container[key])]
  })

interface Change {
  readonly place: number
  readonly kind: "replace" | "remove" | "add" | "move"
  readonly other: number
}

const parse = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A value with a change: replaced, removed or added. */
const changed = (value: unknown, { kind, other, place }: Change): unknown => {
  const copy = parse(value)
  const all = places(copy)
  const found = all[place % all.length]
  if (found === undefined) return junk[other % junk.length]
  const [container, key] = found
  const [otherContainer, otherKey] = all[other % all.length]!
  if (kind === "remove" && !Array.isArray(container)) Reflect.deleteProperty(container, key)
  else if (kind === "add") {
    container[Array.isArray(container) ? container.length : `extra${other % 3}`] = junk[other % junk.length]
  } else if (kind === "move") container[key] = parse(otherContainer[otherKey])
  else container[key] = parse(junk[other % junk.length])
  return copy
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom("replace", "remove", "add", "move"),
  other: fc.nat()
})

const schemas: ReadonlyArray<readonly [name: string, schema: Schema.Schema.AnyNoContext]> = Contract.endpoints.flatMap(
  ({ events, name, success }) => [
    ...(success._tag === "Json" ? [[name, success.schema] as const] : []),
    ...(events === undefined ? [] : [[`${name}, streamed`, events.schema] as const])
  ]
)

describe("Validator", () => {
  describe("agrees with the Schema of every response", () => {
    for (const [name, schema] of schemas) {
      it(name, () => {
        const validate = Validator.make(schema)
        let valid = 0
        let invalid = 0
        const see = (value: unknown) => agree(validate, schema, value) ? valid++ : invalid++
        fc.assert(
          fc.property(
            Arbitrary.make(schema),
            fc.array(change, { minLength: 8, maxLength: 8 }),
            (answer, changes) => {
              const value = parse(answer)
              see(value)
              for (const change of changes) see(changed(value, change))
              // Several changes together.
              see(changes.slice(0, 3).reduce(changed, value))
            }
          ),
          { seed: 7, numRuns: 25 }
        )
        assert.isAbove(valid, 25)
        assert.isAbove(invalid, 25)
      })
    }
  })

  describe("agrees with any Schema", () => {
    interface Tree {
      readonly value: number
      readonly children: ReadonlyArray<Tree>
    }
    const Tree = Schema.Struct({
      value: Schema.Number,
      children: Schema.Array(Schema.suspend((): Schema.Schema<Tree> => Tree))
    })
    const counted = <A extends object, I>(schema: Schema.Schema<A, I>) =>
      schema.pipe(Schema.filter((u) => Object.keys(u).length === 1))
    const cases: Record<string, readonly [Schema.Schema.AnyNoContext, ...ReadonlyArray<unknown>]> = {
      "a required field that may be undefined": [Schema.Struct({ a: Schema.Unknown }), {}, { a: 1 }, [], null, "a"],
      "a required field that every object inherits": [
        Schema.Struct({ toString: Schema.Unknown, constructor: Schema.String }),
        {},
        { constructor: "a" }
      ],
      "an optional field that every object inherits": [
        Schema.Struct({ toString: Schema.optional(Schema.String) }),
        {},
        { toString: 1 },
        { toString: "a" }
      ],
      "an optional field that is not undefined": [
        Schema.Struct({ a: Schema.optionalWith(Schema.String, { exact: true }) }),
        {},
        { a: undefined },
        { a: "a" },
        { a: null }
      ],
      "any object": [Schema.Struct({}), {}, [], 0, null, undefined],
      "a record": [Schema.Record({ key: Schema.String, value: Schema.Number }), {}, { a: 1 }, { a: "1" }, [], null],
      "a record of some keys": [
        Schema.Record({ key: Schema.String.pipe(Schema.maxLength(1)), value: Schema.Number }),
        { a: 1 },
        { a: "1" },
        { ab: "1" }
      ],
      "a record of template keys": [
        Schema.Record({ key: Schema.TemplateLiteral("x-", Schema.String), value: Schema.Number }),
        { "x-a": 1 },
        { "x-a": "1" },
        { a: "1" }
      ],
      "a record of symbols": [Schema.Record({ key: Schema.SymbolFromSelf, value: Schema.Number }), {}, [], { a: 1 }],
      "fields and a record": [
        Schema.Struct({ a: Schema.String }, { key: Schema.String, value: Schema.Union(Schema.String, Schema.Number) }),
        { a: "a", b: 1 },
        { a: 1 },
        { a: "a", b: null }
      ],
      "a filtered record": [
        Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(counted),
        {},
        { a: 1 },
        { a: 1, b: 1 }
      ],
      "a filter that sees no more than the Schema keeps": [
        Schema.Struct({ a: Schema.String }).pipe(counted),
        { a: "a" },
        { a: "a", b: 1 }
      ],
      "a filter over a record of some keys": [
        Schema.Record({ key: Schema.String.pipe(Schema.maxLength(1)), value: Schema.Number }).pipe(counted),
        { a: 1 },
        { a: 1, b: 1 },
        { a: 1, long: 1 }
      ],
      "a filter over structs in a list": [
        Schema.Array(Schema.Struct({ a: Schema.Number })).pipe(
          Schema.filter((all) => all.every((one) => Object.keys(one).length === 1))
        ),
        [{ a: 1 }],
        [{ a: 1, b: 1 }],
        [{}]
      ],
      "its own message": [
        Schema.Struct({
          a: Schema.Struct({ b: Schema.String }).annotations({ message: () => "is not a pair" }),
          c: Schema.optional(Schema.Int.annotations({ message: () => ({ message: "no\nnumber", override: true }) }))
        }),
        { a: { b: 1 } },
        { a: { b: "1" }, c: 0.5 },
        { a: null }
      ],
      "filters on filters": [Schema.Int.pipe(Schema.between(1, 3)), 0, 1, 2.5, 3, 4, "1", NaN],
      "a tuple": [Schema.Tuple(Schema.String, Schema.optionalElement(Schema.Number)), ["a"], ["a", 1], ["a", 1, 1], []],
      "a tuple with a rest": [Schema.Tuple([Schema.String], Schema.Number, Schema.Boolean), ["a", true], ["a"], [
        "a",
        1,
        true
      ]],
      "a list": [Schema.Array(Schema.String), [], ["a"], ["a", 1], { length: 0 }, "a"],
      "a list of at least one": [Schema.NonEmptyArray(Schema.String), [], ["a"], [1]],
      "literals": [Schema.Literal("a", 1, true, null), "a", 1, "1", true, "true", null, undefined],
      "a union by tag": [
        Schema.Union(
          Schema.Struct({ type: Schema.Literal("a"), a: Schema.String }),
          Schema.Struct({ type: Schema.Literal("b"), b: Schema.String }),
          Schema.Struct({ type: Schema.Literal("b"), c: Schema.String }),
          Schema.Struct({ type: Schema.Literal(1), d: Schema.String }),
          Schema.Struct({ kind: Schema.Literal("e") }),
          Schema.String
        ),
        { type: "a", a: "" },
        { type: "b", b: "" },
        { type: "b", c: "" },
        { type: "b" },
        { type: 1, d: "" },
        { type: "1", d: "" },
        { type: "a", kind: "e" },
        { kind: "e" },
        {},
        [],
        null,
        "type"
      ],
      "a union by two tags": [
        Schema.Union(
          Schema.Struct({ type: Schema.Literal("a"), kind: Schema.Literal("a") }),
          Schema.Struct({ type: Schema.Literal("a"), kind: Schema.Literal("b") }),
          Schema.Struct({ type: Schema.Literal("b"), kind: Schema.Literal("b") })
        ),
        { type: "a", kind: "a" },
        { type: "a", kind: "b" },
        { type: "b", kind: "b" },
        { type: "b", kind: "a" }
      ],
      "itself": [Tree, { value: 1, children: [{ value: 2, children: [] }] }, { value: 1, children: [{ value: 2 }] }],
      "never": [Schema.Struct({ a: Schema.optional(Schema.Never) }), {}, { a: 1 }],
      "an enumeration": [Schema.Enums({ A: "a", B: 1 } as const), "a", 1, "B", 2],
      "a template": [Schema.TemplateLiteral("a-", Schema.Number), "a-1", "a-b", 1],
      "a declaration": [Schema.DateFromSelf, "2024-01-01", 1, null],
      "a transformation": [Schema.Struct({ a: Schema.NumberFromString }), { a: 1 }, { a: "1" }],
      "what takes nothing unknown": [
        Schema.Struct({
          a: Schema.Struct({ b: Schema.String }).annotations({ parseOptions: { onExcessProperty: "error" } })
        }),
        { a: { b: "b" }, c: 1 },
        { a: { b: "b", c: 1 } }
      ],
      "what has something else to fall back on": [
        Schema.Struct({ a: Schema.String.annotations({ decodingFallback: () => Either.right("") }) }),
        { a: 1 },
        {},
        []
      ]
    }
    for (const [name, [schema, ...values]] of Object.entries(cases)) {
      it(name, () => {
        const validate = Validator.make(schema)
        for (const value of values) agree(validate, schema, value)
      })
    }
  })

  it("decodes by the Schema only what is invalid", () => {
    let parsed = 0
    const schema = Schema.declare((u: unknown): u is string => {
      parsed++
      return u === "a"
    })
    const validate = Validator.make(Schema.Struct({ a: Schema.Union(Schema.String, schema) }))
    assert.isTrue(Either.isRight(validate({ a: "b" })))
    assert.strictEqual(parsed, 0)
    assert.isTrue(Either.isLeft(validate({ a: 1 })))
    assert.isAbove(parsed, 0)
  })

  it("refuses the same values after it has seen objects of one shape", () => {
    const schema = Schema.Struct({
      a: Schema.String,
      b: Schema.optional(Schema.Number),
      c: Schema.optional(Schema.Null)
    })
    const validate = Validator.make(schema)
    const isValid = (value: unknown) => Either.isRight(validate(value))
    for (let i = 0; i < 5; i++) assert.isTrue(isValid({ a: "a", extra: i, b: i }))
    for (const value of [{ b: 1 }, { a: "a", extra: 1, b: "1" }, { a: 1, extra: 1, b: 1 }, { extra: 1 }, {}, [], "a"]) {
      assert.isFalse(isValid(value))
    }
    for (const value of [{ a: "a" }, { b: 1, a: "a" }, { a: "a", extra: 1, b: 1, c: null }, { a: "a", c: null }]) {
      for (let i = 0; i < 3; i++) assert.isTrue(isValid(value))
      assert.isFalse(isValid({ ...value, a: null }))
    }
  })

  it("works where code generation is disabled", () => {
    const program = `
      import * as Schema from "effect/Schema"
      import * as Validator from "./src/internal/response/validator.ts"
      const validate = Validator.make(Schema.Struct({ a: Schema.Array(Schema.Int) }))
      const made = () => { try { return new Function("return true")() } catch { return false } }
      console.log(made(), validate({ a: [1] })._tag, validate({ a: [0.5] })._tag)
    `
    const output = execFileSync(
      process.execPath,
      ["--disallow-code-generation-from-strings", "--import", "tsx", "--input-type=module", "--eval", program],
      { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" }
    )
    assert.strictEqual(output, "false Right Left\n")
  }, 60_000)
})
