/**
 * Files of requests that the API runs within 24 hours.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Batches"
import type * as FileSource from "@effect-openai/core/FileSource"
import * as Jsonl from "@effect-openai/core/Jsonl"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import type * as ChatCompletions from "./ChatCompletions.js"
import type * as Completions from "./Completions.js"
import type * as Embeddings from "./Embeddings.js"
import * as Files from "./Files.js"
import * as Lines from "./internal/batch/lines.js"
import * as internal from "./internal/batch/requests.js"
import * as Polling from "./internal/polling.js"
import { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Batches"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List batches (`listBatches`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create batch (`createBatch`) of an uploaded file. {@link run} does it from requests.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve batch (`retrieveBatch`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Cancel batch (`cancelBatch`). Returns the batch with the status `cancelling`. Its status becomes `cancelled` later.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)

// -----------------------------------------------------------------------------
// polling
// -----------------------------------------------------------------------------

/**
 * Options of {@link poll} and {@link progress}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /**
   * Default: 1 second. The first delay between two requests. Each further delay is half as long again. The response header
   * `openai-poll-after-ms` takes precedence.
   */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: 1 minute. Maximum delay between two requests. */
  readonly maxInterval?: Duration.DurationInput | undefined
  /** Default: 25 hours. Then polling fails with `TimeoutError`. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Default: false. Whether the batch is cancelled where polling is interrupted, times out or fails. The request is sent
   * once, with a timeout of 10 seconds.
   */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * Whether a batch has ended. A batch with an unknown status continues.
 *
 * @since 0.1.0
 * @category guards
 */
export const isEnded = ({ status }: Contract.Batch): boolean => {
  switch (status as string) {
    case "completed":
    case "failed":
    case "expired":
    case "cancelled":
      return true
    default:
      return false
  }
}

const statesOf = (batch_id: string, options: PollOptions | undefined) => {
  const first = Duration.toMillis(options?.interval ?? "1 second")
  const most = Duration.toMillis(options?.maxInterval ?? "1 minute")
  return Polling.states(retrieve({ batch_id }), isEnded, (delay) => Math.min(first * 1.5 ** delay, most))
}

const bounded = (batch_id: string, options: PollOptions | undefined) =>
  Polling.bounded({
    operation: "retrieveBatch",
    phase: "batch",
    name: `The batch ${batch_id}`,
    timeout: options?.timeout ?? "25 hours",
    cancelOnFailure: options?.cancelOnFailure,
    cancel: cancel({ batch_id })
  })

/**
 * Waits until a batch has ended, and returns it.
 *
 * @example
 * import { Batches } from "@effect-openai/client"
 *
 * const batch = Batches.poll({ batch_id: "batch_abc123" }, { timeout: "2 hours", cancelOnFailure: true })
 *
 * @since 0.1.0
 * @category polling
 */
export const poll = (
  { batch_id }: { readonly batch_id: string },
  options?: PollOptions
): Effect.Effect<Contract.Batch, OpenAiError.OpenAiError, OpenAiClient> =>
  Polling.last(statesOf(batch_id, options)).pipe(bounded(batch_id, options))

/**
 * The batch each time that its status or its `request_counts` have changed, until it has ended.
 *
 * @example
 * import { Batches } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const shown = Batches.progress({ batch_id: "batch_abc123" }).pipe(
 *   Stream.runForEach(({ request_counts, status }) => Console.log(status, request_counts))
 * )
 *
 * @since 0.1.0
 * @category polling
 */
export const progress = (
  { batch_id }: { readonly batch_id: string },
  options?: PollOptions
): Stream.Stream<Contract.Batch, OpenAiError.OpenAiError, OpenAiClient> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const batches = yield* Mailbox.make<Contract.Batch, OpenAiError.OpenAiError>()
    yield* changesOf(statesOf(batch_id, options)).pipe(
      Stream.runForEach((batch) => batches.offer(batch)),
      bounded(batch_id, options),
      Mailbox.into(batches),
      Effect.forkScoped
    )
    return Mailbox.toStream(batches)
  }))

const changesOf = <E, R>(states: Stream.Stream<Contract.Batch, E, R>) =>
  Stream.changesWith(states, (one, other) => stateOf(one) === stateOf(other))

const stateOf = ({ request_counts, status }: Contract.Batch): string => JSON.stringify([status, request_counts])

/**
 * Creates a batch of an uploaded file, and waits until it has ended.
 *
 * @since 0.1.0
 * @category polling
 */
export const createAndPoll = (
  request: Contract.CreateBatchRequest,
  options?: PollOptions
): Effect.Effect<Contract.Batch, OpenAiError.OpenAiError, OpenAiClient> =>
  Effect.flatMap(create(request), ({ id }) => poll({ batch_id: id }, options))

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/**
 * An operation that a batch can run.
 *
 * @since 0.1.0
 * @category models
 */
