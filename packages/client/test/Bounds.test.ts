import { Assistants, ChatCompletions, ChatStream, Retry, Tool } from "@effect-openai/client"
import { Json } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Schema, Stream } from "effect"
import * as Client from "./utils/client.js"
import { chunk } from "./utils/conversation.js"
import * as Models from "./utils/models.js"

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

/** A server that sends one body. */
const sending = (body: string, type: string, status = 200) =>
  Client.layer(
    "http://fake",
    {},
    Client.fake(() => new Response(body, { status, headers: { "content-type": type } })).layer
  )

/** The depth of a value, by following it. */
const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

describe("JSON that nests deep", () => {
  it("is recognized by its brackets outside of strings", () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.string({ unit: fc.constantFrom("[", "{", "\"", "\\", "]", "}", "a") }),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.string({ unit: fc.constantFrom("[", "\"", "\\", "}") }), tie("value"), { maxKeys: 3 })
      )
    }))
    fc.assert(fc.property(value, fc.nat(260), (value, levels) => {
      const text = `${"[".repeat(levels)}${JSON.stringify(value)}${"]".repeat(levels)}`
      assert.strictEqual(Json.isTooDeep(text), depthOf(value) + levels > Json.maxDepth)
    }))
    assert.isFalse(Json.isTooDeep(`"${"[".repeat(1000)}`))
  })

  const assistant = (field: string) => JSON.stringify(Models.assistant()).replace("{", `{"extra":${field},`)

  it.effect("fails with InvalidResponseError", () =>
    Effect.gen(function*() {
      const get = Assistants.retrieve({ assistant_id: "asst_1" })
      for (const body of [nested(3000), assistant(nested(3000)), `{"error":${nested(3000)}}`, nested(1_000_000)]) {
        const error = yield* Effect.flip(Effect.provide(get, sending(body, "application/json")))
        assert.strictEqual(error._tag, "InvalidResponseError")
        assert.include(error.message, "The response nests more than 256 levels")
      }
      const { id } = yield* Effect.provide(get, sending(assistant(nested(255)), "application/json"))
      assert.strictEqual(id, "asst_1")
    }))

  it.effect("is the text of an error of another status", () =>
    Effect.gen(function*() {
      const error = yield* Assistants.retrieve({ assistant_id: "asst_1" }).pipe(
        Retry.none,
        Effect.provide(sending(nested(3000), "application/json", 500)),
        Effect.flip
      )
      assert.strictEqual(error._tag, "InternalServerError")
    }))

  it.effect("fails the Stream of events with InvalidResponseError", () =>
    Effect.gen(function*() {
      const events = ChatCompletions.create.stream({ model: "m", messages: [{ role: "user", content: "Hi" }] })
      const error = yield* Stream.runDrain(events).pipe(
        Effect.provide(sending(`data: {"choices":${nested(3000)}}\n\n`, "text/event-stream")),
        Effect.flip
      )
      assert.strictEqual(error._tag, "InvalidResponseError")
    }))

  it.effect("is refused as the arguments of a tool", () =>
    Effect.gen(function*() {
      const tool = Tool.make("f", { parameters: Schema.Struct({ a: Schema.Unknown }), handler: Effect.succeed })
      const error = yield* Effect.flip(tool.call(`{"a":${nested(3000)}}`))
      assert.strictEqual(error.message, "The arguments nest more than 256 levels")
    }))
})

describe("ChatStream takes time in proportion to the size of an event", () => {
  const count = 60_000
  const cpuOf = (run: () => unknown) => {
    const start = process.cpuUsage()
    run()
    return process.cpuUsage(start).user / 1000
  }
  const budget = 3000

  it("with many tool calls", () => {
    const tool_calls = Array.from({ length: count }, (_, index) => ({
      index,
      id: `call_${index}`,
      type: "function" as const,
      function: { name: "f", arguments: "{}" }
    }))
    assert.isBelow(
      cpuOf(() => {
        const { choices } = ChatStream.apply(ChatStream.empty, chunk({ tool_calls }))
        assert.strictEqual(choices[0]?.tool_calls.length, count)
      }),
      budget
    )
  })

  it("with many pieces of arguments, each with the name of the call", () => {
    const first = { index: 0, function: { name: "f", arguments: "[1" } }
    const tool_calls = [
      first,
      ...Array.from({ length: count }, () => ({ ...first, function: { name: "f", arguments: ",[1]" } }))
    ]
    assert.isBelow(
      cpuOf(() => {
        const { choices } = ChatStream.apply(ChatStream.empty, chunk({ tool_calls }))
        assert.strictEqual(choices[0]?.tool_calls.length, 1)
      }),
      budget
    )
  })

  it("with many choices", () => {
    const [one] = chunk({ content: "a" }).choices!
    const choices = Array.from({ length: count }, (_, index) => ({ ...one!, index: count - index }))
    assert.isBelow(
      cpuOf(() => {
        const snapshot = ChatStream.apply(ChatStream.empty, { ...chunk({}), choices })
        assert.deepStrictEqual([snapshot.choices.length, snapshot.choices[0]?.index], [count, 1])
      }),
      budget
    )
  })

  it.effect("and text that is not an event is parsed a few times", () =>
    Effect.gen(function*() {
      const events = ChatCompletions.create.stream({ model: "m", messages: [{ role: "user", content: "Hi" }] })
      const start = process.cpuUsage()
      const error = yield* Stream.runDrain(events).pipe(
        Effect.provide(sending(`[[]\n${",[]\n".repeat(16_000)}`, "text/plain")),
        Effect.flip
      )
      assert.strictEqual(error._tag, "InvalidResponseError")
      assert.isBelow(process.cpuUsage(start).user / 1000, 1000)
    }))
})
