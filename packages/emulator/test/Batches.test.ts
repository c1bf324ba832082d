import { Batches, Files, OpenAiClient } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Batches"
import * as FileSource from "@effect-openai/core/FileSource"
import * as Jsonl from "@effect-openai/core/Jsonl"
import { type Emulator, type Faults, Model, Store } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Deferred, Effect, Layer, Stream } from "effect"
import { batchResults, files } from "../src/internal/documents.js"
import { describeEach } from "./describeEach.js"
import { inProcess, later, sendJson, stores, withEmulator } from "./utils.js"

const endpoint = "/v1/chat/completions"

const model = "gpt-4o-mini"

const line = (custom_id: string, body: object = {}) => ({
  custom_id,
  method: "POST",
  url: endpoint,
  body: { model, messages: [{ role: "user", content: `I am ${custom_id}` }], ...body }
})

const create = (lines: ReadonlyArray<object | string>, url: Contract.BatchEndpoint = endpoint) =>
  Effect.gen(function*() {
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line)).join("\n")
    const { id } = yield* Files.upload({ file: FileSource.fromBytes("batch.jsonl", text), purpose: "batch" })
    return yield* Batches.create({ input_file_id: id, endpoint: url, completion_window: "24h" })
  })

const isOver = ({ status }: Contract.Batch) =>
  ["completed", "failed", "expired", "cancelled"].some((one) => one === status)

/** Polls a batch until it has ended. */
const ended = (batch_id: string) =>
  Batches.retrieve({ batch_id }).pipe(
    Effect.repeat({ until: isOver }),
    Effect.timeoutFail({ duration: "50 seconds", onTimeout: () => "never over" }),
    Effect.withClock(Clock.make())
  )

const linesOf = (file_id: string | null | undefined) =>
  file_id == null ? Effect.succeed([]) : Files.content.stream({ file_id }).pipe(
    Jsonl.decode(Contract.BatchRequestOutput),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )

const idsOf = (lines: ReadonlyArray<Contract.BatchRequestOutput>) => lines.map(({ custom_id }) => custom_id).sort()

