import { Assistants, ChatCompletions, ChatStream, Files, Messages, Retry, Runs, Threads } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Emulator, Script } from "@effect-openai/emulator"
import * as ChatCompletionsModel from "@effect-openai/emulator/ChatCompletionsModel"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { inProcess } from "./utils.js"

const model = "gpt-4o"

/** A server that always sends the same response, and keeps the requests. */
const server = (response: unknown, status = 200) => {
  const requests: Array<any> = []
  const layer = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      requests.push(JSON.parse(new TextDecoder().decode((request.body as { readonly body: Uint8Array }).body)))
      const [type, body] = typeof response === "string"
        ? ["text/event-stream", response]
        : ["application/json", JSON.stringify(response)]
      return Effect.succeed(
        HttpClientResponse.fromWeb(request, new Response(body, { status, headers: { "content-type": type } }))
      )
    })
  )
  return { layer, requests }
}

const behind = (transport: Layer.Layer<HttpClient.HttpClient>, options: { readonly model?: string } = {}) =>
  Effect.provide(inProcess.layer({
    model: Layer.orDie(ChatCompletionsModel.layer({ baseUrl: "http://model.example/v1", ...options })).pipe(
      Layer.provide([transport, Retry.layer({ times: 0 })])
    ),
    pollAfter: 0
  }))

const completion = (message: object, finish_reason: string | null = "stop") => ({
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "llama",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
})

