import { OpenAiClient, Runs } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Script from "./utils/script.js"

const { ids, run } = Conversation

const look = "GET /threads/thread_1/runs/run_1"
const cancel = "POST /threads/thread_1/runs/run_1/cancel"

/** A response of a run with openai-poll-after-ms. */
const after = (status: string, millis: string): Response =>
  new Response(JSON.stringify(run(status)), { headers: { "openai-poll-after-ms": millis } })

type Transport = Pick<ReturnType<typeof Script.make>, "layer">

const over = (transport: Transport) => Effect.provide(Client.layer("http://fake", {}, transport.layer))

/** Runs an effect on a jumping clock, and returns how long it slept. */
const slept = <A, E>(effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>, transport: Transport) => {
  const { clock, sleeps } = Client.jumpingClock()
  return effect.pipe(
    Effect.provide(Client.layer("http://fake", { timeout: Infinity }, transport.layer)),
    Effect.withClock(clock),
    Effect.map((value) => ({ value, sleeps }))
  )
}

const forEver = { timeout: Infinity }

describe("18: polling", () => {
  for (const status of ["completed", "failed", "cancelled", "expired", "incomplete", "requires_action"]) {
    it.effect(`ends with ${status}`, () =>
      Effect.gen(function*() {
        const transport = Script.make([look, run()], [look, run("in_progress")], [look, run(status)])
        const { sleeps, value } = yield* slept(Runs.poll(ids, forEver), transport)
        assert.strictEqual(value.status, status)
        assert.isTrue(Runs.isSettled(value))
        assert.deepStrictEqual(sleeps, [1000, 1000])
      }))
  }

  for (const status of ["queued", "in_progress", "cancelling", "dreaming"]) {
    it.effect(`continues on ${status}, after the interval`, () =>
      Effect.gen(function*() {
        assert.isFalse(Runs.isSettled(run(status)))
        const transport = Script.make([look, run(status)], [look, run(status)], [look, run("completed")])
        const { sleeps } = yield* slept(Runs.poll(ids, { ...forEver, interval: "3 seconds" }), transport)
        assert.deepStrictEqual(sleeps, [3000, 3000])
      }))
  }

  it.effect("prefers a numeric openai-poll-after-ms to the interval", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [look, after("queued", "250")],
        [look, after("queued", "0")],
        [look, after("queued", "")],
        [look, after("queued", "soon")],
        [look, after("queued", "-1")],
        [look, after("queued", "Infinity")],
        [look, after("completed", "9000")]
      )
      const { sleeps } = yield* slept(Runs.poll(ids, { ...forEver, interval: 2000 }), transport)
      assert.deepStrictEqual(sleeps.filter((millis) => millis > 0), [250, 2000, 2000, 2000, 2000])
    }))

  it.effect("creates or submits, then polls", () =>
    Effect.gen(function*() {
      const created = Script.make(["POST /threads/thread_1/runs", run()], [look, run("completed")])
      yield* Runs.createAndPoll({ thread_id: "thread_1", assistant_id: "asst_1" }).pipe(over(created))
      assert.deepStrictEqual(created.requests[0]!.body, { assistant_id: "asst_1" })
      assert.strictEqual(created.requests.length, 2)

      const submitted = Script.make([`POST ${look.slice(4)}/submit_tool_outputs`, run()], [look, run("failed")])
      const tool_outputs = [{ tool_call_id: "call_1", output: "1" }]
      const { status } = yield* Runs.submitToolOutputsAndPoll({ ...ids, tool_outputs }).pipe(over(submitted))
      assert.strictEqual(status, "failed")
      assert.deepStrictEqual(submitted.requests[0]!.body, { tool_outputs })
    }))

  it.effect("fails with the error of a request", () =>
    Effect.gen(function*() {
      const transport = Script.make([look, run()], [look, Client.failure(404)])
      const error = yield* Runs.poll(ids).pipe(over(transport), Effect.flip, Client.advancing("1 second"))
      assert.deepInclude(error, { _tag: "NotFoundError", operation: "getRun" })
    }))

  it.effect("retries a request", () =>
    Effect.gen(function*() {
      const transport = Script.make([look, Client.failure(503)], [look, run("completed")])
      const { status } = yield* Runs.poll(ids).pipe(over(transport), Client.advancing("1 second"))
      assert.strictEqual(status, "completed")
    }))

  describe("deadline", () => {
    const waiting = (cancelled?: Response | object) => {
      const transport = Client.fake((_, request) =>
        request.method === "POST"
          ? cancelled instanceof Response || cancelled === undefined ? cancelled : Client.success(cancelled)
          : Client.success(run("dreaming"))
      )
      const routes = () =>
        transport.requests.map(({ method, url }) => `${method} ${url.slice("http://fake/v1".length)}`)
      return { ...transport, routes }
    }

    it.effect("times out for a run that does not end", () =>
      Effect.gen(function*() {
        const transport = waiting()
        const error = yield* Runs.poll(ids, { timeout: "1 minute", interval: "10 seconds" }).pipe(
          over(transport),
          Effect.flip,
          Client.advancing("10 seconds")
        )
        assert(error._tag === "TimeoutError")
        assert.strictEqual(error.phase, "run")
        assert.strictEqual(error.message, "The run run_1 has not ended within 1m")
        assert.notInclude(transport.routes(), cancel)
      }))

    it.effect("is ten minutes by default, and cancels the run with cancelOnFailure", () =>
      Effect.gen(function*() {
        const transport = waiting(run("cancelling"))
        const error = yield* Runs.poll(ids, { interval: "2 minutes", cancelOnFailure: true }).pipe(
          over(transport),
          Effect.flip,
          Client.advancing("1 minute")
        )
        assert.strictEqual(error.message, "The run run_1 has not ended within 10m")
        assert.strictEqual(transport.routes().at(-1), cancel)
        assert.strictEqual(transport.routes().filter((route) => route === cancel).length, 1)
      }))

    it.effect("times out while it waits for a response", () =>
      Effect.gen(function*() {
        const transport = Script.make([look])
        const error = yield* Runs.poll(ids, { timeout: "1 minute" }).pipe(
          over(transport),
          Effect.flip,
          Client.advancing("10 seconds")
        )
        assert.deepInclude(error, { _tag: "TimeoutError", phase: "run" })
      }))

    for (
      const [name, response] of [
        ["that fails is sent once, and changes nothing", Client.failure(500)],
        ["without a response times out", undefined]
      ] as const
    ) {
      it.effect(`a cancellation ${name}`, () =>
        Effect.gen(function*() {
          const transport = waiting(response)
          const error = yield* Runs.poll(ids, { timeout: "1 minute", cancelOnFailure: true }).pipe(
            over(transport),
            Effect.flip,
            Client.advancing("5 seconds")
          )
          assert.deepInclude(error, { _tag: "TimeoutError", phase: "run" })
          assert.strictEqual(transport.routes().filter((route) => route === cancel).length, 1)
        }))
    }
  })

  describe("interruption", () => {
    /** Interrupts polling while it sleeps, on a stopped clock. */
    const interrupted = (transport: Transport, options?: Runs.PollOptions) =>
      Effect.gen(function*() {
        const { clock, sleepers } = Client.stoppedClock()
        const fiber = yield* Runs.poll(ids, { interval: 777, ...options }).pipe(
          over(transport),
          Effect.withClock(clock),
          Effect.fork
        )
        yield* Effect.sleep(0).pipe(Effect.repeat({ until: () => [...sleepers.values()].includes(777) }))
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(sleepers.size, 0)
      })

    it.live("leaves no timer, and sends no request", () =>
      Effect.gen(function*() {
        const transport = Script.make([look, run()])
        yield* interrupted(transport)
        assert.deepStrictEqual(transport.routes(), [look])
      }))

    it.live("cancels the run with cancelOnFailure", () =>
      Effect.gen(function*() {
        const transport = Script.make([look, run()], [cancel, run("cancelling")])
        yield* interrupted(transport, { cancelOnFailure: true })
        assert.deepStrictEqual(transport.routes(), [look, cancel])
      }))

    it.effect("waits at most ten seconds for the cancellation", () =>
      Effect.gen(function*() {
        const transport = Script.make([look], [cancel])
        const fiber = yield* Runs.poll(ids, { cancelOnFailure: true }).pipe(over(transport), Effect.fork)
        yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => transport.requests.length === 1 }))
        const exit = yield* Fiber.interrupt(fiber).pipe(Client.advancing("1 second"))
        assert.isTrue(exit._tag === "Failure")
        assert.deepStrictEqual(transport.routes(), [look, cancel])
      }))
  })

  it.effect("does not cancel a run that ended", () =>
    Effect.gen(function*() {
      const transport = Script.make([look, run("failed")])
      yield* Runs.poll(ids, { cancelOnFailure: true }).pipe(over(transport))
      assert.deepStrictEqual(transport.routes(), [look])
    }))

  it.effect("withResponse returns the last response", () =>
    Effect.gen(function*() {
      const transport = Script.make([look, run()], [look, after("completed", "7")])
      const [{ status }, response] = yield* Runs.poll(ids).pipe(
        OpenAiClient.withResponse,
        over(transport),
        Client.advancing("1 second")
      )
      assert.strictEqual(status, "completed")
      assert.strictEqual(response?.headers["openai-poll-after-ms"], "7")
    }))

  it.effect("uses the delay in its own response", () =>
    Effect.gen(function*() {
      const transport = Client.fake((count) =>
        count <= 2 ? after("queued", count === 1 ? "100" : "200") : after("completed", "0")
      )
      const { sleeps, value } = yield* slept(
        Effect.all([Runs.poll(ids, forEver), Runs.poll(ids, forEver)], { concurrency: 2 }).pipe(Effect.either),
        transport
      )
      assert.isTrue(Either.isRight(value))
      assert.deepStrictEqual([...sleeps].sort(), [100, 200])
    }))
})
