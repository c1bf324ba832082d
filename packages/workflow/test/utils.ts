import { Assistants, OpenAiClient, Threads } from "@effect-openai/client"
import { Emulator, Script } from "@effect-openai/emulator"
import type { HttpClient } from "@effect/platform"
import { type Duration, Effect, Fiber, Layer, Option, Redacted, Schema, TestClock } from "effect"

/** A client in memory, and its server. */
export const client = <E>(server: Layer.Layer<HttpClient.HttpClient, E>) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provideMerge(server), Layer.orDie)

/** An emulator whose model calls `add` twice in a first action, once in a second one, and then replies. */
export const twoActions: Script.Turn["replies"] = [
  {
    type: "function_calls",
    calls: [{ name: "add", arguments: { a: 1, b: 2 } }, { name: "add", arguments: { a: 3, b: 4 } }]
  },
  { type: "function_calls", calls: [{ name: "add", arguments: { a: 5, b: 6 } }] },
  { type: "text", text: "Done." }
]

export const emulator = (replies: Script.Turn["replies"], options?: Emulator.Options) =>
  Emulator.layer({ model: Script.layer({ turns: [{ replies }] }), ...options }).pipe(Layer.orDie)

export const Numbers = Schema.Struct({ a: Schema.Number, b: Schema.Number })

/** An assistant without tools, and an empty thread. */
export const conversation = Effect.gen(function*() {
  const assistant = yield* Assistants.create({ model: "gpt-4-turbo" })
  const thread = yield* Threads.create({})
  return { assistant_id: assistant.id, thread_id: thread.id }
})

/** Runs an effect while the time of the test passes. The digests of keys need turns of the event loop. */
export const inTime = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  step: Duration.DurationInput = "1 second"
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(self)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust(step)
    }
    return yield* Fiber.join(fiber)
  })