const names = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`)

/** A model that does not reply to some messages until a test says so. */
const slow = (isSlow: (content: string) => boolean) =>
  Effect.gen(function*() {
    const asked = yield* Deferred.make<void>()
    const layer = Layer.succeed(Model.Model, {
      reply: ({ messages }) => {
        const content = messages.at(-1)!.content
        return isSlow(content)
          ? Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
          : Effect.succeed(Model.text("Done."))
      }
    })
    return { asked: Deferred.await(asked), layer }
  })

describe("a batch", () => {
  const test = <E, R>(title: string, run: Effect.Effect<void, E, R>, options: Emulator.Options<never, never> = {}) =>
    it.live(title, () => Effect.provide(run, inProcess.layer(options)) as Effect.Effect<void, E>)

  test(
    "is seen in each of its statuses, and has files with their purpose",
    Effect.gen(function*() {
      const created = yield* create([line("a"), line("b")])
      assert.match(created.id, /^batch_[0-9a-f]{32}$/)
      assert.strictEqual(created.expires_at! - created.created_at!, 86_400)
      const seen: Array<string> = [created.status!]
      let batch: Contract.Batch = created
      while (!isOver(batch)) {
        const [next, response] = yield* OpenAiClient.withResponse(Batches.retrieve({ batch_id: created.id }))
        batch = next
        if (!isOver(batch)) assert.strictEqual(response?.headers["openai-poll-after-ms"], "0")
        if (seen.at(-1) !== batch.status) seen.push(batch.status!)
      }
      assert.deepStrictEqual(seen, ["validating", "in_progress", "finalizing", "completed"])
      assert.isNull(batch.error_file_id)
      const file = yield* Files.retrieve({ file_id: batch.output_file_id! })
      assert.deepInclude(file, { purpose: "batch_output", filename: `${batch.id}_output.jsonl` })
      const lines = yield* linesOf(batch.output_file_id)
      // Output files are not in the order of the input.
      assert.deepStrictEqual(lines.map(({ custom_id }) => custom_id), ["b", "a"])
      for (const { id, response } of lines) {
        assert.match(id!, /^batch_req_/)
        assert.match(response!.request_id!, /^req_/)
        assert.strictEqual((response!.body as any).object, "chat.completion")
      }
    })
  )

  test(
    "runs embeddings and completions, and has no rate limits",
    Effect.gen(function*() {
      const embeddings = yield* create(
        names(5).map((name) => ({
          custom_id: name,
          method: "POST",
          url: "/v1/embeddings",
          body: { model: "text-embedding-3-small", input: [name, "more"] }
        })),
        "/v1/embeddings"
      )
      const completions = yield* create(
        [{
          custom_id: "a",
          method: "POST",
          url: "/v1/completions",
          body: { model: "gpt-3.5-turbo-instruct", prompt: "Hi" }
        }],
        "/v1/completions"
      )
      const batch = yield* ended(embeddings.id)
      assert.deepStrictEqual(batch.request_counts, { total: 5, completed: 5, failed: 0 })
      assert.lengthOf(
        (yield* linesOf(batch.output_file_id)).flatMap(({ response }) => (response!.body as any).data),
        10
      )
      assert.strictEqual((yield* ended(completions.id)).request_counts?.completed, 1)
    }),
    { rateLimits: { requestsPerMinute: 1 }, apiKeys: undefined }
  )

  test(
    "has the errors and faults of its requests in the error file",
    Effect.gen(function*() {
      const created = yield* create([line("a"), line("b"), line("c", { temperature: 9 })])
      const batch = yield* ended(created.id)
      assert.deepStrictEqual(batch.request_counts, { total: 3, completed: 0, failed: 3 })
      assert.strictEqual(batch.status, "completed")
      assert.isNull(batch.output_file_id)
      const lines = yield* linesOf(batch.error_file_id)
      const statuses = new Map(lines.map(({ custom_id, response }) => [custom_id, response?.status_code]))
      assert.deepStrictEqual([...statuses].sort(), [["a", 503], ["b", undefined], ["c", 400]])
      assert.strictEqual(lines.find(({ custom_id }) => custom_id === "b")?.error?.code, "server_error")
      assert.deepInclude((lines.find(({ custom_id }) => custom_id === "c")!.response!.body as any).error, {
        type: "invalid_request_error"
      })
    }),
    {
      faults: {
        rules: [
          { operation: "createChatCompletion", fault: { type: "status", status: 503 }, times: 1 },
          { operation: "createChatCompletion", fault: { type: "reset" }, times: 1 }
        ] satisfies ReadonlyArray<Faults.Rule>
      }
    }
  )

  test(
    "fails with every error of its file",
    Effect.gen(function*() {
      const errorsOf = (lines: ReadonlyArray<object | string>, url?: Contract.BatchEndpoint) =>
        Effect.map(Effect.flatMap(create(lines, url), ({ id }) => ended(id)), (batch) => {
          assert.strictEqual(batch.status, "failed")
          assert.isNumber(batch.failed_at)
          assert.deepStrictEqual(batch.request_counts, { total: 0, completed: 0, failed: 0 })
          return batch.errors!.data!.map(({ code, line, message, param }) => [line, param, code, message])
        })
      const { custom_id: _, ...anonymous } = line("x")
      assert.deepStrictEqual(
        yield* errorsOf([
          line("a"),
          "{}",
          "",
          line("a", { model: "gpt-4o", stream: true }),
          { ...line("b"), method: "GET", url: "/v1/embeddings" },
          anonymous,
          line("c", { model: undefined, messages: undefined }),
          line("d", { model: "gpt-nonexistent" }),
          "[1]"
        ]),
        [
          [2, "custom_id", "missing_required_parameter", "Missing required parameter: 'custom_id'."],
          [2, "method", "missing_required_parameter", "Missing required parameter: 'method'."],
          [2, "url", "missing_required_parameter", "Missing required parameter: 'url'."],
          [2, "body", "missing_required_parameter", "Missing required parameter: 'body'."],
          [
            4,
            "custom_id",
            "duplicate_custom_id",
            "The custom_id 'a' for this request is a duplicate of another request. The custom_id parameter must be " +
            "unique for each request in a batch."
          ],
          [
            4,
            "body.stream",
            "streaming_unsupported",
            "Chat Completions: Streaming is not supported in the Batch API."
          ],
          [
            4,
            "body.model",
            "mismatched_model",
            "The model 'gpt-4o' for this request does not match the rest of the batch. Each batch must contain " +
            "requests for a single model."
          ],
          [5, "method", "invalid_value", "Invalid value: 'GET'. Supported values are: 'POST'."],
          [5, "url", "invalid_url", "The URL provided for this request does not match the batch endpoint."],
          [6, "custom_id", "missing_required_parameter", "Missing required parameter: 'custom_id'."],
          [7, "body.model", "invalid_request", "Model parameter is required."],
          [7, "body.messages", "invalid_request", "Messages parameter is required."],
          [
            8,
            "body.model",
            "model_not_found",
            "The provided model 'gpt-nonexistent' is not supported by the Batch API."
          ],
          [9, null, "invalid_json_line", "This line is not parseable as valid JSON."]
        ]
      )
      const inputs = Array.from({ length: 2048 }, () => "a")
      const many = yield* errorsOf(
        names(25).map((custom_id) => ({
          custom_id,
          method: "POST",
          url: "/v1/embeddings",
          body: { model: "text-embedding-3-small", input: inputs }
        })),
        "/v1/embeddings"
      )
      assert.deepStrictEqual(many.map(([line, , code]) => [line, code]), [[null, "too_many_tasks"]])
      const missing = yield* Batches.create({
        input_file_id: "file-x",
        endpoint,
        completion_window: "24h"
      })
      assert.include((yield* ended(missing.id)).errors!.data![0]!.message!, "cannot find file file-x")
    })
  )

  test(
    "refuses with the messages of the API",
    Effect.gen(function*() {
      const valid = { input_file_id: "file-x", endpoint, completion_window: "24h" }
      const refusal = (fields: object) =>
        Effect.map(sendJson("POST", "/batches", { ...valid, ...fields }), ({ json, status }) => {
          assert.strictEqual(status, 400)
          return json.error
        })
      assert.deepStrictEqual(yield* refusal({ endpoint: "/v1/invalid/endpoint" }), {
        type: "invalid_request_error",
        param: "endpoint",
        code: "invalid_value",
        message: "Invalid value: '/v1/invalid/endpoint'. Supported values are: '/v1/chat/completions', " +
          "'/v1/completions', and '/v1/embeddings'."
      })
      assert.deepInclude(yield* refusal({ completion_window: "1h" }), {
        param: "completion_window",
        code: "invalid_value"
      })
      assert.deepStrictEqual(yield* refusal({ metadata: { tags: ["a"] } }), {
        type: "invalid_request_error",
        param: "metadata.tags",
        code: "invalid_type",
        message: "Invalid type for 'metadata.tags': expected a string, but got an array instead."
      })
      const unknown = yield* Effect.flip(Batches.retrieve({ batch_id: "batch_x" }))
      assert.deepInclude(unknown, { _tag: "NotFoundError", message: "No batch found with id 'batch_x'." })
      const { id } = yield* create([line("a")])
      yield* ended(id)
      const late = yield* Effect.flip(Batches.cancel({ batch_id: id }))
      assert.deepInclude(late, { _tag: "ConflictError", message: "Cannot cancel a batch with status 'completed'." })
      const other = yield* create([line("a")])
      yield* Batches.cancel({ batch_id: other.id })
      const cancelled = yield* ended(other.id)
      assert.deepInclude(cancelled, { status: "cancelled", in_progress_at: null, output_file_id: null })
      assert.strictEqual((yield* Batches.cancel({ batch_id: other.id })).status, "cancelled")
    })
  )
})

describeEach(stores)("a batch with $name", ({ layer: storeLayer }) => {
  const test = <E>(title: string, run: Effect.Effect<void, E, Store.Store>) =>
    it.live(title, () => Effect.provide(run, storeLayer))

  const count = 60
  const stuck = "I am line 40"

  /** A batch of which a process has run a part. */
  const begun = Effect.gen(function*() {
    const { asked, layer } = yield* slow((content) => content === stuck)
    const { id } = yield* withEmulator({ model: layer })(Effect.gen(function*() {
      const created = yield* create(names(count).map((name) => line(name)))
      yield* asked
      const counts = (yield* Batches.retrieve({ batch_id: created.id })).request_counts!
      assert.deepStrictEqual(counts, { total: count, completed: 32, failed: 0 })
      return created
    }))
    return id
  })

  test(
    "continues in the next process: no request is lost, and none has two responses",
    Effect.gen(function*() {
      const store = yield* Store.Store
      const id = yield* begun
      yield* withEmulator()(Effect.gen(function*() {
        const batch = yield* ended(id)
        assert.deepStrictEqual(batch.request_counts, { total: count, completed: count, failed: 0 })
        assert.deepStrictEqual(idsOf(yield* linesOf(batch.output_file_id)), names(count).sort())
      }))
      assert.deepStrictEqual(yield* store.find(batchResults, {}), [])
      assert.lengthOf(yield* store.find(files, { purpose: "batch_output" }), 1)
    })
  )

  test(
    "keeps the responses that it has where it is cancelled",
    Effect.gen(function*() {
      const { asked, layer } = yield* slow((content) => content === stuck)
      yield* withEmulator({ model: layer })(Effect.gen(function*() {
        const { id } = yield* create(names(count).map((name) => line(name)))
        yield* asked
        assert.strictEqual((yield* Batches.cancel({ batch_id: id })).status, "cancelling")
        const batch = yield* ended(id)
        assert.deepInclude(batch, { status: "cancelled", error_file_id: null })
        assert.deepStrictEqual(batch.request_counts, { total: count, completed: 32, failed: 0 })
        assert.lengthOf(yield* linesOf(batch.output_file_id), 32)
      }))
    })
  )

  test(
    "expires after a day, and says so for each request that did not run",
    Effect.gen(function*() {
      const id = yield* begun
      yield* withEmulator({ clock: later("25 hours") })(Effect.gen(function*() {
        const batch = yield* ended(id)
        assert.strictEqual(batch.status, "expired")
        assert.isNumber(batch.expired_at)
        assert.deepStrictEqual(batch.request_counts, { total: count, completed: 32, failed: 28 })
        assert.lengthOf(yield* linesOf(batch.output_file_id), 32)
        const expired = yield* linesOf(batch.error_file_id)
        assert.deepStrictEqual(idsOf(expired), names(count).slice(32).sort())
        for (const { error, response } of expired) {
          assert.isNull(response)
          assert.deepStrictEqual(error, {
            code: "batch_expired",
            message: "This request could not be executed before the completion window expired."
          })
        }
      }))
    })
  )
})
