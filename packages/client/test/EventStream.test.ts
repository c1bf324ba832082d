import { ChatCompletions, OpenAiClient, Runs } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"

const { done } = Conversation

const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }

const run = Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" })

const over = (answer: () => Response) => Effect.provide(Client.layer("http://fake", {}, Client.fake(answer).layer))

describe("EventStream", () => {
  const name = fc.stringMatching(/^[a-z][a-z._]{0,20}$/).filter((name) => name !== "error" && name !== "done")
  const writing = fc.record({
    events: fc.array(fc.record({ event: name, data: fc.json().map((text): unknown => JSON.parse(text)) }), {
      maxLength: 8
    }),
    ending: fc.constantFrom("\n", "\r\n", "\r"),
    indent: fc.constantFrom(0, 2),
    noise: fc.array(fc.constantFrom(": ping", "id: 7", "retry: 3", "", "unknown: field", "event"), { maxLength: 3 }),
    bom: fc.boolean(),
    closed: fc.boolean(),
    cuts: fc.array(fc.nat(), { maxLength: 30 })
  })
  it.effect.prop("13: with any line endings and in any chunks", { writing }, ({ writing }) =>
    Effect.gen(function*() {
      const { bom, closed, cuts, ending, events, indent, noise } = writing
      const lines = events.flatMap(({ data, event }) => [
        ...noise,
        `event: ${event}`,
        ...JSON.stringify(data, null, indent).split("\n").map((line) => `data: ${line}`),
        ""
      ])
      const text = [...lines, "event: done", "data: [DONE]", ...(closed ? ["", ""] : [])].join(ending)
      const bytes = new TextEncoder().encode(bom ? `\uFEFF${text}` : text)
      const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((one, other) => one - other), bytes.length]
      const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
      const result = yield* Stream.runCollect(run).pipe(over(() => Conversation.answer(...pieces)))
      assert.deepStrictEqual<unknown>([...result], events)
    }), 30_000)

  describe("the time of a stream of comments", () => {
    const keepAlive = () => {
      const encoder = new TextEncoder()
      return new Response(
        new ReadableStream({
          pull: async (controller) => {
            // A turn, so that timers can fire.
            await new Promise((resolve) => setImmediate(resolve))
            controller.enqueue(encoder.encode(": keep-alive\n\n"))
          }
        }),
        { headers: { "content-type": "text/event-stream" } }
      )
    }
    for (
      const [option, options, message] of [
        ["eventTimeout", { eventTimeout: "30 seconds" }, "The response had no event for 30s"],
        ["streamTimeout", { streamTimeout: "30 seconds" }, "The response took longer than 30s"]
      ] as const
    ) {
      it.effect(`ends after ${option}`, () =>
        Effect.gen(function*() {
          const error = yield* Stream.runDrain(ChatCompletions.create.stream(chat)).pipe(
            Effect.flip,
            Client.advancing("1 second"),
            Effect.provide(
              Client.layer("http://fake", { ...options, idleTimeout: "1 hour" }, Client.fake(keepAlive).layer)
            )
          )
          assert.deepInclude(error, { _tag: "TimeoutError", phase: "next", message })
        }))
    }

    it.effect("is unlimited by default, and does not end a stream of events", () =>
      Effect.gen(function*() {
        const events = yield* Stream.runCollect(ChatCompletions.create.stream(chat)).pipe(
          Effect.provide(
            Client.layer(
              "http://fake",
              { eventTimeout: "1 second", streamTimeout: "1 second" },
              Client.fake(() => Conversation.answer(": keep-alive\n\n", done)).layer
            )
          )
        )
        assert.strictEqual(events.length, 0)
      }))
  })

  it.effect("a replaced operation returns a buffered response, not events", () =>
    Effect.gen(function*() {
      const replaced = OpenAiClient.replace(
        ChatCompletions.create,
        () => Effect.succeed(Conversation.completion({ content: "Hi" }))
      ).pipe(Layer.provide(Client.layer("http://fake", {}, Client.fake(() => Conversation.answer(done)).layer)))
      const events = yield* Stream.runCollect(ChatCompletions.create.stream(chat)).pipe(Effect.provide(replaced))
      assert.deepStrictEqual([...events], [])
    }))

  it.effect("`stream` is not a field of a request", () =>
    Effect.gen(function*() {
      const transport = Client.fake(() => Conversation.answer(done))
      const request = { ...chat, stream: false }
      const results = yield* Effect.all([
        Effect.flip(ChatCompletions.create(request)),
        Effect.flip(Stream.runDrain(ChatCompletions.create.stream(request)))
      ]).pipe(Effect.provide(Client.layer("http://fake", {}, transport.layer)))
      for (const error of results) assert.deepInclude(error, { _tag: "InvalidRequestError", field: "stream" })
      assert.strictEqual(transport.requests.length, 0)
    }))
})
