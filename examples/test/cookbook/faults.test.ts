import { ChatCompletions, OpenAiClient, Retry } from "@effect-openai/client"
import { Emulator, type Faults } from "@effect-openai/emulator"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"

/** The program under test: a second model replies where the first one has no capacity. */
const ask = (content: string) => {
  const messages = [{ role: "user" as const, content }]
  return ChatCompletions.create({ model: "gpt-4o", messages }).pipe(
    Effect.catchTag("RateLimitError", () => ChatCompletions.create({ model: "gpt-4o-mini", messages })),
    Effect.map(({ model }) => model)
  )
}

/** A client of an emulator that fails by some rules. */
const failing = (...rules: ReadonlyArray<Faults.Rule>) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provide(Emulator.layer({ faults: { rules } })))

it.effect("retries a server that fails twice", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* ask("Hello"), "gpt-4o")
  }).pipe(Effect.provide(failing(
    { operation: "createChatCompletion", times: 2, fault: { type: "status", status: 503 } }
  ))))

it.effect("asks the second model if the first one has no capacity", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* ask("Hello").pipe(Retry.none), "gpt-4o-mini")
  }).pipe(Effect.provide(failing(
    { operation: "createChatCompletion", times: 1, fault: { type: "rate_limit" } }
  ))))

it.effect("fails with the server's error if all requests fail", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(ask("Hello"))
    assert.strictEqual(error._tag, "InternalServerError")
  }).pipe(Effect.provide(failing(
    { operation: "createChatCompletion", fault: { type: "status", status: 500 } }
  ))))
