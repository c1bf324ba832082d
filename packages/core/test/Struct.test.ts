import { Struct } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

describe("Struct", () => {
  it("has the type and the AST of Schema.Struct", () => {
    const fields = {
      id: Schema.String,
      name: Schema.NullOr(Schema.String),
      limit: Schema.optional(Schema.Int),
      order: Schema.optionalWith(Schema.Literal("asc", "desc"), { exact: true }),
      tools: Schema.Array(Struct.make({ type: Schema.Literal("function"), strict: Schema.optional(Schema.Boolean) }))
    }
    const struct = Struct.make(fields)
    const expected = Schema.Struct(fields)
    const isSame: Same<typeof struct.Type, typeof expected.Type> = true
    const isSameEncoded: Same<typeof struct.Encoded, typeof expected.Encoded> = true
    assert.isTrue(isSame && isSameEncoded)
    assert.deepStrictEqual(struct.ast.toJSON(), expected.ast.toJSON())
  })

  it("makes values, and throws for others", () => {
    const struct = Struct.make({ id: Schema.String, limit: Schema.optional(Schema.Int) })
    assert.deepStrictEqual(struct.make({ id: "a" }), { id: "a" })
    assert.throws(() => struct.make({ id: "a", limit: 0.5 }), "limit")
  })

  it("has fields that Schema.pick and Schema.omit select", () => {
    const struct = Struct.make({ id: Schema.String, limit: Schema.optional(Schema.Int) })
    const id = struct.pipe(Schema.pick("id"))
    const limit = struct.pipe(Schema.omit("id"))
    const isSame: Same<typeof id.Type, { readonly id: string }> = true
    const isSameLimit: Same<typeof limit.Type, { readonly limit?: number | undefined }> = true
    assert.isTrue(isSame && isSameLimit)
    assert.isFalse(Schema.is(id)({}))
    assert.isTrue(Schema.is(limit)({}))
  })
})
