import { Batches, ChatCompletions, Embeddings, type OpenAiClient, Tool } from "@effect-openai/client"
import type { Batch } from "@effect-openai/core/Batches"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Fiber, Schema, Stream } from "effect"
import * as Lines from "../src/internal/batch/lines.js"
import * as Client from "./utils/client.js"
import * as Script from "./utils/script.js"

const batch_id = "batch_1"
const look = "GET /batches/batch_1"
const output = "GET /files/file-out/content"
const errors = "GET /files/file-err/content"

const batch = (status: string, fields: Partial<Batch> = {}) => ({ id: batch_id, status, ...fields }) as Batch

const counts = (completed: number) => ({ request_counts: { total: 9, completed, failed: 0 } })

type Transport = Pick<ReturnType<typeof Script.make>, "layer">

const over = (transport: Transport) =>
  Effect.provide(Client.layer("http://fake", { timeout: Infinity }, transport.layer))

/** Runs an effect on a jumping clock, and returns how long it slept. */
const slept = <A, E>(effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>, transport: Transport) => {
  const { clock, sleeps } = Client.jumpingClock()
  return effect.pipe(over(transport), Effect.withClock(clock), Effect.map((value) => ({ value, sleeps })))
}

const forEver = { timeout: Infinity }

const model = "gpt-4o-mini"

const request = (content: string, fields: object = {}) => ({
  model,
  messages: [{ role: "user" as const, content }],
  ...fields
})

const completion = (text: string) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model,
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: text } }]
})

const line = (custom_id: string, status_code: number, body: object) => ({
  id: `batch_req_${custom_id}`,
  custom_id,
  response: { status_code, request_id: `req_${custom_id}`, body },
  error: null
})

const file = (...lines: ReadonlyArray<object>) => new Response(lines.map((line) => JSON.stringify(line)).join("\n"))

const described = <A>({ custom_id, result }: Batches.Result<A>) =>
  Either.match(result, {
    onLeft: (error) => [custom_id, error._tag, error._tag === "BatchLineError" ? error.reason : error.message],
    onRight: (value) => [custom_id, (value as any).choices[0].message.content]
  })

const collect = <A, E, R>(stream: Stream.Stream<Batches.Result<A>, E, R>) =>
  Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(all).map(described))

