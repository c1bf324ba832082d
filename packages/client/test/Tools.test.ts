import { Assistants, ChatCompletions, type OpenAiClient, Runs, Tool } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Context, Data, Deferred, Effect, Either, Exit, Fiber, Layer, Ref, Schema } from "effect"
import { expectTypeOf } from "vitest"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Script from "./utils/script.js"
import * as Server from "./utils/server.js"

const { completion, requiresAction, run, toolCall } = Conversation

class NoStation extends Data.TaggedError("NoStation")<{ readonly city: string }> {
  override get message() {
    return `no station in ${this.city}`
  }
}

class Stations extends Context.Tag("Stations")<Stations, { readonly celsius: number }>() {}

const weather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optional(Schema.NumberFromString) }),
  handler: ({ city, days }) =>
    city === "Atlantis"
      ? Effect.fail(new NoStation({ city }))
      : Effect.map(Stations, ({ celsius }) => ({ city, celsius, days }))
})

const now = Tool.make("now", { parameters: Schema.Struct({}), handler: () => Effect.succeed("noon") })

const nothing = Tool.make("nothing", { parameters: Schema.Struct({}), handler: () => Effect.void })

const huge = Tool.make("huge", { parameters: Schema.Struct({}), handler: () => Effect.succeed({ bytes: 1n }) })

const tools = [weather, now, nothing, huge] as const

const over = (transport: { readonly layer: ReturnType<typeof Script.make>["layer"] }) =>
  Effect.provide(
    Layer.merge(Client.layer("http://fake", {}, transport.layer), Layer.succeed(Stations, { celsius: 21 }))
  )

/** Calls that fail, and their errors and outputs. */
const wrong: ReadonlyArray<readonly [string, Conversation.Call, expected: object, output: RegExp]> = [
  [
    "of an unknown function",
    ["call_1", "get_wether", "{}"],
    { _tag: "ToolCallError", functionName: "get_wether", toolCallId: "call_1" },
    /^\{"error":"The model called get_wether, which is not one of the tools"\}$/
  ],
  [
    "with arguments that do not fit",
    ["call_1", "get_weather", "{\"city\":1}"],
    { _tag: "ToolCallError", functionName: "get_weather", toolCallId: "call_1" },
    /do not fit at city/
  ],
  [
    "with arguments that are not JSON",
    ["call_1", "get_weather", "{\"city\":"],
    { _tag: "ToolCallError", functionName: "get_weather", toolCallId: "call_1" },
    /do not fit at their root/
  ],
  [
    "whose handler fails",
    ["call_1", "get_weather", "{\"city\":\"Atlantis\"}"],
    { _tag: "NoStation", city: "Atlantis" },
    /^\{"error":"no station in Atlantis"\}$/
  ],
  [
    "whose output is not JSON",
    ["call_1", "huge", ""],
    { _tag: "ToolCallError", functionName: "huge", toolCallId: "call_1" },
    /The output of huge is not JSON/
  ]
]

/** Requests with a tool as a value, and the tools that are sent. */
const definitions = Tool.definitions([weather, now])

const chat = { model: "gpt-4", messages: [{ role: "user", content: "Hi" }] } as const

const withTools: ReadonlyArray<
  readonly [string, Effect.Effect<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>]
> = [
  ["createAssistant", Assistants.create({ model: "gpt-4", tools: [weather, now] })],
  ["modifyAssistant", Assistants.modify({ assistant_id: "asst_1", tools: [weather, now] })],
  ["createRun", Runs.create({ thread_id: "thread_1", assistant_id: "asst_1", tools: [weather, now] })],
  ["createThreadAndRun", Runs.createThreadAndRun({ assistant_id: "asst_1", tools: [weather, now] })],
  ["createChatCompletion", ChatCompletions.create({ ...chat, tools: [weather, now] })],
  ["one without its handler", ChatCompletions.create({ ...chat, tools: [weather, ...Tool.definitions([now])] })]
]

/** Returns the body that a call sends. */
const bodyOf = (call: Effect.Effect<unknown, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>) =>
  Effect.gen(function*() {
    const transport = Client.fake(() => Client.success({}))
    yield* Effect.ignore(Effect.provide(call, Client.layer("http://fake", {}, transport.layer)))
    assert.strictEqual(transport.requests.length, 1)
    return Script.sent(transport.requests[0]!).body
  })

