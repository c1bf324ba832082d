import { Assistants, ChatCompletions, Projects, Retry } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { type Clock, Effect, Fiber, Layer, Schedule, Stream, TestClock } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

const day = 86_400_000

/** The test clock, with a system time that can be set, for example by NTP. */
const stepping = Effect.map(Effect.clock, (clock) => {
  let ahead = 0
  const stepped: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
    unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + ahead,
    currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + ahead),
    // That of the test clock is derived from its milliseconds.
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos()
  })
  return {
    clock: stepped,
    step: (millis: number) => {
      ahead += millis
    }
  }
})

const call = Retry.none(Assistants.retrieve({ assistant_id: "asst_1" }))

/** Some turns of the event loop, in which everything that can continue does. */
const settled = Effect.repeatN(Client.turn, 5)

describe("a step of the system's time does not change", () => {
  it.effect("how long a retry-after holds calls up", () =>
    Effect.gen(function*() {
      const { clock, step } = yield* stepping
      const fake = Client.fake((count) =>
        count === 1 ? Client.failure(429, { "retry-after": "30" }) : Client.success(Models.assistant())
      )
      yield* Effect.gen(function*() {
        yield* Effect.flip(call)
        step(day)
        const waiting = yield* Effect.fork(call)
        yield* settled
        assert.strictEqual(fake.requests.length, 1)
        step(-2 * day)
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(waiting)
        assert.strictEqual(fake.requests.length, 2)
      }).pipe(
        Effect.provide(
          Client.layer("http://fake", {}, fake.layer).pipe(Layer.provide(Layer.orDie(RateLimit.layer())))
        ),
        Effect.withClock(clock)
      )
    }))

  it.effect("how fast administration is called", () =>
    Effect.gen(function*() {
      const { clock, step } = yield* stepping
      const fake = Client.fake(() =>
        Client.success({ object: "list", data: [], first_id: null, last_id: null, has_more: false })
      )
      yield* Effect.gen(function*() {
        yield* Projects.list()
        step(day)
        const waiting = yield* Effect.fork(Projects.list())
        yield* settled
        assert.strictEqual(fake.requests.length, 1)
        step(-2 * day)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(waiting)
      }).pipe(
        Effect.provide(Client.layer("http://fake", { administrationRequests: 1 }, fake.layer)),
        Effect.withClock(clock)
      )
    }))

  it.scoped("how long a stream may be idle", () =>
    Effect.gen(function*() {
      const { clock, step } = yield* stepping
      const gates = [Server.gate(), Server.gate()] as const
      const event = Conversation.event(Conversation.chunk({}))
      const server = yield* Server.make([
        Server.head(200, { "content-type": "text/event-stream" }),
        Server.body(event),
        Server.until(gates[0].opened),
        Server.body(event),
        Server.until(gates[1].opened),
        Server.body(Conversation.done),
        Server.end
      ])
      let events = 0
      yield* Effect.gen(function*() {
        const reading = yield* Effect.fork(Stream.runForEach(
          ChatCompletions.create.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }),
          () => Effect.sync(() => events++)
        ))
        yield* Client.eventually(() => events === 1)
        yield* settled
        yield* TestClock.adjust("4 minutes")
        gates[0].open()
        yield* Client.eventually(() => events === 2)
        yield* settled
        step(day)
        yield* TestClock.adjust("2 minutes")
        yield* settled
        gates[1].open()
        yield* Fiber.join(reading)
      }).pipe(
        Effect.provide(Client.layer(server.origin, { timeout: "1 hour" }, UndiciHttpClient.layer)),
        Effect.withClock(clock)
      )
    }))

  it.effect("how long a schedule of retries lasts", () =>
    Effect.gen(function*() {
      const { clock, step } = yield* stepping
      const fake = Client.fake(() => Client.failure(500))
      const scheduled = Assistants.retrieve({ assistant_id: "asst_1" }).pipe(
        Retry.policy({ schedule: Schedule.spaced("1 second").pipe(Schedule.upTo("3500 millis")) })
      )
      const calling = yield* Effect.fork(
        Effect.flip(scheduled).pipe(
          Effect.provide(Client.layer("http://fake", {}, fake.layer)),
          Effect.withClock(clock)
        )
      )
      for (let i = 0; i < 6; i++) {
        yield* settled
        step(day)
        yield* TestClock.adjust("1 second")
      }
      yield* Fiber.join(calling)
      assert.strictEqual(fake.requests.length, 5)
    }))
})
