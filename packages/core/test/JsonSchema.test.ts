import { ChatCompletions, JsonSchema } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Either, Schema } from "effect"

interface Tree {
  readonly label: string
  readonly children: ReadonlyArray<Tree>
}

const Tree: Schema.Schema<Tree> = Schema.Struct({
  label: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Schema<Tree> => Tree))
}).annotations({ identifier: "Tree" })

const tree = {
  type: "object",
  required: ["label", "children"],
  properties: { label: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/Tree" } } },
  additionalProperties: false
}

const closed = (properties: object, required: ReadonlyArray<string> = Object.keys(properties)) => ({
  type: "object",
  required,
  properties,
  additionalProperties: false
})

const nothing = { type: "object", properties: {}, additionalProperties: false }

describe("JsonSchema", () => {
  const cases: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext, object]> = [
    [
      "fields, required and optional",
      Schema.Struct({
        name: Schema.String,
        age: Schema.optional(Schema.Number),
        nick: Schema.NullOr(Schema.String),
        live: Schema.optionalWith(Schema.Boolean, { default: () => true })
      }),
      closed({
        name: { type: "string" },
        age: { type: "number" },
        nick: { anyOf: [{ type: "string" }, { type: "null" }] },
        live: { type: "boolean" }
      }, ["name", "nick"])
    ],
    [
      "descriptions",
      Schema.Struct({ city: Schema.String.annotations({ description: "The city" }) }).annotations({
        description: "Where"
      }),
      { ...closed({ city: { type: "string", description: "The city" } }), description: "Where" }
    ],
    [
      "enumerations and unions",
      Schema.Struct({ unit: Schema.Literal("c", "f"), value: Schema.Union(Schema.String, Schema.Number) }),
      closed({ unit: { type: "string", enum: ["c", "f"] }, value: { anyOf: [{ type: "string" }, { type: "number" }] } })
    ],
    [
      "nested",
      Schema.Struct({ at: Schema.Struct({ x: Schema.Number }), tags: Schema.Array(Schema.String) }),
      closed({ at: closed({ x: { type: "number" } }), tags: { type: "array", items: { type: "string" } } })
    ],
    ["recursive", Tree, { ...tree, $defs: { Tree: tree } }],
    ["recursive within", Schema.Struct({ root: Tree }), { ...closed({ root: tree }), $defs: { Tree: tree } }],
    [
      "what is written, where it is transformed",
      Schema.Struct({ at: Schema.Trim }),
      closed({
        at: { type: "string", description: "a string that will be trimmed" }
      })
    ],
    ["no fields", Schema.Struct({}), nothing],
    ["no fields within", Schema.Struct({ a: Schema.Struct({}) }), closed({ a: nothing })],
    ["anything", Schema.Struct({ a: Schema.Unknown }), closed({ a: { title: "unknown" } })],
    [
      "a field that is called $id",
      Schema.Struct({ $id: Schema.String, $ref: Schema.String }),
      closed({ $id: { type: "string" }, $ref: { type: "string" } })
    ],
    [
      "records",
      Schema.Record({ key: Schema.String, value: Schema.Number }),
      { type: "object", required: [], properties: {}, additionalProperties: { type: "number" } }
    ]
  ]
  for (const [name, schema, expected] of cases) {
    it(`${name}`, () => assert.deepStrictEqual<unknown>(JsonSchema.fromSchema(schema), expected))
  }

  it("throws for a Schema without a JSON Schema", () => {
    assert.throws(() => JsonSchema.fromSchema(Schema.BigIntFromSelf))
    assert.throws(() => JsonSchema.responseFormat("big", Schema.Struct({ big: Schema.SymbolFromSelf })))
  })

  const everything = Schema.Struct({
    name: Schema.String.pipe(Schema.maxLength(5)),
    age: Schema.optional(Schema.Int.pipe(Schema.between(0, 150))),
    unit: Schema.Literal("c", "f"),
    nick: Schema.NullOr(Schema.String),
    live: Schema.optionalWith(Schema.Boolean, { default: () => true }),
    tags: Schema.Array(Schema.NonEmptyString),
    at: Schema.Union(Schema.Struct({ x: Schema.Finite }), Schema.String),
    tree: Tree
  })
  const encoded = Schema.encodedBoundSchema(everything)

  it.prop("values that fit the JSON Schema decode", { written: Arbitrary.make(encoded) }, ({ written }) => {
    assert.isTrue(fits(JsonSchema.fromSchema(everything), written))
    const decoded = Schema.decodeEither(Schema.parseJson(everything))(JSON.stringify(written))
    assert.isTrue(Either.isRight(decoded))
  })

  it("values that do not fit the JSON Schema do not decode", () => {
    const schema = JsonSchema.fromSchema(everything)
    const good = { name: "a", unit: "c", nick: null, tags: ["t"], at: "", tree: { label: "", children: [] } }
    const decode = Schema.decodeUnknownEither(everything, { onExcessProperty: "error" })
    assert.isTrue(fits(schema, good) && Either.isRight(decode(good)))
    for (
      const fault of [
        { name: "abcdef" },
        { name: undefined },
        { age: 1.5 },
        { age: 151 },
        { unit: "k" },
        { nick: 1 },
        { tags: [""] },
        { at: { x: "1" } },
        { tree: { label: "", children: [{ label: 1, children: [] }] } },
        { extra: 1 }
      ]
    ) {
      const bad = { ...good, ...fault }
      assert.isFalse(fits(schema, bad), JSON.stringify(fault))
      assert.isTrue(Either.isLeft(decode(bad)), JSON.stringify(fault))
    }
  })

  it.effect("a response format fits the contract", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({ result: Schema.Number })
      const format = JsonSchema.responseFormat("result", schema, { description: "The result" })
      assert.deepStrictEqual(format, {
        type: "json_schema",
        json_schema: {
          name: "result",
          description: "The result",
          schema: closed({ result: { type: "number" } }),
          strict: true
        }
      })
      assert.isFalse(JsonSchema.responseFormat("result", schema, { strict: false }).json_schema.strict)
      assert.notProperty(JsonSchema.responseFormat("result", schema).json_schema, "description")

      const request: ChatCompletions.CreateChatCompletionRequest = {
        model: "gpt-4o",
        messages: [{ role: "user", content: "6 times 7?" }],
        response_format: format
      }
      yield* Schema.validate(ChatCompletions.CreateChatCompletionRequest, { onExcessProperty: "error" })(request)
    }))
})

