import { AiErrors } from "@effect-openai/ai"
import { OpenAiError, Retry } from "@effect-openai/client"
import type { Emulator } from "@effect-openai/emulator"
import { AiError, LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Schema, Stream } from "effect"
import { call, completion, deltas, fake, over, scripted, toolkit } from "./utils.js"

const text = Effect.asVoid(LanguageModel.generateText({ prompt: "Hello", toolkit })).pipe(Retry.none)

const stream = Stream.runDrain(LanguageModel.streamText({ prompt: "Hello", toolkit })).pipe(Retry.none)

const causeOf = (error: unknown) => Option.getOrThrow(AiErrors.clientError(error))

type Fault = NonNullable<NonNullable<Emulator.Options["faults"]>["rules"]>[number]["fault"]

const faulty = (fault: Fault) =>
  scripted([{ type: "text", text: "Good day to you" }], { faults: { rules: [{ fault }] } })

describe("errors", () => {
  it.effect.each([["a call", text], ["a stream", stream]] as const)(
    "keeps the rate limit that refuses %s",
    ([_, effect]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(effect.pipe(over(faulty({ type: "rate_limit", retry_after_ms: 3000 }))))
        assert(error._tag === "HttpResponseError")
        assert.strictEqual(error.reason, "StatusCode")
        assert.strictEqual(error.response.status, 429)
        assert.strictEqual(error.response.headers["retry-after"], "3")
        assert.strictEqual(error.request.url, "/chat/completions")
        assert.include(error.message, "429 POST")
        const cause = causeOf(error)
        assert(cause._tag === "RateLimitError")
        assert.strictEqual(Duration.toMillis(cause.retryAfter!), 3000)
        assert.isTrue(AiError.isAiError(error))
      })
  )

  it.effect("is MalformedOutput for an invalid response, which names the field", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(text.pipe(over(fake({ body: "{\"choices\":[{}]}" }).layer)))
      assert(error._tag === "MalformedOutput")
      assert.include(error.description, "choices[0].message")
      assert.strictEqual(causeOf(error)._tag, "InvalidResponseError")
    }))

  it.effect("is HttpResponseError for an interrupted stream, after which no tool runs", () =>
    Effect.gen(function*() {
      const { body } = deltas({ tool_calls: [{ index: 0, ...call("a", "now", "{}") }] }, { content: "Hi" })
      const types: Array<string> = []
      const error = yield* LanguageModel.streamText({ prompt: "Hello", toolkit }).pipe(
        Stream.runForEach(({ type }) => Effect.sync(() => types.push(type))),
        over(fake({ body: body.slice(0, body.indexOf("\n\n") + 2) }).layer),
        Effect.flip
      )
      assert(error._tag === "HttpResponseError")
      assert.strictEqual(error.reason, "Decode")
      assert.strictEqual(causeOf(error)._tag, "StreamInterruptedError")
      assert.deepStrictEqual(types, ["response-metadata", "tool-params-start", "tool-params-delta"])
    }))

  it.effect("is HttpRequestError where the connection fails", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(text.pipe(over(faulty({ type: "reset" }))))
      assert(error._tag === "HttpRequestError")
      assert.strictEqual(error.reason, "Transport")
      assert.strictEqual(causeOf(error)._tag, "TransportError")
    }))

  it.effect("is MalformedInput for a request that does not fit the contract", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(text.pipe(over(fake(completion({})).layer, { temperature: 3 })))
      assert(error._tag === "MalformedInput")
      assert.include(error.description, "temperature")
      assert.strictEqual(causeOf(error)._tag, "InvalidRequestError")
    }))

  it.effect("is MalformedOutput for arguments that are not JSON", () =>
    Effect.gen(function*() {
      const message = { tool_calls: [{ index: 0, ...call("a", "now", "{") }] }
      const buffered = LanguageModel.generateText({ prompt: "Hello", toolkit }).pipe(
        over(fake(completion(message)).layer)
      )
      for (const effect of [buffered, stream.pipe(over(fake(deltas(message)).layer))]) {
        const error = yield* Effect.flip(Effect.asVoid(effect))
        assert(error._tag === "MalformedOutput")
        const cause = causeOf(error)
        assert(cause._tag === "ToolCallError")
        assert.strictEqual(cause.functionName, "now")
      }
    }))

  it.effect("is MalformedOutput for an object that the model refuses", () =>
    Effect.gen(function*() {
      const error = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Schema.Struct({ a: Schema.String }) })
        .pipe(over(fake(completion({ refusal: "No." })).layer), Effect.flip)
      assert(error._tag === "MalformedOutput")
      assert.strictEqual(error.description, "No.")
      assert.strictEqual(causeOf(error)._tag, "RefusalError")
    }))

  it.effect("is MalformedInput for a Schema without a JSON Schema", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({ big: Schema.BigIntFromSelf })
      const error = yield* LanguageModel.generateObject({ prompt: "Who?", schema }).pipe(
        over(fake(completion({})).layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "MalformedInput")
    }))

  it.effect("retries by the policy of the client", () =>
    Effect.gen(function*() {
      const { bodies, layer } = fake({ status: 500, body: "{}" }, completion({ content: "Hi" }))
      const response = yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(
        Retry.policy({ times: 1, delay: 0 }),
        over(layer)
      )
      assert.strictEqual(response.text, "Hi")
      assert.strictEqual(bodies.length, 2)
    }))

  it("returns none for other errors", () => {
    assert.isTrue(Option.isNone(AiErrors.clientError(new Error("a", { cause: new Error("b") }))))
    assert.isTrue(Option.isNone(AiErrors.clientError(undefined)))
    const own = { cause: new OpenAiError.PaginationError({ operation: "listFiles", message: "" }) }
    assert.isTrue(Option.isSome(AiErrors.clientError(own)))
  })
})