const chunks = (...all: ReadonlyArray<object>) =>
  all.map((chunk) =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "llama", ...chunk })}\n\n`
  ).join("") + "data: [DONE]\n\n"

const delta = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }]
})

const weather = { type: "function" as const, function: { name: "get_weather", parameters: { type: "object" } } }

const called = { id: "call_9", type: "function", function: { name: "get_weather", arguments: "{}" } }

const start = (content: string, assistant: Omit<Parameters<typeof Assistants.create>[0], "model"> = {}) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* Assistants.create({ model, instructions: "Be kind.", ...assistant })
    const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content }] })
    return yield* Runs.createAndPoll({ thread_id, assistant_id })
  })

const replyTo = (thread_id: string) =>
  Effect.map(Messages.list({ thread_id, limit: 1 }), ({ data: [message] }) => {
    const [part] = message!.content
    return part?.type === "text" ? part.text : undefined
  })

const chat = (fields: object = {}) =>
  ChatCompletions.create({ model, messages: [{ role: "user", content: "Hi" }], ...fields })

describe("ChatCompletionsModel", () => {
  it.effect("streams a text, whatever chunks are between its pieces", () => {
    const { layer, requests } = server(chunks(
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 } },
      delta({ role: "assistant", content: null }),
      delta({ content: "Hel" }),
      { choices: [] },
      delta({ content: "lo" }, "stop"),
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
      delta({})
    ))
    return Effect.gen(function*() {
      const run = yield* start("Hi")
      assert.strictEqual(run.status, "completed")
      assert.strictEqual((yield* replyTo(run.thread_id!))?.value, "Hello")
      assert.deepStrictEqual(requests, [{
        model: "llama3.1",
        messages: [{ role: "system", content: "Be kind." }, { role: "user", content: "Hi" }],
        stream: true
      }])
      const all = yield* ChatStream.final(
        ChatCompletions.create.stream({ model, messages: [{ role: "user", content: "Hi" }] })
      )
      assert.strictEqual(all.choices[0]?.content, "Hello")
    }).pipe(behind(layer, { model: "llama3.1" }))
  })

  it.effect.each([
    ["named stop", completion({ content: "", tool_calls: [called] }, "stop")],
    ["without content", completion({ content: null, tool_calls: [called] }, "tool_calls")]
  ])("calls functions where there are calls: %s", ([, response]) => {
    const { layer, requests } = server(response)
    return Effect.gen(function*() {
      const run = yield* start("Hi", { tools: [weather] })
      assert.strictEqual(run.status, "requires_action")
      assert.deepNestedInclude(run, { "required_action.submit_tool_outputs.tool_calls[0].function": called.function })
      assert.deepInclude(requests[0], { tools: [weather], tool_choice: "auto" })
      assert.notProperty(requests[0], "stream")
    }).pipe(behind(layer))
  })

  it.effect("calls no function if the response has no calls, even if `finish_reason` is `tool_calls`", () => {
    const { layer } = server(completion({ content: "No.", tool_calls: [] }, "tool_calls"))
    return Effect.gen(function*() {
      const run = yield* start("Hi", { tools: [weather] })
      assert.strictEqual(run.status, "completed")
      assert.strictEqual((yield* replyTo(run.thread_id!))?.value, "No.")
    }).pipe(behind(layer))
  })

  it.effect("sends the outputs of calls to the model, and does not force a call again", () => {
    const { layer, requests } = server(completion({ content: "Warm." }))
    return Effect.gen(function*() {
      yield* chat({
        messages: [
          { role: "user", content: "Hi" },
          { role: "assistant", content: null, tool_calls: [called] },
          { role: "tool", tool_call_id: "call_9", content: "21" }
        ],
        tools: [weather],
        tool_choice: "required"
      })
      assert.deepStrictEqual(requests[0].messages, [
        { role: "user", content: "Hi" },
        { role: "assistant", content: null, tool_calls: [called] },
        { role: "tool", tool_call_id: "call_9", content: "21" }
      ])
      assert.strictEqual(requests[0].tool_choice, "auto")
    }).pipe(behind(layer))
  })

  it.effect("reports that tokens ran out, streamed or not", () =>
    Effect.gen(function*() {
      for (
        const [response, fields] of [
          [chunks(delta({ content: "Once" }), delta({}, "length")), {}],
          [completion({ content: "Once" }, "length"), { tools: [weather] }]
        ] as const
      ) {
        const { choices } = yield* chat(fields).pipe(behind(server(response).layer))
        assert.deepStrictEqual([choices[0]?.message.content, choices[0]?.finish_reason], ["Once", "length"])
      }
    }))

  it.effect("cites the files that it was shown", () => {
    const { layer, requests } = server(completion({ content: "Seven【0†source】, not eight【7†source】." }))
    return Effect.gen(function*() {
      const { id } = yield* Files.upload({
        file: FileSource.fromBytes("facts.txt", new TextEncoder().encode("Nothing.\nSeven stars shine.\n")),
        purpose: "assistants"
      })
      const run = yield* start("How many stars shine?", { tools: [{ type: "retrieval" }], file_ids: [id] })
      assert.strictEqual(run.status, "completed")
      assert.include(requests[0].messages[0].content, "【0†source】 facts.txt: Seven stars shine.")
      const text = yield* replyTo(run.thread_id!)
      assert.deepStrictEqual(text?.annotations, [{
        type: "file_citation",
        text: "【0†source】",
        file_citation: { file_id: id, quote: "Seven stars shine." },
        start_index: 5,
        end_index: 15
      }])
    }).pipe(behind(layer))
  })

  const failures: ReadonlyArray<readonly [status: number, response: object, code: string, message: string]> = [
    [
      400,
      { error: { message: "bad", type: "invalid_request_error", param: null, code: null } },
      "invalid_prompt",
      "bad"
    ],
    [400, { object: "error", message: "flat", type: "BadRequestError", code: 400 }, "invalid_prompt", "flat"],
    [
      429,
      { error: { message: "out", type: "x", param: null, code: "insufficient_quota" } },
      "rate_limit_exceeded",
      "out"
    ],
    [501, { error: { code: 501, message: "tools need --jinja", type: "server_error" } }, "server_error", "--jinja"],
    [200, { choices: [] }, "server_error", ""]
  ]

  it.effect.each(failures)(
    "a failure is the run's last error: %s %j",
    ([status, response, code, message]) =>
      Effect.gen(function*() {
        const run = yield* start("Hi", { tools: [weather] })
        assert.strictEqual(run.status, "failed")
        assert.strictEqual(run.last_error?.code, code)
        assert.include(run.last_error?.message, message)
      }).pipe(behind(server(response, status).layer))
  )

  it.effect("a stream that ends early fails the run, and its text is kept", () => {
    const { layer } = server(chunks(delta({ content: "Once" })).replace("data: [DONE]\n\n", ""))
    return Effect.gen(function*() {
      const { id: assistant_id } = yield* Assistants.create({ model })
      const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: "Hi" }] })
      const events = yield* Stream.runCollect(Runs.create.stream({ thread_id, assistant_id }))
      const last = [...events].find(({ event }) => event === "thread.run.failed")
      assert.strictEqual((last?.data as { last_error: { code: string } }).last_error.code, "server_error")
      assert.strictEqual((yield* replyTo(thread_id))?.value, "Once")
    }).pipe(behind(layer))
  })

  it.effect("one emulator stands behind another", () => {
    const inner = Emulator.layer({
      model: Script.layer({ turns: [{ when: { message: "Hi" }, replies: [{ type: "text", text: "From within." }] }] })
    })
    return Effect.gen(function*() {
      const run = yield* start("Hi")
      assert.strictEqual((yield* replyTo(run.thread_id!))?.value, "From within.")
    }).pipe(behind(inner))
  })
})