/** Whether a value fits a JSON Schema. Supports what these tests use. */
const fits = (root: JsonSchema.JsonSchema, value: unknown): boolean => {
  const definitions = root["$defs"] as Record<string, Node> | undefined
  const check = (node: Node, value: any): boolean => { // `any`: the value is under test.
    if (node.$ref !== undefined) return check(definitions![node.$ref.replace("#/$defs/", "")]!, value)
    if (node.anyOf !== undefined) return node.anyOf.some((member) => check(member, value))
    if (
      node.allOf !== undefined && !node.allOf.every((member) => check({ ...node, allOf: undefined, ...member }, value))
    ) {
      return false
    }
    if (node.enum !== undefined && !node.enum.includes(value)) return false
    switch (node.type) {
      case "string":
        return typeof value === "string" &&
          value.length >= (node.minLength ?? 0) && value.length <= (node.maxLength ?? Infinity)
      case "integer":
      case "number":
        return Number.isFinite(value) && (node.type === "number" || Number.isInteger(value)) &&
          value >= (node.minimum ?? -Infinity) && value <= (node.maximum ?? Infinity)
      case "array":
        return Array.isArray(value) && value.every((item) => check(node.items!, item))
      case "object":
        return typeof value === "object" && value !== null && !Array.isArray(value) &&
          node.required!.every((name) => value[name] !== undefined) &&
          Object.keys(value).every((name) =>
            node.properties![name] !== undefined &&
            (value[name] === undefined || check(node.properties![name], value[name]))
          )
      case "null":
        return value === null
      default:
        return typeof value === node.type
    }
  }
  return check(root as Node, value)
}

interface Node {
  readonly $ref?: string
  readonly anyOf?: ReadonlyArray<Node>
  readonly allOf?: ReadonlyArray<Node> | undefined
  readonly enum?: ReadonlyArray<unknown>
  readonly type?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Node
  readonly required?: ReadonlyArray<string>
  readonly properties?: Record<string, Node>
}
