import { Assistants, OpenAiClient } from "@effect-openai/client"
import { Emulator, Script } from "@effect-openai/emulator"
import { HttpApiClient } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, TestClock } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Workshop } from "../src/durable/Answer.js"
import { Api, OpenTicket, type Ticket } from "../src/durable/Api.js"
import * as Engines from "../src/durable/Engines.js"
import { ServerLive } from "../src/durable/Server.js"

const model = Script.layer({
  turns: [
    { when: { message: "cancel" }, replies: [{ type: "text", text: "Late.", delay_ms: 3_600_000 }] },
    {
      replies: [
        { type: "function_calls", calls: [{ name: "book_repair", arguments: { device: "lamp" } }] },
        { type: "text", text: "It is booked." }
      ]
    }
  ]
})

const OpenAiTest = OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(
  Layer.provide(Emulator.layer({ model }))
)

const backend = (engine: typeof Engines.memory) =>
  ServerLive.pipe(
    Layer.provide([engine, Workshop.layerMemory]),
    Layer.provideMerge(OpenAiTest),
    Layer.provideMerge(NodeHttpServer.layerTest)
  )

const sqlite = Layer.unwrapScoped(
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tickets-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    ),
    (folder) => Layer.orDie(Engines.sqlite(join(folder, "tickets.db")))
  )
)

/** Looks at a ticket while the time of the test passes. */
const until = (get: Effect.Effect<Ticket, unknown>, status: Ticket["status"]) =>
  Effect.repeat(
    TestClock.adjust("1 second").pipe(
      Effect.zipRight(Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 1)))),
      Effect.zipRight(get)
    ),
    { until: (ticket) => ticket.status === status }
  )

for (const [name, engine] of [["memory", Engines.memory], ["SQLite", sqlite]] as const) {
  describe(`tickets on ${name}`, () => {
    it.effect("get one reply each", () =>
      Effect.gen(function*() {
        const { tickets } = yield* HttpApiClient.make(Api)
        const { id: helpdesk } = yield* Assistants.create({ model: "gpt-4-turbo" })
        const payload = new OpenTicket({ id: "t-1", helpdesk, question: "Can you repair my lamp?" })
        yield* tickets.open({ payload })
        const get = tickets.get({ path: { id: "t-1" } })
        assert.strictEqual((yield* until(get, "answered")).reply, "It is booked.")
        assert.strictEqual((yield* tickets.open({ payload })).status, "answered")
      }).pipe(Effect.provide(backend(engine))))

    it.effect("can be cancelled", () =>
      Effect.gen(function*() {
        const { tickets } = yield* HttpApiClient.make(Api)
        const { id: helpdesk } = yield* Assistants.create({ model: "gpt-4-turbo" })
        yield* tickets.open({ payload: new OpenTicket({ id: "t-2", helpdesk, question: "I may cancel this." }) })
        yield* until(tickets.get({ path: { id: "t-2" } }), "open")
        yield* tickets.cancel({ path: { id: "t-2" } })
        assert.strictEqual((yield* until(tickets.get({ path: { id: "t-2" } }), "cancelled")).reply, null)
      }).pipe(Effect.provide(backend(engine))))
  })
}
