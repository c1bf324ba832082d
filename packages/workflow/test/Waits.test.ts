import { Batches, ChatCompletions, Files, FileSource, FineTuning } from "@effect-openai/client"
import { Cancellation, DurableBatches, DurableFineTuning, Schemas } from "@effect-openai/workflow"
import { assert, describe, it } from "@effect/vitest"
import { Activity, Workflow, WorkflowEngine } from "@effect/workflow"
import { Effect, Either, Fiber, Layer, Schema, Stream } from "effect"
import { client, emulator, inTime } from "./utils.js"

const provided = (
  workflow: Layer.Layer<never, never, Layer.Layer.Success<ReturnType<typeof client>> | WorkflowEngine.WorkflowEngine>,
  delay_ms = 0
) =>
  Effect.provide(
    Layer.provideMerge(workflow, WorkflowEngine.layerMemory).pipe(
      Layer.provideMerge(client(emulator([{ type: "text", text: "Oui.", delay_ms }])))
    )
  )

const Translate = Workflow.make({
  name: "Translate",
  payload: { texts: Schema.Array(Schema.String) },
  idempotencyKey: ({ texts }) => texts.join(),
  success: Schema.Array(Schema.NullOr(Schema.String)),
  error: Schema.Union(Schemas.OpenAiError, Schemas.BatchFailedError)
})

const translate = (texts: ReadonlyArray<string>, options?: Partial<DurableBatches.RunOptions>) =>
  DurableBatches.run(
    ChatCompletions.create,
    texts.map((content, index) =>
      [`${index}`, { model: "gpt-4o-mini", messages: [{ role: "user", content }] }] as const
    ),
    { name: "translate", ...options }
  )

const results = (batch: Batches.Batch) =>
  Activity.make({
    name: "results",
    success: Schema.Array(Schema.NullOr(Schema.String)),
    error: Schemas.OpenAiError,
    execute: Batches.results(ChatCompletions.create, batch).pipe(
      Stream.map(({ result }) => Either.isRight(result) ? result.right.choices[0]?.message.content ?? null : null),
      Stream.runCollect,
      Effect.map((texts) => [...texts])
    )
  })

describe("DurableBatches.run", () => {
  it.effect("runs requests, and returns the batch", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* inTime(Translate.execute({ texts: ["Yes", "No"] }), "10 seconds"), ["Oui.", "Oui."])
      const { data: [batch] } = yield* Batches.list()
      assert.strictEqual(batch?.metadata?.["topic"], "words")
    }).pipe(provided(Translate.toLayer(({ texts }) =>
      Effect.flatMap(translate(texts, { metadata: { topic: "words" } }), results)
    ))))

  it.effect("sends nothing where a request is invalid", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Translate.execute({ texts: [] })))
      assert.strictEqual(error._tag, "InvalidRequestError")
      assert.strictEqual((yield* Files.list()).data?.length, 0)
    }).pipe(provided(Translate.toLayer(({ texts }) => Effect.flatMap(translate(texts), results)))))

  it.effect("fails with TimeoutError, and cancels the batch", () =>
    Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Translate.execute({ texts: ["Yes"] })), "10 seconds")
      assert.strictEqual(error._tag, "TimeoutError")
      const { data: [batch] } = yield* Batches.list()
      assert.include(["cancelling", "cancelled"], batch?.status)
    }).pipe(
      provided(
        Translate.toLayer(({ texts }) => Effect.flatMap(translate(texts, { timeout: "1 minute" }), results)),
        3_600_000
      )
    ))

  it.effect("a request to cancel resumes the execution", () =>
    Effect.gen(function*() {
      const payload = { texts: ["Yes"] }
      const fiber = yield* Effect.fork(Translate.execute(payload))
      yield* inTime(Effect.repeat(Effect.delay(Batches.list(), "1 minute"), {
        until: ({ data }) => data[0]?.status === "in_progress"
      }))
      yield* Cancellation.request(Translate, yield* Translate.executionId(payload))
      assert.deepStrictEqual(yield* inTime(Fiber.join(fiber), "10 seconds"), ["cancelled"])
    }).pipe(
      provided(
        Translate.toLayer(({ texts }) => Effect.map(translate(texts), ({ status }) => [String(status)])),
        3_600_000
      )
    ))
})

const Train = Workflow.make({
  name: "Train",
  payload: { fine_tuning_job_id: Schema.String },
  idempotencyKey: ({ fine_tuning_job_id }) => fine_tuning_job_id,
  success: Schemas.FineTuningJob,
  error: Schemas.OpenAiError
})

const example = JSON.stringify({ messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }] })

const job = Files.upload({
  file: FileSource.fromBytes("training.jsonl", new TextEncoder().encode(`${example}\n`.repeat(10))),
  purpose: "fine-tune"
}).pipe(
  Effect.flatMap(({ id }) => FineTuning.create({ model: "gpt-4o-mini", training_file: id })),
  Effect.map(({ id }) => ({ fine_tuning_job_id: id }))
)

describe("DurableFineTuning.follow", () => {
  it.effect("passes each event once, oldest first, and returns the job", () => {
    const events: Array<string> = []
    return Effect.gen(function*() {
      const ids = yield* job
      const ended = yield* inTime(Train.execute(ids))
      assert.strictEqual(ended.status, "succeeded")
      const all = yield* FineTuning.events.items({ ...ids, limit: 100 }).pipe(
        Stream.map(({ id }) => id),
        Stream.runCollect
      )
      assert.deepStrictEqual(events, [...all].reverse())
    }).pipe(provided(Train.toLayer((ids) =>
      DurableFineTuning.follow(ids, {
        name: "train",
        interval: "1 second",
        onEvent: ({ id }) => Effect.sync(() => events.push(id))
      })
    )))
  })
})