export type Batchable = typeof ChatCompletions.create | typeof Completions.create | typeof Embeddings.create

/**
 * The request of an operation.
 *
 * @since 0.1.0
 * @category type-level
 */
export type RequestOf<O extends Batchable> = Parameters<O>[0]

/**
 * The response of an operation.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ResponseOf<O extends Batchable> = Effect.Effect.Success<ReturnType<O>>

/**
 * Requests by their `custom_id`: an object, pairs, or a Stream of pairs. Pairs and Streams are read twice: first all
 * requests are checked, then they are sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Requests<Request, E = never, R = never> = internal.Requests<Request, E, R>

/**
 * Checks requests of one operation, and returns them as a file to upload. The file is not in memory. Fails with
 * `InvalidRequestError` where a request is invalid, where two have the same `custom_id` or not the same model, and where
 * there are more than 50,000 requests, 50,000 inputs of embeddings, or 200 MB.
 *
 * @since 0.1.0
 * @category requests
 */
export const toFile = <O extends Batchable, E = never, R = never>(
  operation: O,
  requests: Requests<RequestOf<O>, E, R>
): Effect.Effect<FileSource.FileSource, E | OpenAiError.InvalidRequestError, R | OpenAiClient> =>
  Effect.map(internal.toFile(operation.endpoint, requests, filename), ({ file }) => file)

const filename = "batch.jsonl"

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/**
 * A batch failed before any of its requests ran. `batch.errors` has the reasons.
 *
 * @since 0.1.0
 * @category errors
 */
export class BatchFailedError extends Data.TaggedError("BatchFailedError")<{
  readonly batch: Contract.Batch
  readonly message: string
}> {}

/**
 * A request of a batch has no response. `expired` and `cancelled`: it did not run before the batch ended. `failed`: the
 * server could not run it. `missing`: it is in neither file. `duplicate`: it is there twice. `unknown`: the batch has no
 * such request.
 *
 * @since 0.1.0
 * @category errors
 */
export class BatchLineError extends Data.TaggedError("BatchLineError")<{
  readonly custom_id: string
  readonly reason: "expired" | "cancelled" | "failed" | "missing" | "duplicate" | "unknown"
  readonly code: string | undefined
  readonly message: string
}> {}

/**
 * The result of a request: the response of its operation, or the error that the operation would fail with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Result<A> {
  readonly custom_id: string
  readonly result: Either.Either<A, OpenAiError.OpenAiError | BatchLineError>
}

const decodeLine = <O extends Batchable>(
  operation: O,
  line: Contract.BatchRequestOutput,
  redact: (text: string) => string
) =>
  Effect.withFiberRuntime<Result<ResponseOf<O>>>((fiber) => {
    const { custom_id, error } = line
    const decoded = Lines.decode(operation.endpoint, line, redact, fiber)
    const code = error?.code
    return Effect.succeed({
      custom_id,
      result: decoded as Either.Either<ResponseOf<O>, OpenAiError.OpenAiError> | undefined ?? Either.left(
        new BatchLineError({
          custom_id,
          reason: code === "batch_expired" ? "expired" : "failed",
          code,
          message: redact(error?.message ?? "The request has neither a response nor an error")
        })
      )
    })
  })

/** The lines of the files of a batch. */
const linesOf = ({ error_file_id, output_file_id }: Contract.Batch) =>
  // Some servers send an empty text for no file.
  Stream.fromIterable([output_file_id, error_file_id].filter((id): id is string => id != null && id !== "")).pipe(
    Stream.flatMap((file_id) => Files.content.stream({ file_id }).pipe(Jsonl.decode(Contract.BatchRequestOutput))),
    Stream.catchTag("JsonlError", ({ field, line, message }) =>
      Stream.fail(
        new OpenAiError.InvalidResponseError({
          operation: "downloadFile",
          status: 200,
          requestId: undefined,
          field,
          message: `Line ${line} of a file of the batch is invalid: ${message}`
        })
      ))
  )

const unread = (batch: Contract.Batch, custom_id: string): Result<never> => {
  const reason = batch.status === "cancelled" || batch.status === "expired" ? batch.status : "missing"
  return {
    custom_id,
    result: Either.left(
      new BatchLineError({
        custom_id,
        reason,
        code: undefined,
        message: reason === "missing"
          ? "The request is in neither file of the batch"
          : `The batch was ${reason} before the request ran`
      })
    )
  }
}

