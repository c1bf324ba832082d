import { ChatCompletions, Runs, Tool } from "@effect-openai/client"
import { assert } from "@effect/vitest"
import { Data, Deferred, Effect, Fiber, Schema } from "effect"
import * as Behaviour from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import * as Conversation from "../utils/conversation.js"
import * as Server from "../utils/server.js"

export const section = Behaviour.section("Runs", "runs.ts")
const { behaviour } = section

const { completion, ids, requiresAction, run, toolCall } = Conversation

const path = "/v1/threads/thread_1/runs/run_1"

const state = (status: string, headers?: Server.Headers) => Server.json(run(status), 200, headers)

const routes = (server: Server.TestServer) => server.requests.map(({ method, url }) => `${method} ${url}`)

const bodies = (server: Server.TestServer) =>
  server.requests.map((request): any => request.size() === 0 ? undefined : JSON.parse(request.body().toString()))

// -----------------------------------------------------------------------------
// 18: polling
// -----------------------------------------------------------------------------

/** Polls on a jumping clock, and returns how long it slept. */
const polled = (on: Behaviour.Subject, server: Server.TestServer) => {
  const { clock, sleeps } = Client.jumpingClock()
  return Runs.poll(ids, { timeout: Infinity, interval: "3 seconds" }).pipe(
    on.against(server, { timeout: Infinity }),
    Effect.withClock(clock),
    Effect.map(({ status }) => ({ status, sleeps }))
  )
}

for (const status of ["completed", "failed", "cancelled", "expired", "incomplete", "requires_action"]) {
  behaviour(18, `polling ends with ${status}`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(state("queued"), state("in_progress"), state("cancelling"), state(status))
      assert.deepStrictEqual<object>(yield* polled(on, server), { status, sleeps: [3000, 3000, 3000] })
    }))
}

behaviour(18, "polling continues on an unknown status, after the interval", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(state("dreaming"), state("dreaming"), state("completed"))
    assert.deepStrictEqual((yield* polled(on, server)).sleeps, [3000, 3000])
  }))

behaviour(18, "openai-poll-after-ms takes precedence over the interval", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(
      state("queued", { "openai-poll-after-ms": "250" }),
      state("queued", { "openai-poll-after-ms": "soon" }),
      state("completed")
    )
    assert.deepStrictEqual((yield* polled(on, server)).sleeps, [250, 3000])
  }))

behaviour(18, "interrupted polling leaves no timer, and sends no request", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(state("queued"))
    const { clock, sleepers } = Client.stoppedClock()
    const fiber = yield* Runs.poll(ids, { interval: 777 }).pipe(
      on.against(server),
      Effect.withClock(clock),
      Effect.fork
    )
    yield* Client.eventually(() => [...sleepers.values()].includes(777))
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(sleepers.size, 0)
    assert.deepStrictEqual(routes(server), [`GET ${path}`])
  }))

behaviour(18, "interrupted polling cancels the run with cancelOnFailure", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(state("queued"), state("cancelling"))
    const { clock, sleepers } = Client.stoppedClock()
    const fiber = yield* Runs.poll(ids, { interval: 777, cancelOnFailure: true }).pipe(
      on.against(server),
      Effect.withClock(clock),
      Effect.fork
    )
    yield* Client.eventually(() => [...sleepers.values()].includes(777))
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(sleepers.size, 0)
    assert.deepStrictEqual(routes(server), [`GET ${path}`, `POST ${path}/cancel`])
  }))

behaviour(
  18,
  "polling times out for a run that does not end, and cancels it with cancelOnFailure",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.serve(({ method }) => state(method === "POST" ? "cancelling" : "dreaming"))
      const error = yield* Runs.poll(ids, { timeout: "1 minute", interval: "10 seconds", cancelOnFailure: true }).pipe(
        on.against(server),
        Effect.flip,
        Client.advancing("5 seconds")
      )
      assert.deepInclude(error, {
        _tag: "TimeoutError",
        phase: "run",
        message: "The run run_1 has not ended within 1m"
      })
      assert.strictEqual(routes(server).filter((route) => route.startsWith("POST")).length, 1)
      assert.strictEqual(routes(server).at(-1), `POST ${path}/cancel`)
    })
)

// -----------------------------------------------------------------------------
// 19: tools
// -----------------------------------------------------------------------------

class NoStation extends Data.TaggedError("NoStation")<{ readonly city: string }> {
  override get message() {
    return `no station in ${this.city}`
  }
}

const weather = Tool.make("get_weather", {
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) =>
    city === "Atlantis" ? Effect.fail(new NoStation({ city })) : Effect.succeed({ city, celsius: 21 })
})

