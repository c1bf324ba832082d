import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { uploads } from "../src/internal/rules/files.js"
import { check, type Rule } from "../src/internal/rules/rule.js"
import { rules } from "../src/internal/rules/runs.js"
import { unsupported } from "../src/internal/rules/strict.js"

// The contract suite has a request that breaks each rule. These tests have what such a request does not show.

const refusal = <Request>(rules: ReadonlyArray<Rule<Request>>, request: Request) =>
  Effect.map(
    Effect.option(Effect.flip(check(rules, request))),
    (error) => error._tag === "None" ? undefined : [error.value.param, error.value.summary ?? error.value.message]
  )

const get = { type: "function", function: { name: "get" } } as const

describe("Rules across fields", () => {
  it.effect("hold for the settings of an assistant, too", () =>
    Effect.gen(function*() {
      const tool_choice = { type: "function", function: { name: "set" } } as const
      assert.isUndefined(yield* refusal(rules, { tool_choice }))
      // The name of the function is content.
      assert.deepStrictEqual(yield* refusal(rules, { tool_choice, tools: [get] }), [
        "tool_choice",
        "'tool_choice' names a tool that is not in 'tools'."
      ])
      const response_format = { type: "json_object" } as const
      assert.isUndefined(yield* refusal(rules, { response_format, tools: [get] }))
      assert.isUndefined(yield* refusal(rules, { tool_choice: null, tools: null, response_format: null }))
      const [param] = (yield* refusal(rules, { response_format, tools: [{ type: "retrieval" }] }))!
      assert.strictEqual(param, "tools")
    }))

  it.effect("limit a file for batches to 200 MB", () =>
    Effect.gen(function*() {
      const batch = { filename: "a.jsonl", purpose: "batch", bytes: 200 * 1024 * 1024 } as const
      assert.isUndefined(yield* refusal(uploads, batch))
      const [param, message] = (yield* refusal(uploads, { ...batch, bytes: batch.bytes + 1 }))!
      assert.strictEqual(param, "file")
      assert.include(message!, "at most 209715200 bytes")
      assert.isUndefined(yield* refusal(uploads, { ...batch, purpose: "fine-tune", bytes: batch.bytes + 1 }))
    }))

  it("name the place that strict does not support", () => {
    const closed = (properties: object) => ({
      type: "object",
      properties,
      required: Object.keys(properties),
      additionalProperties: false
    })
    const text = { type: "string" }
    for (
      const [schema, expected] of [
        [closed({ a: text, b: { type: "array", items: closed({ c: text }) } }), undefined],
        [closed({ a: { anyOf: [text, { type: "object" }] } }), "('properties', 'a', 'anyOf', '1'), 'additionalProp"],
        [closed({ a: { type: "array", items: { ...closed({ b: text }), required: [] } } }), "Missing 'b'"],
        [{ ...closed({}), $defs: { d: { type: "object" } } }, "('$defs', 'd')"],
        [undefined, undefined]
      ] as const
    ) {
      const found = unsupported(schema)
      if (expected === undefined) assert.isUndefined(found)
      else assert.include(found!, expected)
    }
  })
})