describe("Tool", () => {
  for (const [name, call] of withTools) {
    it.effect(`is sent as its definition: ${name}`, () =>
      Effect.map(bodyOf(call), (body) => assert.deepStrictEqual(body.tools, definitions)))
  }

  it.effect("is sent as its name where it is chosen", () =>
    Effect.gen(function*() {
      const run = Runs.create({ thread_id: "thread_1", assistant_id: "asst_1", tool_choice: now })
      for (const call of [run, ChatCompletions.create({ ...chat, tools: [weather, now], tool_choice: now })]) {
        assert.deepStrictEqual((yield* bodyOf(call)).tool_choice, { type: "function", function: { name: "now" } })
      }
    }))

  it.effect("is sent in the deprecated fields as they document it", () =>
    Effect.gen(function*() {
      const strict = Tool.make("strict", { parameters: Schema.Struct({}), strict: true, handler: () => Effect.void })
      const call = ChatCompletions.create({
        ...chat,
        functions: [weather.function, strict.function],
        function_call: strict.function
      })
      const { parameters } = strict.function
      const { function_call, functions } = yield* bodyOf(call)
      assert.deepStrictEqual(functions, [weather.function, { name: "strict", parameters }])
      assert.deepStrictEqual(function_call, { name: "strict" })
    }))

  it("with a handler is an argument of runTools, not a field of its request", () => {
    const ids = { thread_id: "thread_1", assistant_id: "asst_1" }
    const tools = Tool.definitions([now])
    const calls = [
      Runs.runTools({ ...ids, tools, tool_choice: now }, []),
      ChatCompletions.runTools({ ...chat, tools }, []),
      // @ts-expect-error: the handler would not run
      Runs.runTools({ ...ids, tools: [now] }, []),
      // @ts-expect-error: the handler would not run
      ChatCompletions.runTools({ ...chat, tools: [now] }, [])
    ]
    assert.isTrue(calls.every(Effect.isEffect))
  })

  it("has the form of the request", () => {
    assert.deepStrictEqual(Tool.definitions([weather, now]), [
      {
        type: "function",
        function: {
          name: "get_weather",
          description: "The weather in a city",
          parameters: {
            type: "object",
            required: ["city"],
            properties: {
              city: { type: "string" },
              days: { type: "string", description: "a string to be decoded into a number" }
            },
            additionalProperties: false
          }
        }
      },
      {
        type: "function",
        function: { name: "now", parameters: { type: "object", properties: {}, additionalProperties: false } }
      }
    ])
    const strict = Tool.make("now", { parameters: Schema.Struct({}), strict: true, handler: () => Effect.void })
    assert.isTrue(strict.function.strict)
  })

  it.effect("decodes the arguments, and sends the handler's output", () =>
    Effect.gen(function*() {
      const outputs = yield* Tool.run(tools, [
        toolCall(["a", "get_weather", "{\"city\":\"Bonn\",\"days\":\"3\",\"extra\":1}"]),
        toolCall(["b", "now", ""]),
        toolCall(["c", "now", "  "]),
        toolCall(["d", "nothing", "{}"])
      ]).pipe(Effect.provideService(Stations, { celsius: 21 }))
      assert.deepStrictEqual(outputs, [
        { tool_call_id: "a", output: "{\"city\":\"Bonn\",\"celsius\":21,\"days\":3}" },
        { tool_call_id: "b", output: "noon" },
        { tool_call_id: "c", output: "noon" },
        { tool_call_id: "d", output: "" }
      ])
    }))

  for (const [name, call, expected, output] of wrong) {
    it.effect(`fails for a call ${name}, or returns an output`, () =>
      Effect.gen(function*() {
        const calls = [toolCall(call), toolCall(["call_2", "now", ""])]
        assert.deepInclude(yield* Effect.flip(Tool.run(tools, calls)), expected)
        const [first, second] = yield* Tool.run(tools, calls, { onError: "output" })
        assert.strictEqual(first!.tool_call_id, "call_1")
        assert.match(first!.output, output)
        assert.deepStrictEqual(second, { tool_call_id: "call_2", output: "noon" })
      }).pipe(Effect.provideService(Stations, { celsius: 21 })))
  }

  it.effect("runs all calls concurrently by default, and keeps their order", () =>
    Effect.gen(function*() {
      const second = yield* Deferred.make<void>()
      const meet = Tool.make("meet", {
        parameters: Schema.Struct({ place: Schema.Number }),
        handler: ({ place }) =>
          place === 1
            ? Effect.as(Deferred.await(second), 1)
            : Effect.as(Deferred.succeed(second, undefined), 2)
      })
      const calls = [toolCall(["a", "meet", "{\"place\":1}"]), toolCall(["b", "meet", "{\"place\":2}"])]
      const outputs = yield* Tool.run([meet], calls)
      assert.deepStrictEqual(outputs.map(({ output }) => output), ["1", "2"])

      const running = yield* Ref.make(0)
      const alone = Tool.make("alone", {
        parameters: Schema.Struct({}),
        handler: () =>
          Effect.acquireUseRelease(
            Ref.updateAndGet(running, (count) => count + 1),
            (count) => Effect.as(Effect.yieldNow(), count),
            () => Ref.update(running, (count) => count - 1)
          )
      })
      const ones = yield* Tool.run([alone], [1, 2, 3].map((id) => toolCall([`${id}`, "alone", ""])), { concurrency: 1 })
      assert.deepStrictEqual(ones.map(({ output }) => output), ["1", "1", "1"])
    }))

  it.effect("interrupts the other calls after a failure", () =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<void>()
      const endless = Tool.make("endless", {
        parameters: Schema.Struct({}),
        handler: () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(ended, undefined))
      })
      const error = yield* Effect.flip(
        Tool.run([endless], [toolCall(["a", "endless", ""]), toolCall(["b", "other", ""])])
      )
      assert.strictEqual(error._tag, "ToolCallError")
      yield* Deferred.await(ended)
    }))

  it("fails with a handler's error, unless the model receives it", () => {
    expectTypeOf(weather).toEqualTypeOf<Tool.Tool<NoStation, Stations>>()
    expectTypeOf(now).toEqualTypeOf<Tool.Tool>()
    expectTypeOf<Tool.Error<typeof tools>>().toEqualTypeOf<NoStation>()
    expectTypeOf<Tool.Context<typeof tools>>().toEqualTypeOf<Stations>()

    const chat = ChatCompletions.runTools({ model: "gpt-4o", messages: [] }, tools)
    expectTypeOf(chat).toEqualTypeOf<
      Effect.Effect<
        ChatCompletions.Conversation,
        OpenAiError.OpenAiError | OpenAiError.ToolCallError | NoStation,
        OpenAiClient.OpenAiClient | Stations
      >
    >()
    const told = ChatCompletions.runTools({ model: "gpt-4o", messages: [] }, tools, { onError: "output" })
    expectTypeOf(told).toEqualTypeOf<
      Effect.Effect<
        ChatCompletions.Conversation,
        OpenAiError.OpenAiError,
        OpenAiClient.OpenAiClient | Stations
      >
    >()
    const create = { thread_id: "thread_1", assistant_id: "asst_1" }
    expectTypeOf(Runs.runTools(create, [now])).toEqualTypeOf<
      Effect.Effect<
        ReturnType<typeof run>,
        OpenAiError.OpenAiError | OpenAiError.ToolCallError,
        OpenAiClient.OpenAiClient
      >
    >()
    expectTypeOf(Runs.runTools(create, tools, { onError: "output" })).toEqualTypeOf<
      Effect.Effect<ReturnType<typeof run>, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient | Stations>
    >()
    const anonymous: Effect.Effect<
      ReadonlyArray<Tool.ToolOutput>,
      OpenAiError.ToolCallError | NoStation,
      Stations
    > = Tool.run(tools, [])
    assert.isTrue(Effect.isEffect(anonymous))
  })
})

