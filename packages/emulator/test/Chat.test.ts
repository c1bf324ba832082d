import { ChatCompletions, Embeddings, Models } from "@effect-openai/core"
import { type Emulator, Model } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { call, events, ok, refused, streamed } from "./calls.js"
import { describeEach } from "./describeEach.js"
import type { Event } from "./success.js"
import { type Services, type Target, targets } from "./utils.js"

const model = "gpt-4o"

const add = {
  name: "add",
  parameters: {
    type: "object",
    properties: { a: { type: "number", minimum: 3 }, b: { $ref: "#/$defs/b" }, c: { type: ["null", "string"] } },
    required: ["a", "b", "c"],
    $defs: { b: { anyOf: [{ type: "array", minItems: 2, items: { enum: ["x", "y"] } }, { type: "null" }] } }
  }
}

const user = (content: unknown) => ({ role: "user", content })

const on =
  ({ layer }: Target, options?: Emulator.Options) => (name: string, effect: Effect.Effect<void, unknown, Services>) =>
    it.effect(name, () => Effect.provide(effect, layer(options)), 60_000)

const scripted = (reply: Model.Service["reply"]): Emulator.Options => ({ model: Layer.succeed(Model.Model, { reply }) })

const choiceOf = (messages: ReadonlyArray<unknown>, fields: object = {}) =>
  Effect.map(ok(ChatCompletions.create, { model, messages, ...fields }), ({ choices }) => choices[0])

const contentOf = (all: ReadonlyArray<Event>, index = 0): string =>
  all.flatMap(({ data }) => data.choices).filter((choice) => choice.index === index)
    .map(({ delta }) => delta.content ?? "").join("")

