/**
 * Batches in a workflow: each is uploaded and created once, and waited for without memory.
 *
 * @since 3.0.0
 */
import { Batches, Files, type OpenAiClient } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Named } from "./DurableRuns.js"
import * as Activity from "./internal/activity.js"
import { untilEnded } from "./internal/untilEnded.js"
import * as Schemas from "./Schemas.js"

/**
 * Options of {@link poll}.
 *
 * @since 3.0.0
 * @category models
 */
export interface PollOptions extends Named {
  /** Default: 10 seconds. The first delay between two requests. Each further delay is half as long again. */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: 5 minutes. Maximum delay between two requests. Each request stores six rows. */
  readonly maxInterval?: Duration.DurationInput | undefined
  /** Default: 25 hours. Then the wait fails with `TimeoutError`. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Default: false. Whether the batch is cancelled where the wait times out or fails. */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * Waits until a batch has ended, and returns it. Between two requests the execution is suspended by a durable sleep. It takes
 * as long as the engine needs to find what is due: a cluster looks every 10 seconds by default
 * (`entityMessagePollInterval`).
 *
 * @since 3.0.0
 * @category polling
 */
export const poll = (
  { batch_id }: { readonly batch_id: string },
  { cancelOnFailure = false, interval = "10 seconds", maxInterval = "5 minutes", name, timeout = "25 hours" }:
    PollOptions
): Effect.Effect<
  Batches.Batch,
  OpenAiError.OpenAiError,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance
> =>
  untilEnded(
    {
      name,
      operation: "retrieveBatch",
      phase: "batch",
      object: `The batch ${batch_id}`,
      initial: null,
      look: () =>
        Effect.map(
          Batches.retrieve({ batch_id }),
          (batch) => ({ ended: Batches.isEnded(batch) ? batch : null, state: null })
        ),
      cancel: Batches.cancel({ batch_id })
    },
    Schemas.Batch,
    Schema.Null,
    { interval, maxInterval, timeout, cancelOnFailure }
  )

/**
 * Options of {@link run}.
 *
 * @since 3.0.0
 * @category models
 */
export interface RunOptions extends PollOptions {
  /** Default: none. The metadata of the batch, at most 15 pairs: `workflow_key` is added. */
  readonly metadata?: Batches.CreateBatchRequest["metadata"]
  /** Default: true. Whether the batch is cancelled where the wait times out or fails. */
  readonly cancelOnFailure?: boolean | undefined
}

const uploaded = <O extends Batches.Batchable, R>(
  name: string,
  operation: O,
  requests: Batches.Requests<Batches.RequestOf<O>, OpenAiError.OpenAiError, R>
) => {
  const filenameOf = (key: string) => `batch-${key}.jsonl`
  return Activity.createOnce(
    {
      name: `${name}/file`,
      list: (query) => Files.list.items({ purpose: "batch", order: "desc", ...query }),
      isOf: ({ filename }, key) => filename === filenameOf(key),
      create: (key) =>
        Batches.toFile(operation, requests).pipe(
          Effect.flatMap((file) => Files.upload({ file: { ...file, name: filenameOf(key) }, purpose: "batch" })),
          Effect.catchTag("UploadNotReplayableError", ({ reason }) => Effect.fail(reason))
        )
    },
    Schema.String,
    ({ id }) => Effect.succeed(id)
  )
}

/**
 * Runs requests of one operation as a batch, like `Batches.run`, in a workflow: checks them, uploads them as a file, creates
 * the batch, and returns it when it has ended. The file is found again by its name, the batch by its metadata `workflow_key`,
 * so that both are there once.
 *
 * `Batches.results` reads the results in an activity of the workflow. They are not stored with the execution.
 *
 * Fails with `InvalidRequestError` before anything is sent where a request is invalid, and with `BatchFailedError` where the
 * server refuses the file.
 *
 * @example
 * import { Batches, ChatCompletions } from "@effect-openai/client"
 * import { DurableBatches, Schemas } from "@effect-openai/workflow"
 * import { Activity, Workflow } from "@effect/workflow"
 * import { Effect, Schema, Stream } from "effect"
 *
 * const Translate = Workflow.make({
 *   name: "Translate",
 *   payload: { id: Schema.String, texts: Schema.Array(Schema.String) },
 *   idempotencyKey: ({ id }) => id,
 *   success: Schema.Number,
 *   error: Schema.Union(Schemas.OpenAiError, Schemas.BatchFailedError)
 * })
 *
 * const TranslateLive = Translate.toLayer(({ texts }) =>
 *   Effect.gen(function*() {
 *     const batch = yield* DurableBatches.run(
 *       ChatCompletions.create,
 *       texts.map((content, index) =>
 *         [`${index}`, { model: "gpt-4o-mini", messages: [{ role: "user", content }] }] as const
 *       ),
 *       { name: "translate" }
 *     )
 *     return yield* Activity.make({
 *       name: "results",
 *       success: Schema.Number,
 *       error: Schemas.OpenAiError,
 *       execute: Stream.runCount(Batches.results(ChatCompletions.create, batch))
 *     })
 *   })
 * )
 *
 * @since 3.0.0
 * @category results
 */
export const run = <O extends Batches.Batchable, R = never>(
  operation: O,
  requests: Batches.Requests<Batches.RequestOf<O>, OpenAiError.OpenAiError, R>,
  options: RunOptions
): Effect.Effect<
  Batches.Batch,
  OpenAiError.OpenAiError | Batches.BatchFailedError,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance | R
> =>
  Effect.gen(function*() {
    const { metadata, name } = options
    const input_file_id = yield* uploaded(name, operation, requests)
    const batch_id = yield* Activity.createOnce(
      {
        name,
        list: (query) => Batches.list.items(query),
        isOf: (batch: Batches.Batch, key) => Activity.hasKey(batch, key),
        create: (key) =>
          Batches.create({
            input_file_id,
            endpoint: `/v1${operation.endpoint.path}` as Batches.BatchEndpoint,
            completion_window: "24h",
            metadata: Activity.withKey(metadata, key)
          })
      },
      Schema.String,
      ({ id }) => Effect.succeed(id)
    )
    const batch = yield* poll({ batch_id }, { ...options, cancelOnFailure: options.cancelOnFailure ?? true })
    if (batch.status !== "failed") return batch
    const { data: [error] = [] } = batch.errors ?? {}
    return yield* new Batches.BatchFailedError({
      batch,
      message: `The batch ${batch_id} failed: ${error?.message ?? "the server gives no reason"}`
    })
  })
