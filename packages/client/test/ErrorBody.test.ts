import { Assistants, Retry } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"

const get = Assistants.retrieve({ assistant_id: "asst_1" })

/** An error response whose body begins, and then is idle. */
const stalling = (beginning: string, status: number) => {
  let cancelled = false
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(beginning)),
    cancel: () => void (cancelled = true)
  })
  return { response: () => new Response(body, { status }), cancelled: () => cancelled }
}

describe("21: an error body that stalls", () => {
  it.effect("keeps its status and the received text", () =>
    Effect.gen(function*() {
      const { cancelled, response } = stalling("{\"error\":{\"mess", 403)
      const error = yield* get.pipe(
        Effect.provide(Client.layer("http://fake", {}, Client.fake(response).layer)),
        Effect.flip,
        Client.advancing("1 second")
      )
      assert.deepInclude(error, { _tag: "PermissionDeniedError", status: 403, message: "{\"error\":{\"mess" })
      assert.isTrue(cancelled())
    }))

  it.effect("is parsed where its JSON is complete", () =>
    Effect.gen(function*() {
      const { response } = stalling(JSON.stringify({ error: { message: "no such key", code: "invalid_api_key" } }), 401)
      const error = yield* get.pipe(
        Effect.provide(Client.layer("http://fake", {}, Client.fake(response).layer)),
        Effect.flip,
        Client.advancing("1 second")
      )
      assert.deepInclude(error, { _tag: "AuthenticationError", message: "no such key", code: "invalid_api_key" })
    }))

  it.effect("times out after five seconds, and is retried by its status", () =>
    Effect.gen(function*() {
      const { response } = stalling("<html>", 503)
      const transport = Client.fake((count) => count === 1 ? response() : Client.success(Models.assistant()))
      const turns = Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))))
      const fiber = yield* get.pipe(
        Retry.policy({ delay: 0 }),
        Effect.provide(Client.layer("http://fake", {}, transport.layer)),
        Effect.fork
      )
      yield* turns
      yield* TestClock.adjust("4999 millis")
      yield* turns
      assert.strictEqual(transport.requests.length, 1)
      yield* TestClock.adjust("1 millis")
      const assistant = yield* Fiber.join(fiber).pipe(Client.advancing(1))
      assert.strictEqual(assistant.id, "asst_1")
      assert.strictEqual(transport.requests.length, 2)
    }))
})