describe("batches", () => {
  it.effect("are polled with growing delays, unless the server states one", () =>
    Effect.gen(function*() {
      const states = Array.from({ length: 13 }, () => [look, batch("in_progress")] as const)
      const transport = Script.make(...states, [look, batch("completed")])
      const { sleeps, value } = yield* slept(Batches.poll({ batch_id }, forEver), transport)
      assert.strictEqual(value.status, "completed")
      assert.deepStrictEqual(sleeps.slice(0, 4), [1000, 1500, 2250, 3375])
      assert.deepStrictEqual(sleeps.slice(-2), [60_000, 60_000])
      const stated = Script.make(
        [look, new Response(JSON.stringify(batch("validating")), { headers: { "openai-poll-after-ms": "7" } })],
        [look, batch("expired")]
      )
      assert.deepStrictEqual((yield* slept(Batches.poll({ batch_id }, forEver), stated)).sleeps, [7])
    }))

  it.effect("emit each change of their status and counts once", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [look, batch("validating")],
        [look, batch("in_progress", counts(0))],
        [look, batch("in_progress", counts(0))],
        [look, batch("in_progress", counts(4))],
        [look, batch("completed", counts(9))]
      )
      const { value } = yield* slept(Stream.runCollect(Batches.progress({ batch_id }, forEver)), transport)
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(value).map(({ request_counts, status }) => [status, request_counts?.completed]),
        [["validating", undefined], ["in_progress", 0], ["in_progress", 4], ["completed", 9]]
      )
    }))

  it.effect("are cancelled where waiting is interrupted, on request", () =>
    Effect.gen(function*() {
      const transport = Script.make([look], ["POST /batches/batch_1/cancel", batch("cancelling")])
      const fiber = yield* Effect.fork(Batches.poll({ batch_id }, { cancelOnFailure: true }).pipe(over(transport)))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => transport.requests.length === 1 })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(transport.routes(), [look, "POST /batches/batch_1/cancel"])
      const late = Script.make([look, batch("in_progress")])
      const { value } = yield* slept(
        Effect.flip(Batches.poll({ batch_id }, { interval: "1 minute", timeout: "30 seconds" })),
        late
      )
      assert.deepInclude(value, { _tag: "TimeoutError", phase: "batch", operation: "retrieveBatch" })
    }))

  it.effect("have a result for each request, with the errors of its operation", () =>
    Effect.gen(function*() {
      const transport = Script.make(
        [output, file(line("a", 200, completion("Hi")), line("b", 200, { id: 1 }), line("a", 200, completion("Ho")))],
        [
          errors,
          file(
            line("c", 400, { error: { message: "too hot", type: "invalid_request_error", param: "temperature" } }),
            line("d", 429, { error: { message: "slow down", type: "requests" } }),
            { custom_id: "e", response: null, error: { code: "batch_expired", message: "Late." } },
            { custom_id: "f", response: null, error: { code: "server_error", message: "Broken." } },
            line("x", 200, completion("Who?"))
          )
        ]
      )
      const ended = batch("completed", { output_file_id: "file-out", error_file_id: "file-err" })
      const results = Batches.results(ChatCompletions.create, ended, ["a", "b", "c", "d", "e", "f", "g"])
      const found = yield* collect(results).pipe(over(transport))
      assert.deepStrictEqual(
        found.map(([id, text, detail]) => [id, text, ...detail === undefined ? [] : [detail.split("\n")[0]]]),
        [
          ["a", "Hi"],
          ["b", "InvalidResponseError", "The response does not fit the contract at choices: is missing"],
          ["a", "BatchLineError", "duplicate"],
          ["c", "BadRequestError", "too hot"],
          ["d", "RateLimitError", "slow down"],
          ["e", "BatchLineError", "expired"],
          ["f", "BatchLineError", "failed"],
          ["x", "BatchLineError", "unknown"],
          ["g", "BatchLineError", "missing"]
        ]
      )
    }))

  it.effect("of which nothing is left say why, and a file that is not JSON is an error", () =>
    Effect.gen(function*() {
      // Some servers send an empty text for no file.
      const cancelled = batch("cancelled", { output_file_id: "", error_file_id: null })
      const none = yield* collect(Batches.results(ChatCompletions.create, cancelled, ["a"])).pipe(over(Script.make()))
      assert.deepStrictEqual(none, [["a", "BatchLineError", "cancelled"]])
      const transport = Script.make([output, new Response("{}\n{")])
      const error = yield* Batches.results(ChatCompletions.create, batch("completed", { output_file_id: "file-out" }))
        .pipe(collect, Effect.flip, over(transport))
      assert.deepInclude(error, { _tag: "InvalidResponseError", operation: "downloadFile", field: "custom_id" })
    }))

  it("take messages of responses and functions of tools as their operation does", () => {
    const tool = Tool.make("now", { parameters: Schema.Struct({}), handler: () => Effect.succeed("noon") })
    const message = { role: "assistant" as const, content: "Hi", reasoning_content: "A greeting." }
    const request = { model, messages: [message], functions: [tool.function], function_call: tool.function }
    const line = Either.getOrThrow(Lines.encode(ChatCompletions.create.endpoint, "a", request, (text) => text))
    assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(line)).body, {
      ...request,
      function_call: { name: "now" }
    })
  })

  it.effect("send nothing where a request is invalid", () =>
    Effect.gen(function*() {
      const refusal = <O extends Batches.Batchable>(operation: O, requests: Batches.Requests<Batches.RequestOf<O>>) =>
        Effect.map(
          Effect.flip(Stream.runDrain(Batches.run(operation, requests))).pipe(over(Script.make())),
          (error) => error._tag === "InvalidRequestError" ? [error.operation, error.field] : [error._tag]
        )
      assert.deepStrictEqual(
        yield* refusal(ChatCompletions.create, { a: request("Hi"), b: request("Hi", { temperature: 9 }) }),
        ["createChatCompletion", "[b].temperature"]
      )
      assert.deepStrictEqual(
        yield* refusal(ChatCompletions.create, [["a", request("Hi")], ["a", request("Ho")]]),
        ["createBatch", "[a]"]
      )
      assert.deepStrictEqual(
        yield* refusal(ChatCompletions.create, { a: request("Hi"), b: request("Hi", { model: "gpt-4o" }) }),
        ["createBatch", "[b].model"]
      )
      assert.deepStrictEqual(yield* refusal(ChatCompletions.create, {}), ["createBatch", "requests"])
      const input = Array.from({ length: 2048 }, () => "a")
      const many = Stream.map(
        Stream.range(1, 25),
        (id) => [`${id}`, { model: "text-embedding-3-small", input }] as const
      )
      assert.deepStrictEqual(yield* refusal(Embeddings.create, many), ["createBatch", "requests"])
    }))
})