/**
 * The results of a batch that has ended, in the order of its files. `ids` are the `custom_id`s of its requests: those
 * without a result have one with the reason. Default: these are not known. A batch that failed has no results.
 *
 * @example
 * import { Batches, ChatCompletions } from "@effect-openai/client"
 * import { Effect, Stream } from "effect"
 *
 * const results = Stream.unwrap(Effect.map(
 *   Batches.retrieve({ batch_id: "batch_abc123" }),
 *   (batch) => Batches.results(ChatCompletions.create, batch)
 * ))
 *
 * @since 0.1.0
 * @category results
 */
export const results = <O extends Batchable>(
  operation: O,
  batch: Contract.Batch,
  ids?: Iterable<string>
): Stream.Stream<Result<ResponseOf<O>>, OpenAiError.OpenAiError, OpenAiClient> =>
  Stream.unwrap(Effect.map(OpenAiClient, ({ redact }) => {
    const left = ids === undefined ? undefined : new Set(ids)
    const seen = new Set<string>()
    const check = (line: Result<ResponseOf<O>>): Result<ResponseOf<O>> => {
      const { custom_id } = line
      const isDuplicate = seen.has(custom_id)
      seen.add(custom_id)
      if (!isDuplicate && left?.delete(custom_id) !== false) return line
      const [reason, message] = isDuplicate
        ? ["duplicate", "The request has another result"] as const
        : ["unknown", "The batch has no such request"] as const
      return {
        custom_id,
        result: Either.left(new BatchLineError({ custom_id, reason, code: undefined, message }))
      }
    }
    return linesOf(batch).pipe(
      Stream.mapEffect((line) => Effect.map(decodeLine(operation, line, redact), check)),
      Stream.concat(
        Stream.suspend(() =>
          Stream.fromChunk(Chunk.fromIterable(left ?? [])).pipe(Stream.map((id) => unread(batch, id)))
        )
      )
    )
  }))

/**
 * Options of {@link run}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions extends PollOptions {
  /** Default: none. The metadata of the batch. */
  readonly metadata?: Contract.CreateBatchRequest["metadata"]
  /** Default: nothing. Runs each time that the status or the `request_counts` of the batch have changed. */
  readonly onProgress?: ((batch: Contract.Batch) => Effect.Effect<unknown>) | undefined
  /** Default: true. Whether the batch is cancelled where waiting for it is interrupted, times out or fails. */
  readonly cancelOnFailure?: boolean | undefined
}

/**
 * Runs requests of one operation as a batch: checks them, uploads them as a file, waits for the batch, and emits the result
 * of each request. Requests and results are Streams: neither file is ever in memory.
 *
 * Fails with `InvalidRequestError` before anything is sent where a request is invalid, and with `BatchFailedError` where the
 * server refuses the file. A request that fails is a `Left` of its result.
 *
 * @example
 * import { Batches, ChatCompletions } from "@effect-openai/client"
 * import { Console, Either, Stream } from "effect"
 *
 * const model = "gpt-4o-mini"
 *
 * const translated = Batches.run(ChatCompletions.create, {
 *   hello: { model, messages: [{ role: "user", content: "Translate to French: hello" }] },
 *   goodbye: { model, messages: [{ role: "user", content: "Translate to French: goodbye" }] }
 * }, { onProgress: ({ request_counts }) => Console.log(request_counts) }).pipe(
 *   Stream.runForEach(({ custom_id, result }) =>
 *     Console.log(custom_id, Either.match(result, {
 *       onLeft: (error) => error.message,
 *       onRight: ({ choices }) => choices[0]?.message.content
 *     }))
 *   )
 * )
 *
 * @since 0.1.0
 * @category results
 */
export const run = <O extends Batchable, E = never, R = never>(
  operation: O,
  requests: Requests<RequestOf<O>, E, R>,
  options: RunOptions = {}
): Stream.Stream<
  Result<ResponseOf<O>>,
  E | OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError | BatchFailedError,
  R | OpenAiClient
> =>
  Stream.unwrap(Effect.gen(function*() {
    const { cancelOnFailure = true, metadata, onProgress = () => Effect.void } = options
    const { file, ids } = yield* internal.toFile(operation.endpoint, requests, filename)
    const { id: input_file_id } = yield* Files.upload({ file, purpose: "batch" })
    const created = yield* create({
      input_file_id,
      endpoint: Lines.urlOf(operation.endpoint),
      completion_window: "24h",
      ...metadata !== undefined && { metadata }
    })
    const { id } = created
    const batch = yield* Polling.last(
      Stream.tap(changesOf(Stream.concat(Stream.make(created), statesOf(id, options))), onProgress)
    ).pipe(bounded(id, { ...options, cancelOnFailure }))
    if (batch.status !== "failed") return results(operation, batch, ids)
    const { data: [error] = [] } = batch.errors ?? {}
    return yield* new BatchFailedError({
      batch,
      message: `The batch ${id} failed: ${error?.message ?? "the server gives no reason"}`
    })
  }))
