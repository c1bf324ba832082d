import { Batches, Files } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Batches"
import * as Jsonl from "@effect-openai/core/Jsonl"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import * as given from "./given.js"

/** The lines of a file of a batch, by their `custom_id`. */
const linesOf = (file_id: string) =>
  Files.content.stream({ file_id }).pipe(
    Jsonl.decode(Contract.BatchRequestOutput),
    Stream.runCollect,
    Effect.map((lines) => new Map(Chunk.toReadonlyArray(lines).map((line) => [line.custom_id, line])))
  )

const textOf = (line: Contract.BatchRequestOutput | undefined): unknown =>
  (line?.response?.body as any)?.choices?.[0]?.message?.content

/** Scenarios of batches. */
export const batches: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "batches/complete",
    title: "a batch has the response of each request, in its output file or in its error file",
    group: "state",
    operations: ["createBatch", "retrieveBatch", "downloadFile"],
    requires: ["stateful", "files", "jobs"],
    run: Effect.gen(function*() {
      const lines = yield* Effect.all([
        given.line("hello"),
        given.line("too hot", { temperature: 9 }),
        given.line("goodbye")
      ])
      const created = yield* given.batch(lines, { metadata: { team: "stars" } })
      yield* Scenario.includes("the batch is created", created, {
        object: "batch",
        status: "validating",
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        metadata: { team: "stars" },
        request_counts: { total: 0, completed: 0, failed: 0 },
        output_file_id: null,
        error_file_id: null
      })
      const { batch } = yield* given.ended(created.id)
      yield* Scenario.includes("all requests have run", batch, {
        status: "completed",
        errors: null,
        request_counts: { total: 3, completed: 2, failed: 1 }
      })
      const times = [batch.created_at, batch.in_progress_at, batch.finalizing_at, batch.completed_at]
      yield* Scenario.that(
        "its times follow each other",
        times.every((time, index) => typeof time === "number" && time >= (times[index - 1] ?? 0)),
        times
      )
      const output = yield* linesOf(yield* Scenario.present("there is an output file", batch.output_file_id))
      yield* Scenario.equal("it has the requests that succeeded", [...output.keys()].sort(), ["goodbye", "hello"])
      for (const [id, line] of output) {
        yield* Scenario.includes(`the response to ${id} is a success`, line.response ?? {}, { status_code: 200 })
        const text = textOf(line)
        yield* Scenario.that("it is a chat completion", typeof text === "string" && text !== "", line)
      }
      const errors = yield* linesOf(yield* Scenario.present("there is an error file", batch.error_file_id))
      yield* Scenario.equal("it has the request that failed", [...errors.keys()], ["too hot"])
      const failed = errors.get("too hot")!
      yield* Scenario.equal("a refusal is a response, not an error", failed.error, null)
      yield* Scenario.equal("it has the status of the refusal", failed.response?.status_code, 400)
      const file = yield* Files.retrieve({ file_id: batch.output_file_id! })
      yield* Scenario.equal("the files have their purpose", file.purpose, "batch_output")
    })
  }),
  Scenario.make({
    id: "batches/invalid",
    title: "a batch with an invalid line fails, and lists every error with its line",
    group: "negative",
    operations: ["createBatch", "retrieveBatch"],
    requires: ["stateful", "files", "jobs"],
    run: Effect.gen(function*() {
      const hello = yield* given.line("hello")
      const created = yield* given.batch([
        hello,
        "not JSON",
        hello.replace("/v1/chat/completions", "/v1/embeddings"),
        hello.replace("\"custom_id\":\"hello\",", "")
      ])
      const { batch } = yield* given.ended(created.id)
      yield* Scenario.includes("the batch has failed", batch, {
        status: "failed",
        in_progress_at: null,
        output_file_id: null,
        error_file_id: null
      })
      const errors = yield* Scenario.present("the batch has errors", batch.errors?.data)
      yield* Scenario.equal(
        "each error has its code and its line",
        errors.map(({ code, line }) => `${line}: ${code}`),
        ["2: invalid_json_line", "3: duplicate_custom_id", "3: invalid_url", "4: missing_required_parameter"]
      )
    })
  }),
  Scenario.make({
    id: "batches/unknownFile",
    title: "a batch without its input file fails",
    group: "negative",
    operations: ["createBatch", "retrieveBatch"],
    requires: ["stateful", "files", "jobs"],
    run: Effect.gen(function*() {
      const created = yield* given.batch(undefined, { input_file_id: "file-doesnotexist000000000000" })
      const { batch } = yield* given.ended(created.id)
      yield* Scenario.equal("the batch has failed", batch.status, "failed")
      yield* Scenario.equal("the error says so", batch.errors?.data?.[0]?.code, "invalid_request")
    })
  }),
  Scenario.make({
    id: "batches/cancel",
    title: "a cancelled batch ends, and a completed one can't be cancelled",
    group: "state",
    operations: ["cancelBatch", "retrieveBatch"],
    requires: ["stateful", "files", "errors", "jobs"],
    run: Effect.gen(function*() {
      const { id } = yield* given.batch()
      const cancelling = yield* Batches.cancel({ batch_id: id })
      yield* Scenario.equal("the batch is being cancelled", cancelling.status, "cancelling")
      yield* Scenario.that("the time is known", typeof cancelling.cancelling_at === "number", cancelling.cancelling_at)
      const { batch } = yield* given.ended(id)
      yield* Scenario.equal("it is cancelled later", batch.status, "cancelled")
      const again = yield* Batches.cancel({ batch_id: id })
      yield* Scenario.equal("a second request to cancel has no effect", again.status, "cancelled")
      const other = yield* given.batch()
      yield* given.ended(other.id)
      yield* Scenario.refused("a completed batch is refused", "ConflictError", Batches.cancel({ batch_id: other.id }))
    })
  }),
  Scenario.make({
    id: "batches/endpoint",
    title: "a batch of an operation that batches do not support is refused",
    group: "negative",
    operations: ["createBatch"],
    requires: ["errors"],
    run: Effect.gen(function*() {
      const json = { input_file_id: "file-abc123", endpoint: "/v1/moderations", completion_window: "24h" }
      const error = yield* Wire.refused(400, { method: "POST", path: "/batches", json })
      yield* Scenario.includes("the error names the field", error, { param: "endpoint", code: "invalid_value" })
    })
  })
]