const now = Tool.make("now", { parameters: Schema.Struct({}), handler: () => Effect.succeed("noon") })

const bonn = ["a", "get_weather", "{\"city\":\"Bonn\"}"] as const

// With tools in the request, the assistant is not retrieved.
const request = { thread_id: "thread_1", assistant_id: "asst_1", tools: [] }

behaviour(
  19,
  "runTools of a run submits all outputs of an action in one request, until the run ends",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(
        state("queued"),
        Server.json(requiresAction(bonn, ["b", "now", ""])),
        state("queued"),
        Server.json(requiresAction(["c", "now", "{}"])),
        state("queued"),
        state("completed")
      )
      const last = yield* Runs.runTools(request, [weather, now]).pipe(on.against(server), Client.advancing("1 second"))
      assert.strictEqual(last.status, "completed")
      assert.deepStrictEqual(bodies(server).flatMap((body) => body?.tool_outputs === undefined ? [] : [body]), [
        {
          tool_outputs: [
            { tool_call_id: "a", output: "{\"city\":\"Bonn\",\"celsius\":21}" },
            { tool_call_id: "b", output: "noon" }
          ]
        },
        { tool_outputs: [{ tool_call_id: "c", output: "noon" }] }
      ])
    })
)

behaviour(
  19,
  "runTools of a chat sends all outputs of a response in one request, until it calls none",
  (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(
        Server.json(
          completion({ content: null, tool_calls: [toolCall(bonn), toolCall(["b", "now", ""])] }, "tool_calls")
        ),
        Server.json(completion({ content: "Warm" }))
      )
      const { messages } = yield* ChatCompletions.runTools(
        { model: "gpt-4o", messages: [{ role: "user", content: "How warm?" }] },
        [weather, now]
      ).pipe(on.against(server))
      assert.deepStrictEqual(messages.map(({ role }) => role), ["user", "assistant", "tool", "tool", "assistant"])
      assert.deepStrictEqual(bodies(server)[1].messages, JSON.parse(JSON.stringify(messages.slice(0, -1))))
      assert.strictEqual(server.requests.length, 2)
    })
)

behaviour(19, "the calls of one action run concurrently", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(
      state("queued"),
      Server.json(requiresAction(["a", "meet", ""], ["b", "meet", ""])),
      state("queued"),
      state("completed")
    )
    let waiting = 0
    const both = yield* Deferred.make<void>()
    // Each ends after the other has begun.
    const meet = Tool.make("meet", {
      parameters: Schema.Struct({}),
      handler: () => ++waiting === 2 ? Deferred.succeed(both, undefined) : Deferred.await(both)
    })
    yield* Runs.runTools(request, [meet]).pipe(on.against(server), Client.advancing("1 second"))
    assert.strictEqual(waiting, 2)
  }))

for (
  const [name, call, tag, output] of [
    [
      "an unknown function",
      ["a", "get_wether", "{}"],
      "ToolCallError",
      "{\"error\":\"The model called get_wether, which is not one of the tools\"}"
    ],
    [
      "a failing function",
      ["a", "get_weather", "{\"city\":\"Atlantis\"}"],
      "NoStation",
      "{\"error\":\"no station in Atlantis\"}"
    ]
  ] as const
) {
  behaviour(19, `${name} is a typed error, or an output with onError`, (on) =>
    Effect.gen(function*() {
      const failing = yield* Server.make(state("queued"), Server.json(requiresAction(call)))
      const error = yield* Runs.runTools(request, [weather, now]).pipe(on.against(failing), Effect.flip)
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(failing.requests.length, 2)

      const telling = yield* Server.make(
        state("queued"),
        Server.json(requiresAction(call)),
        state("queued"),
        state("completed")
      )
      yield* Runs.runTools(request, [weather, now], { onError: "output" }).pipe(
        on.against(telling),
        Client.advancing("1 second")
      )
      assert.deepStrictEqual(bodies(telling)[2], { tool_outputs: [{ tool_call_id: "a", output }] })
    }))
}

behaviour(19, "interrupting a loop closes its connection", (on) =>
  Effect.gen(function*() {
    const server = yield* Server.make(
      state("queued"),
      Server.json(requiresAction(["a", "now", ""])),
      Server.stall
    )
    yield* Effect.gen(function*() {
      const fiber = yield* Effect.fork(Runs.runTools(request, [now]))
      yield* server.arrived(3)
      yield* Fiber.interrupt(fiber)
      yield* server.gone(2)
    }).pipe(on.against(server))
    assert.strictEqual(server.requests.length, 3)
  }))
