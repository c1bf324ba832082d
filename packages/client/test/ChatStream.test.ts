import { ChatStream } from "@effect-openai/client"
import type { ChatCompletions } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Stream } from "effect"
import { chunk } from "./utils/conversation.js"

type Piece = NonNullable<ChatCompletions.StreamResponseDelta["tool_calls"]>[number]

const calls = (...tool_calls: ReadonlyArray<Piece>) => chunk({ tool_calls })

const final = (...chunks: ReadonlyArray<ReturnType<typeof chunk>>) =>
  Effect.runSync(ChatStream.final(Stream.make(...chunks)))

/** The calls of the first choice, as a program would run them. */
const called = ({ choices }: ChatStream.Snapshot) =>
  choices[0]?.tool_calls.map((call) => [call.id, call.function.name, call.function.arguments])

/** Splits a text at arbitrary positions. Some parts are empty. */
const pieces = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((one, other) => one - other), text.length]
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}

const cut = fc.array(fc.nat(), { maxLength: 6 })

describe("17: ChatStream", () => {
  it.effect("adds up text, refusal, finish_reason and usage", () =>
    Effect.gen(function*() {
      const usage = { completion_tokens: 2, prompt_tokens: 3, total_tokens: 5 }
      const chunks = Stream.make(
        chunk({ role: "assistant", content: "" }),
        chunk({ content: "Hel" }),
        chunk({ content: "lo", refusal: null }),
        chunk({ refusal: "N" }),
        chunk({ refusal: "o", content: null }),
        chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
        // Some servers do not send it last.
        chunk({}, { choices: [], usage }),
        chunk({}, { choices: null, usage: null })
      )
      assert.deepStrictEqual(yield* ChatStream.final(chunks), {
        id: "chatcmpl_1",
        model: "gpt-4o",
        usage,
        choices: [{ index: 0, content: "Hello", refusal: "No", tool_calls: [], finish_reason: "stop" }]
      })
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(ChatStream.accumulate(chunks)))
      assert.deepStrictEqual(
        all.map(({ choices }) => choices[0]?.content),
        ["", "Hel", "Hello", "Hello", "Hello", "Hello", "Hello", "Hello"]
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(ChatStream.text(chunks))), ["Hel", "lo"])
    }))

  it("returns an empty snapshot for an empty stream", () => assert.deepStrictEqual(final(), ChatStream.empty))

  it("takes the first ID and model that are not empty", () => {
    const { id, model } = final(
      chunk({}, { id: "", model: "", choices: [] }),
      chunk({ content: "Hi" }),
      chunk({}, { id: "", model: "" })
    )
    assert.deepStrictEqual([id, model], ["chatcmpl_1", "gpt-4o"])
  })

  it("accepts choices in any order", () => {
    const { choices } = final(
      chunk({ content: "b" }, {}, 1),
      chunk({ content: "a" }, {}, 0),
      chunk({ content: "B" }, {}, 1),
      chunk({ content: "A" }, {}, 0)
    )
    assert.deepStrictEqual(choices.map(({ content, index }) => [index, content]), [[0, "aA"], [1, "bB"]])
    const text = ChatStream.textOf(1)(Stream.make(chunk({ content: "a" }), chunk({ content: "b" }, {}, 1)))
    assert.deepStrictEqual(Chunk.toReadonlyArray(Effect.runSync(Stream.runCollect(text))), ["b"])
  })

  const cases: ReadonlyArray<readonly [string, ReadonlyArray<ReturnType<typeof chunk>>]> = [
    ["one after the other", [
      calls({ index: 0, id: "a", type: "function", function: { name: "one", arguments: "" } }),
      calls({ index: 0, function: { arguments: "{\"x\"" } }),
      calls({ index: 0, function: { arguments: ":1}" } }),
      calls({ index: 1, id: "b", type: "function", function: { name: "two", arguments: "{" } }),
      calls({ index: 1, function: { arguments: "}" } })
    ]],
    ["interleaved", [
      calls({ index: 0, id: "a", function: { name: "one", arguments: "" } }),
      calls({ index: 1, id: "b", function: { name: "two", arguments: "" } }),
      calls({ index: 0, function: { arguments: "{\"x\"" } }),
      calls({ index: 1, function: { arguments: "{" } }, { index: 0, function: { arguments: ":1}" } }),
      calls({ index: 1, function: { arguments: "}" } })
    ]],
    ["counted from 1, for a text was 0", [
      calls({ index: 1, id: "a", function: { name: "one", arguments: "" } }),
      calls({ index: 1, function: { arguments: "{\"x\":1}" } }),
      calls({ index: 2, id: "b", function: { name: "two" } }),
      calls({ index: 2, function: { arguments: "{}" } })
    ]],
    ["complete, always 0, as Ollama sends them", [
      calls({ index: 0, id: "a", function: { name: "one", arguments: "{\"x\":1}" } }),
      calls({ index: 0, id: "b", function: { name: "two", arguments: "{}" } })
    ]],
    ["complete, without an index", [
      calls(
        { id: "a", function: { name: "one", arguments: "{\"x\":1}" } },
        { id: "b", function: { name: "two", arguments: "{}" } }
      )
    ]],
    ["in pieces without an index", [
      calls({ id: "a", function: { name: "one", arguments: "{\"x\"" } }),
      calls({ function: { arguments: ":1}" } }),
      calls({ id: "b", function: { name: "two", arguments: "{" } }),
      calls({ id: "", function: { arguments: "}" } })
    ]],
    ["with ID and name in each piece, always 0", [
      calls({ index: 0, id: "a", function: { name: "one", arguments: "{\"x\"" } }),
      calls({ index: 0, id: "b", function: { name: "two", arguments: "{" } }),
      calls({ index: 0, id: "a", function: { name: "one", arguments: ":1}" } }),
      calls({ index: 0, id: "b", function: { name: "two", arguments: "}" } })
    ]],
    ["with an ID that comes late", [
      calls({ index: 0, function: { name: "one" } }),
      calls({ index: 0, id: "a", function: { arguments: "{\"x\":1}" } }),
      calls({ index: 1, id: "b", function: { name: "two", arguments: "{}" } })
    ]],
    ["without what servers send as null", [
      calls({ index: 0, id: "a", function: { name: "one" } }),
      calls({ index: 0, function: { arguments: "{\"x\":1}" } }),
      calls({ index: 1, id: "b", function: { name: "two", arguments: "{}" } }),
      calls({ index: 1 })
    ]]
  ]
  for (const [name, chunks] of cases) {
    it(`calls ${name}`, () =>
      assert.deepStrictEqual(called(final(...chunks)), [["a", "one", "{\"x\":1}"], ["b", "two", "{}"]]))
  }

  it("begins a new call at a name without an ID, where the arguments so far belong to another call", () => {
    const one = (name: string, args: string) => calls({ index: 0, function: { name, arguments: args } })
    const cases: ReadonlyArray<
      readonly [ReadonlyArray<ReturnType<typeof chunk>>, ReadonlyArray<readonly [string, string]>]
    > = [
      [[one("weather", "{}"), one("time", "{}"), one("weather", "{}")], [["weather", "{}"], ["time", "{}"], [
        "weather",
        "{}"
      ]]],
      [[one("weather", "{\"x\""), one("time", "{}")], [["weather", "{\"x\""], ["time", "{}"]]],
      [[one("weather", "{\"x\":1}"), one("weather", "{\"x\":2}")], [["weather", "{\"x\":1}"], [
        "weather",
        "{\"x\":2}"
      ]]],
      // The name is repeated in each part, and at the end.
      [[one("weather", "{\"x\""), one("weather", ":1}"), one("weather", "")], [["weather", "{\"x\":1}"]]],
      // The name is received in parts, or late.
      [[one("weath", ""), one("er", "{}")], [["weather", "{}"]]],
      [[calls({ index: 0, function: { arguments: "{" } }), one("weather", "}")], [["weather", "{}"]]]
    ]
    for (const [chunks, expected] of cases) {
      assert.deepStrictEqual(called(final(...chunks))?.map(([, ...call]) => call), expected as ReadonlyArray<any>)
    }
  })

  it("gives a call without an ID one that no other call has, until the server sends one", () => {
    const whole = (fields: object) => calls({ function: { name: "f", arguments: "{}" }, ...fields })
    const chunks = [whole({ index: 0 }), whole({ index: 1, id: "" }), whole({ index: 2, id: "mine" })]
    const ids = (...chunks: ReadonlyArray<ReturnType<typeof chunk>>) => called(final(...chunks))!.map(([id]) => id!)
    const others = chunks.map((chunk) => ({ ...chunk, id: "chatcmpl_2" }))
    const all = [...ids(...chunks), ...ids(...others)]
    assert.strictEqual(new Set(all).size, 5)
    assert.notInclude(all, "")
    assert.strictEqual(all[2], "mine")
    assert.deepStrictEqual(ids(...chunks, calls({ index: 1, id: "late" })).slice(1), ["late", "mine"])
  })

  it("keeps the fields of deltas that are not documented", () => {
    const delta = (fields: object) => chunk(fields)
    const { choices: [choice] } = final(
      delta({
        role: "assistant",
        reasoning_content: "ha",
        reasoning_details: [1],
        data: { n: 1, text: "a", type: "t" }
      }),
      delta({ reasoning_content: "ha", reasoning_details: [2], data: { n: 2, text: "b", type: "t" }, none: null }),
      delta({ reasoning_content: null, content: "Hi" })
    )
    assert.deepStrictEqual<unknown>(choice, {
      index: 0,
      content: "Hi",
      refusal: "",
      tool_calls: [],
      finish_reason: undefined,
      reasoning_content: "haha",
      reasoning_details: [1, 2],
      data: { n: 2, text: "ab", type: "t" }
    })
  })

  it("joins a name that is received in parts", () =>
    assert.deepStrictEqual(
      called(final(
        calls({ index: 0, id: "a", function: { name: "get_", arguments: "" } }),
        calls({ index: 0, function: { name: "weather", arguments: "{}" } })
      )),
      [["a", "get_weather", "{}"]]
    ))

  const whole = fc.record({
    text: fc.tuple(fc.string({ unit: "grapheme" }), cut),
    calls: fc.array(fc.tuple(fc.json(), cut), { maxLength: 4 }),
    order: fc.infiniteStream(fc.nat())
  })
  it.prop("adds up text that is split anywhere and interleaved", { whole }, ({ whole }) => {
    const order = whole.order[Symbol.iterator]()
    // The chunks of each call are in order, those of different calls in any order.
    const queues = [
      pieces(...whole.text).map((content) => chunk({ content })),
      ...whole.calls.map(([args, cut], index) => {
        const [first, ...rest] = pieces(args, cut)
        return [
          calls({ index, id: `call_${index}`, function: { name: `f${index}`, arguments: first! } }),
          ...rest.map((args) => calls({ index, function: { arguments: args } }))
        ]
      })
    ]
    const chunks: Array<ReturnType<typeof chunk>> = []
    for (;;) {
      const left = queues.filter((queue) => queue.length > 0)
      if (left.length === 0) break
      chunks.push(left[order.next().value! % left.length]!.shift()!)
    }
    const snapshot = final(...chunks)
    assert.strictEqual(snapshot.choices[0]!.content, whole.text[0])
    assert.deepStrictEqual(
      [...called(snapshot)!].sort(),
      whole.calls.map(([args], index) => [`call_${index}`, `f${index}`, args])
    )
  })
})
