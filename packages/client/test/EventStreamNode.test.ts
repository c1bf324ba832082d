// Apart from all other tests: the import of undici replaces the dispatcher behind Node's fetch in its process.
import { ChatCompletions } from "@effect-openai/client"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Server from "./utils/server.js"

const { chunk, done, event } = Conversation

const hello = chunk({ content: "Grüße, 世界 👋" })

const chat = ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] })

for (
  const [name, transport] of [
    ["undici", NodeHttpClient.layerUndici],
    ["node:http", NodeHttpClient.layer]
  ] as const
) {
  describe(`EventStream: ${name}`, () => {
    const against = (server: Server.TestServer) => Effect.provide(Client.layer(server.origin, {}, transport))

    /** Runs the Stream until its first event, and hands over its fiber. */
    const begun = (server: Server.TestServer) =>
      Effect.gen(function*() {
        const seen = yield* Deferred.make<void>()
        const fiber = yield* Stream.runForEach(chat, () => Deferred.succeed(seen, undefined)).pipe(
          against(server),
          Effect.flip,
          Effect.fork
        )
        yield* Deferred.await(seen)
        return fiber
      })

    it.scopedLive("13: single bytes make events", () =>
      Effect.gen(function*() {
        const bytes = Buffer.from(event(hello) + done)
        const server = yield* Server.make(Conversation.reply(...Array.from(bytes, (byte) => Buffer.of(byte))))
        assert.deepStrictEqual([...yield* Stream.runCollect(chat).pipe(against(server))], [hello])
      }))

    it.scopedLive("13: the first event is out before anything follows", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello)))
        assert.deepStrictEqual(yield* Stream.runHead(chat).pipe(against(server)), Option.some(hello))
        yield* server.gone(0)
      }))

    for (const then of ["end", "reset"] as const) {
      it.scopedLive(`14: a connection that breaks, by ${then}, interrupts it after all that came`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.broken(event(hello), then))
          const fiber = yield* begun(server)
          assert.deepInclude(yield* Fiber.join(fiber), { _tag: "StreamInterruptedError", events: 1 })
          assert.strictEqual(server.requests.length, 1)
        }))
    }

    it.scoped("16: a silent stream is a timeout, and its connection is closed", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello)))
        const fiber = yield* begun(server)
        const error = yield* Fiber.join(fiber).pipe(Client.advancing("1 minute"))
        assert.deepInclude(error, { _tag: "TimeoutError", phase: "next" })
        yield* server.gone(0)
      }))

    it.scopedLive("16: interrupting it closes the connection", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.hush(event(hello)))
        yield* Fiber.interrupt(yield* begun(server))
        yield* server.gone(0)
      }))
  })
}