describeEach(targets)("Chat completions $name", (target) => {
  const test = on(target)

  test(
    "returns a text",
    Effect.gen(function*() {
      const response = yield* ok(ChatCompletions.create, {
        model,
        messages: [{ role: "system", content: "Be kind." }, user([{ type: "text", text: "Hello there" }])],
        service_tier: "auto"
      })
      assert.match(response.id, /^chatcmpl-\w{24}$/)
      assert.deepStrictEqual(response, {
        id: response.id,
        object: "chat.completion",
        created: 0,
        model,
        system_fingerprint: "fp_emulator",
        service_tier: "default",
        choices: [{
          index: 0,
          message: { role: "assistant", content: "You said: Hello there", refusal: null },
          logprobs: null,
          finish_reason: "stop"
        }],
        usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 }
      })
    })
  )

  test(
    "a stream has the same response in chunks",
    Effect.gen(function*() {
      const request = { model, messages: [user("Hello there")], n: 2 }
      const all = yield* streamed(ChatCompletions.create, { ...request, stream_options: { include_usage: true } })
      const buffered = yield* ok(ChatCompletions.create, request)
      assert.strictEqual(new Set(all.map(({ data }) => data.id)).size, 1)
      const { data: { choices, usage } } = all.pop()!
      assert.deepStrictEqual([choices, usage], [[], buffered.usage])
      for (const { data, event } of all) assert.deepStrictEqual([event, data.usage], [undefined, null])
      for (const { index, message } of buffered.choices) {
        const own = all.map(({ data }) => data.choices[0]).filter((choice) => choice.index === index)
        assert.deepStrictEqual(own[0].delta, { role: "assistant", content: "", refusal: null })
        assert.deepStrictEqual(own.at(-1), { index, delta: {}, logprobs: null, finish_reason: "stop" })
        for (const choice of own.slice(0, -1)) assert.isNull(choice.finish_reason)
        assert.isAbove(own.length, 4)
        assert.strictEqual(contentOf(all, index), message.content)
      }
      const [first] = yield* streamed(ChatCompletions.create, { model, messages: [user("Hi")] })
      assert.notProperty(first!.data, "usage")
    })
  )

  test(
    "calls functions, in one response and in pieces",
    Effect.gen(function*() {
      const request = {
        tools: [{ type: "function", function: add }, { type: "function", function: { name: "address" } }]
      }
      const { finish_reason, message } = yield* choiceOf([user("Use add, please")], request)
      assert.strictEqual(finish_reason, "tool_calls")
      assert.isNull(message.content)
      const [{ function: called, id, type }, ...others] = message.tool_calls
      assert.deepStrictEqual([type, called.name, others], ["function", "add", []])
      assert.deepStrictEqual(JSON.parse(called.arguments), { a: 3, b: ["x", "x"], c: "Use add, please" })

      const all = yield* streamed(ChatCompletions.create, { model, messages: [user("add and address")], ...request })
      const calls = all.flatMap(({ data }) => data.choices[0].delta.tool_calls ?? [])
      assert.deepStrictEqual(calls.filter((call) => call.id !== undefined).map((call) => [call.index, call.function]), [
        [0, { name: "add", arguments: "" }],
        [1, { name: "address", arguments: "" }]
      ])
      const text = calls.filter(({ index }) => index === 0).map((call) => call.function.arguments).join("")
      assert.deepStrictEqual(JSON.parse(text), { a: 3, b: ["x", "x"], c: "add and address" })
      assert.strictEqual(all.at(-1)!.data.choices[0].finish_reason, "tool_calls")

      const conversation = [user("Use add, please"), message, { role: "tool", tool_call_id: id, content: "7" }]
      const response = yield* choiceOf(conversation, request)
      assert.deepStrictEqual([response.finish_reason, response.message.content], ["stop", "add returned: 7"])
      const again = yield* choiceOf([...conversation, response.message, user("And now?")], request)
      assert.strictEqual(again.message.content, "You said: And now?")
    })
  )

  test(
    "the choice of tools is followed",
    Effect.gen(function*() {
      const tools = [{ type: "function", function: add }, { type: "function", function: { name: "sub" } }]
      const called = (content: string, tool_choice: unknown, more: object = {}) =>
        Effect.map(
          choiceOf([user(content)], { tools, tool_choice, ...more }),
          ({ message }) => message.tool_calls?.map((call: any) => call.function.name)
        )
      assert.isUndefined(yield* called("add", "none"))
      assert.isUndefined(yield* called("Hi", "auto"))
      assert.deepStrictEqual(yield* called("Hi", "required"), ["add"])
      assert.deepStrictEqual(yield* called("add", { type: "function", function: { name: "sub" } }), ["sub"])
      assert.deepStrictEqual(yield* called("add sub", "auto", { parallel_tool_calls: false }), ["add"])
    })
  )

  test(
    "functions of the old kind are called too",
    Effect.gen(function*() {
      const request = { functions: [{ name: "now" }], function_call: { name: "now" } }
      const { finish_reason, message } = yield* choiceOf([user("Hi")], request)
      assert.strictEqual(finish_reason, "function_call")
      assert.deepStrictEqual(message.function_call, { name: "now", arguments: "{}" })
      const response = yield* choiceOf(
        [user("Hi"), message, { role: "function", name: "now", content: "noon" }],
        request
      )
      assert.strictEqual(response.message.content, "now returned: noon")
      const all = yield* streamed(ChatCompletions.create, { model, messages: [user("Hi")], ...request })
      assert.strictEqual(
        all.map(({ data }) => data.choices[0].delta.function_call?.arguments ?? "").join(""),
        "{}"
      )
    })
  )

  test(
    "limits, stops, formats and probabilities",
    Effect.gen(function*() {
      const said = (fields: object) =>
        Effect.map(
          choiceOf([user("one two three")], fields),
          ({ finish_reason, message }) => [message.content, finish_reason]
        )
      assert.deepStrictEqual(yield* said({ max_tokens: 4 }), ["You said: one", "length"])
      assert.deepStrictEqual(yield* said({ max_completion_tokens: 6 }), ["You said: one two three", "stop"])
      assert.deepStrictEqual(yield* said({ stop: "two" }), ["You said: one ", "stop"])
      assert.deepStrictEqual(yield* said({ stop: ["e t", "d:"] }), ["You sai", "stop"])
      const all = yield* streamed(ChatCompletions.create, { model, messages: [user("one two three")], stop: "e tw" })
      assert.strictEqual(contentOf(all), "You said: on")
      const { message } = yield* choiceOf([user("JSON please")], { response_format: { type: "json_object" } })
      assert.strictEqual(message.content, "{\"response\":\"You said: JSON please\"}")
      const schema = { type: "object", properties: { n: { type: "integer", exclusiveMinimum: 4 } }, required: ["n"] }
      assert.deepStrictEqual(
        yield* said({ response_format: { type: "json_schema", json_schema: { name: "a", schema } } }),
        ["{\"n\":5}", "stop"]
      )
      const { logprobs } = yield* choiceOf([user("Hi")], { logprobs: true, top_logprobs: 2 })
      assert.strictEqual(logprobs.content.map(({ token }: any) => token).join(""), "You said: Hi")
    })
  )

  test(
    "what does not belong together is refused",
    Effect.gen(function*() {
      const messages = [user("Hi")]
      const because = (fields: object) => refused(400, ChatCompletions.create, { model, messages, ...fields })
      assert.include(
        yield* because({ modalities: ["text", "audio"], audio: { voice: "alloy", format: "mp3" } }),
        "does not support audio"
      )
      const calling = {
        role: "assistant",
        content: null,
        tool_calls: ["a", "b"].map((id) => ({ id, type: "function", function: { name: "add", arguments: "{}" } }))
      }
      // The reference omits the name, and the API accepts it.
      const output = { role: "tool", tool_call_id: "b", name: "add", content: "x" }
      for (const more of [[output], [output, user("Well?")], [user("Well?"), output]]) {
        assert.include(
          yield* because({ messages: [user("Hi"), calling, ...more] }),
          "did not have response messages: a"
        )
      }
      assert.include(yield* because({ messages: [] }), "at least 1 items")
      assert.include(yield* because({ n: 129 }), "less than or equal to 128")
      assert.include(yield* because({ extra: 1 }), "extra fields not permitted")
      assert.include(yield* because({ stream: true, model: 1 }), "str type expected")
    })
  )

  describe("a model", () => {
    for (
      const [code, status] of [["server_error", 500], ["rate_limit_exceeded", 429], ["invalid_prompt", 400]] as const
    ) {
      const error = new Model.ModelError({ code, message: "No." })
      on(target, scripted(() => Effect.fail(error)))(
        `that fails with ${code} causes the status ${status}`,
        Effect.gen(function*() {
          for (const stream of [true, false]) {
            const request = { model, messages: [user("Hi")], stream }
            assert.strictEqual(yield* refused(status, ChatCompletions.create, request), "No.")
          }
        })
      )
    }

    on(
      target,
      scripted(() =>
        Effect.succeed(Model.textStream(Stream.concat(
          Stream.make("Once"),
          Stream.fail(new Model.ModelError({ code: "server_error", message: "No." }))
        )))
      )
    )(
      "that fails during its reply ends the stream with an error",
      Effect.gen(function*() {
        const all = [...yield* Stream.runCollect(events(ChatCompletions.create, { model, messages: [user("Hi")] }))]
        const { data } = all.pop()!
        assert.deepStrictEqual(data, { error: { message: "No.", type: "server_error", param: null, code: null } })
        assert.strictEqual(contentOf(all), "Once")
      })
    )

    on(target, scripted(() => Effect.succeed(Model.retrieval)))(
      "that does what a chat can't is at fault",
      Effect.asVoid(refused(500, ChatCompletions.create, { model, messages: [user("Hi")] }))
    )

    it.effect("stops where the caller goes away", () =>
      Effect.gen(function*() {
        const speaking = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const endless = Stream.concat(
          Stream.make("Once"),
          Stream.fromEffect(Effect.zipRight(Deferred.succeed(speaking, undefined), Effect.never))
        ).pipe(Stream.ensuring(Deferred.succeed(stopped, undefined)))
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(
            Stream.runDrain(events(ChatCompletions.create, { model, messages: [user("Hi")] }))
          )
          yield* Deferred.await(speaking)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(stopped)
        }).pipe(Effect.provide(target.layer(scripted(() => Effect.succeed(Model.textStream(endless))))))
      }))
  })

  describe("embeddings", () => {
    const create = (fields: object) => ok(Embeddings.create, { model: "text-embedding-3-small", ...fields })

    const vectorOf = (input: unknown, fields: object = {}) =>
      Effect.map(create({ input, ...fields }), ({ data }) => data[0].embedding as ReadonlyArray<number>)

    const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
      a.reduce((sum, x, index) => sum + x * b[index]!, 0)

    test(
      "are of length 1, the same for the same text, and near for texts that share words",
      Effect.gen(function*() {
        const cat = yield* vectorOf("the cat sat on the mat")
        assert.strictEqual(cat.length, 1536)
        assert.closeTo(dot(cat, cat), 1, 1e-5)
        assert.deepStrictEqual(yield* vectorOf("the cat sat on the mat"), cat)
        const near = dot(cat, yield* vectorOf("a cat sat on a mat"))
        assert.isAbove(near, dot(cat, yield* vectorOf("profits rose last year")))
        assert.isBelow(near, 0.9999)
      })
    )

    test(
      "come as numbers or as base64 of the same",
      Effect.gen(function*() {
        const input = "hello"
        const floats = yield* vectorOf(input)
        const encoded: unknown = yield* vectorOf(input, { encoding_format: "base64" })
        const bytes = Buffer.from(encoded as string, "base64")
        assert.deepStrictEqual(Array.from(floats, (_, index) => bytes.readFloatLE(index * 4)), floats)
        assert.strictEqual(bytes.length, floats.length * 4)
      })
    )

    test(
      "take every kind of input",
      Effect.gen(function*() {
        const { data, model, object, usage } = yield* create({ input: ["one two", "three"] })
        assert.deepStrictEqual([object, model, data.map(({ index }: any) => index)], [
          "list",
          "text-embedding-3-small",
          [0, 1]
        ])
        assert.deepStrictEqual(usage, { prompt_tokens: 3, total_tokens: 3 })
        assert.strictEqual((yield* create({ input: [1, 2, 3] })).data.length, 1)
        assert.strictEqual((yield* create({ input: [[1, 2], [3]] })).data.length, 2)
      })
    )

    test(
      "have the dimensions that were asked for",
      Effect.gen(function*() {
        const short = yield* vectorOf("hello", { dimensions: 8 })
        assert.strictEqual(short.length, 8)
        assert.closeTo(dot(short, short), 1, 1e-5)
        assert.strictEqual((yield* vectorOf("hello", { model: "text-embedding-3-large" })).length, 3072)
        const because = (fields: object) => refused(400, Embeddings.create, { input: "x", ...fields })
        assert.include(yield* because({ model: "text-embedding-ada-002", dimensions: 8 }), "dimensions")
        assert.include(yield* because({ model: "text-embedding-3-small", dimensions: 1537 }), "1536")
        assert.include(yield* because({ model: "text-embedding-3-small", dimensions: 0 }), "greater than or equal to 1")
        assert.include(yield* because({ model: "a", input: "a ".repeat(8193) }), "8192 tokens")
        for (const input of ["", [], [""], [[]]]) yield* because({ model: "a", input })
      })
    )
  })

  describe("models", () => {
    test(
      "are listed, and a fine-tuned one can be deleted",
      Effect.gen(function*() {
        const { data } = yield* ok(Models.list)
        assert.includeMembers(data.map(({ id }: any) => id), ["gpt-4o", "text-embedding-3-small"])
        for (const known of data) assert.deepStrictEqual(yield* ok(Models.retrieve, { model: known.id }), known)
        const id = data.find(({ id }: any) => id.startsWith("ft:")).id
        assert.deepStrictEqual(yield* ok(Models.delete, { model: id }), { id, object: "model", deleted: true })
        for (const endpoint of [Models.retrieve, Models.delete]) {
          const { json, status } = yield* call(endpoint, { model: id })
          assert.strictEqual(status, 404)
          assert.deepStrictEqual(json.error, {
            message: `The model '${id}' does not exist`,
            type: "invalid_request_error",
            param: "model",
            code: "model_not_found"
          })
        }
        yield* refused(403, Models.delete, { model: "gpt-4o" })
        assert.strictEqual((yield* ok(Models.list)).data.length, data.length - 1)
      })
    )
  })
})