describe("19: ChatCompletions.runTools", () => {
  const create = "POST /chat/completions"
  const user = { role: "user", content: "How is it?" } as const
  const request = { model: "gpt-4o", messages: [user] }

  const asks = (...calls: ReadonlyArray<Conversation.Call>) =>
    completion({ content: null, tool_calls: calls.map(toolCall) }, "tool_calls")

  it.effect("sends all outputs of a round in one request, in order", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [create, asks(["a", "get_weather", "{\"city\":\"Bonn\"}"], ["b", "now", ""])],
        // Ollama sends `stop` with calls.
        [create, completion({ content: "", tool_calls: [toolCall(["c", "now", "{}"])] }, "stop")],
        [create, completion({ content: "Fine", tool_calls: null })]
      )
      const { completion: last, messages } = yield* ChatCompletions.runTools(request, tools).pipe(over(transport))
      assert.strictEqual(last.choices[0]!.message.content, "Fine")
      const all = [
        user,
        {
          role: "assistant",
          content: null,
          tool_calls: [toolCall(["a", "get_weather", "{\"city\":\"Bonn\"}"]), toolCall(["b", "now", ""])]
        },
        { role: "tool", tool_call_id: "a", content: "{\"city\":\"Bonn\",\"celsius\":21}" },
        { role: "tool", tool_call_id: "b", content: "noon" },
        { role: "assistant", content: "", tool_calls: [toolCall(["c", "now", "{}"])] },
        { role: "tool", tool_call_id: "c", content: "noon" },
        { role: "assistant", content: "Fine" }
      ]
      assert.deepStrictEqual<unknown>(messages, all)
      assert.deepStrictEqual(transport.requests.map(({ body }) => body.messages), [
        all.slice(0, 1),
        all.slice(0, 4),
        all.slice(0, 6)
      ])
      for (const { body } of transport.requests) assert.strictEqual(body.tools.length, tools.length)
    }))

  for (const tool_calls of [[], null, undefined]) {
    it.effect(`ends with ${JSON.stringify(tool_calls)} as tool_calls, whatever the finish_reason`, () =>
      Effect.gen(function*() {
        const transport = Script.make([create, completion({ content: "Fine", tool_calls }, "tool_calls")])
        const { messages } = yield* ChatCompletions.runTools(request, tools).pipe(over(transport))
        assert.deepStrictEqual<unknown>(messages, [user, { role: "assistant", content: "Fine" }])
      }))
  }

  it.effect("ends with a refusal, or without choices", () =>
    Effect.gen(function*() {
      const refused = Script.make([create, completion({ content: null, refusal: "No" })])
      assert.deepStrictEqual<unknown>(
        (yield* ChatCompletions.runTools(request, tools).pipe(over(refused))).messages,
        [user, { role: "assistant", content: null, refusal: "No" }]
      )
      const empty = Script.make([create, { ...completion({}), choices: [] }])
      assert.deepStrictEqual<unknown>(
        (yield* ChatCompletions.runTools(request, tools).pipe(over(empty))).messages,
        [user]
      )
    }))

  for (
    const [choice, next] of [
      ["required", undefined],
      [{ type: "function", function: { name: "now" } }, undefined],
      ["auto", "auto"],
      ["none", "none"]
    ] as const
  ) {
    it.effect(`tool_choice ${JSON.stringify(choice)} is ${next === undefined ? "forced once" : "kept"}`, () =>
      Effect.gen(function*() {
        const transport = Script.make([create, asks(["a", "now", ""])], [create, completion({ content: "Fine" })])
        yield* ChatCompletions.runTools({ ...request, tool_choice: choice }, tools).pipe(over(transport))
        assert.deepStrictEqual(transport.requests.map(({ body }) => body.tool_choice), [choice, next])
      }))
  }

  it.effect("ends after maxRounds", () =>
    Effect.gen(function*() {
      const transport = Script.make(...[1, 2].map(() => [create, asks(["a", "now", ""])] as const))
      const { completion: last, messages } = yield* ChatCompletions.runTools(request, tools, { maxRounds: 2 }).pipe(
        over(transport)
      )
      assert.strictEqual(transport.requests.length, 2)
      assert.strictEqual(last.choices[0]!.message.tool_calls!.length, 1)
      assert.strictEqual(messages.length, 4)

      const many = Client.fake(() => Client.success(asks(["a", "now", ""])))
      yield* ChatCompletions.runTools(request, tools).pipe(over(many))
      assert.strictEqual(many.requests.length, 16)
    }))

  it.effect("keeps the tools of the request, and sends no empty list", () =>
    Effect.gen(function*() {
      const own = { type: "function" as const, function: { name: "own" } }
      const transport = Script.make([create, completion({})], [create, completion({})])
      yield* ChatCompletions.runTools({ ...request, tools: [own] }, [now]).pipe(over(transport))
      yield* ChatCompletions.runTools(request, []).pipe(over(transport))
      assert.deepStrictEqual(
        transport.requests.map(({ body }) => body.tools),
        [[own, ...JSON.parse(JSON.stringify(Tool.definitions([now])))], undefined]
      )
    }))

  for (const [name, call, expected, output] of wrong) {
    it.effect(`fails for a call ${name}, or sends the error to the model`, () =>
      Effect.gen(function*() {
        const failing = Script.make([create, asks(call)])
        const error = yield* Effect.flip(ChatCompletions.runTools(request, tools).pipe(over(failing)))
        assert.deepInclude(error, expected)
        if (error._tag === "ToolCallError") assert.strictEqual(error.operation, "createChatCompletion")

        const telling = Script.make([create, asks(call)], [create, completion({ content: "Sorry" })])
        yield* ChatCompletions.runTools(request, tools, { onError: "output" }).pipe(over(telling))
        assert.match(telling.requests[1]!.body.messages[2].content, output)
      }))
  }

  it.scopedLive("interrupting the loop closes the connection, and leaves no timer", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json(asks(["a", "now", ""])), Server.stall)
      const fiber = yield* ChatCompletions.runTools(request, [now]).pipe(
        Effect.provide(Client.layer(server.origin)),
        Effect.fork
      )
      yield* server.arrived(2)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* server.gone(1)
    }))

  it.live("interrupts the handlers", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const endless = Tool.make("endless", {
        parameters: Schema.Struct({}),
        handler: () =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.zipRight(Effect.sleep("1 day")),
            Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
          )
      })
      const { clock, sleepers } = Client.stoppedClock()
      const transport = Script.make([create, asks(["a", "endless", ""])])
      const fiber = yield* ChatCompletions.runTools(request, [endless]).pipe(
        over(transport),
        Effect.withClock(clock),
        Effect.fork
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(ended)
      assert.strictEqual(sleepers.size, 0)
      assert.strictEqual(transport.requests.length, 1)
    }))
})

describe("19: Runs.runTools", () => {
  const create = "POST /threads/thread_1/runs"
  const look = "GET /threads/thread_1/runs/run_1"
  const submit = "POST /threads/thread_1/runs/run_1/submit_tool_outputs"
  const cancel = "POST /threads/thread_1/runs/run_1/cancel"
  // With tools in the request, the assistant is not retrieved.
  const request = { thread_id: "thread_1", assistant_id: "asst_1", tools: [] }

  it.effect("sends all outputs of a round in one request, in order", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [create, run()],
        [look, run("in_progress")],
        [look, requiresAction(["a", "get_weather", "{\"city\":\"Bonn\"}"], ["b", "now", ""])],
        [submit, run()],
        [look, requiresAction(["c", "now", "{}"])],
        [submit, run()],
        [look, run("completed")]
      )
      const last = yield* Runs.runTools(
        { ...request, tools: [{ type: "code_interpreter" }], instructions: "Be brief" },
        tools
      ).pipe(over(transport), Client.advancing("1 second"))
      assert.strictEqual(last.status, "completed")
      assert.deepStrictEqual(transport.requests[0]!.body, {
        assistant_id: "asst_1",
        instructions: "Be brief",
        tools: [{ type: "code_interpreter" }, ...JSON.parse(JSON.stringify(Tool.definitions(tools)))]
      })
      assert.deepStrictEqual(transport.requests.filter(({ route }) => route === submit).map(({ body }) => body), [
        {
          tool_outputs: [
            { tool_call_id: "a", output: "{\"city\":\"Bonn\",\"celsius\":21}" },
            { tool_call_id: "b", output: "noon" }
          ]
        },
        { tool_outputs: [{ tool_call_id: "c", output: "noon" }] }
      ])
    }))

  it.effect("returns a run that ended, or requires an action of another kind", () =>
    Effect.gen(function*() {
      for (
        const last of [
          run("requires_action", { required_action: { type: "approve", approve: {} } }),
          run("requires_action"),
          run("expired"),
          run("incomplete")
        ]
      ) {
        const transport = Script.make([create, run()], [look, last])
        assert.deepStrictEqual(yield* Runs.runTools(request, tools).pipe(over(transport)), last)
      }
    }))

  it.effect("keeps the assistant's tools as they were received, unless the request has tools", () =>
    Effect.gen(function*() {
      const search = { type: "file_search", file_search: { max_num_results: 3 } }
      const outdated = { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } }
      const { tools: _, ...ids } = request
      const assistant = {
        id: "asst_1",
        object: "assistant",
        created_at: 1,
        model: "gpt-4",
        tools: [{ type: "retrieval" }, outdated, search]
      }
      const kept = Script.make(["GET /assistants/asst_1", assistant], [create, run()], [look, run("completed")])
      yield* Runs.runTools(ids, [now]).pipe(over(kept))
      const definition = JSON.parse(JSON.stringify(Tool.definitions([now])))[0]
      assert.deepStrictEqual(kept.requests[1]!.body.tools, [{ type: "retrieval" }, search, definition])

      const replaced = Script.make([create, run()], [look, run("completed")])
      yield* Runs.runTools(request, [now]).pipe(over(replaced))
      assert.deepStrictEqual(replaced.requests[0]!.body.tools, [definition])

      const without = Script.make([create, run()], [look, run("completed")])
      yield* Runs.runTools(ids, []).pipe(over(without))
      assert.deepStrictEqual(without.requests[0]!.body, { assistant_id: "asst_1" })
    }))

  for (const [name, call, expected, output] of wrong) {
    it.effect(`fails for a call ${name}, or sends the error to the model`, () =>
      Effect.gen(function*() {
        const failing = Script.make([create, run()], [look, requiresAction(call)])
        const error = yield* Effect.flip(Runs.runTools(request, tools).pipe(over(failing)))
        assert.deepInclude(error, expected)
        if (error._tag === "ToolCallError") assert.strictEqual(error.operation, "createRun")

        const telling = Script.make(
          [create, run()],
          [look, requiresAction(call)],
          [submit, run()],
          [look, run("completed")]
        )
        yield* Runs.runTools(request, tools, { onError: "output" }).pipe(over(telling))
        assert.match(telling.requests[2]!.body.tool_outputs[0].output, output)
      }))
  }

  it.effect("treats a call of an undocumented kind like one of an unknown function", () =>
    Effect.gen(function*() {
      const action = run("requires_action", {
        required_action: {
          type: "submit_tool_outputs",
          submit_tool_outputs: { tool_calls: [{ id: "a", type: "browser", browser: {} }] }
        }
      })
      const transport = Script.make([create, run()], [look, action], [submit, run()], [look, run("completed")])
      yield* Runs.runTools(request, tools, { onError: "output" }).pipe(over(transport))
      assert.deepStrictEqual(transport.requests[2]!.body.tool_outputs, [
        { tool_call_id: "a", output: "{\"error\":\"The model called browser, which is not one of the tools\"}" }
      ])
    }))

  it.effect("cancels the run after a handler's failure with cancelOnFailure", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [create, run()],
        [look, requiresAction(["a", "get_weather", "{\"city\":\"Atlantis\"}"])],
        [cancel, run("cancelling")]
      )
      const result = yield* Runs.runTools(request, tools, { cancelOnFailure: true }).pipe(
        over(transport),
        Effect.either
      )
      assert.deepInclude(Either.getOrThrow(Either.flip(result)), { _tag: "NoStation" })
      assert.deepStrictEqual(transport.routes(), [create, look, cancel])
    }))

  it.effect("limits the handlers by the timeout", () =>
    Effect.gen(function*() {
      const endless = Tool.make("endless", { parameters: Schema.Struct({}), handler: () => Effect.never })
      const transport = Script.make([create, run()], [look, requiresAction(["a", "endless", ""])])
      const error = yield* Runs.runTools(request, [endless], { timeout: "1 minute" }).pipe(
        over(transport),
        Effect.flip,
        Client.advancing("10 seconds")
      )
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "run" })
    }))

  it.live("leaves no timer when it is interrupted", () =>
    Effect.gen(function*() {
      const { clock, sleepers } = Client.stoppedClock()
      const transport = Script.make([create, run()], [look, requiresAction(["a", "now", ""])], [submit, run()], [
        look,
        run()
      ])
      const fiber = yield* Runs.runTools(request, [now], { interval: 777 }).pipe(
        over(transport),
        Effect.withClock(clock),
        Effect.fork
      )
      yield* Effect.sleep(0).pipe(Effect.repeat({ until: () => [...sleepers.values()].includes(777) }))
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(sleepers.size, 0)
    }))

  it.scopedLive("closes the connection when it is interrupted", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(
        Server.json(run()),
        Server.json(requiresAction(["a", "now", ""])),
        Server.stall
      )
      const fiber = yield* Runs.runTools(request, [now]).pipe(
        Effect.provide(Client.layer(server.origin)),
        Effect.fork
      )
      yield* server.arrived(3)
      yield* Fiber.interrupt(fiber)
      yield* server.gone(2)
      assert.strictEqual(server.requests.length, 3)
    }))
})
