/**
 * Models that are trained on examples.
 *
 * @since 0.1.0
 */
import type { File } from "@effect-openai/core/Files"
import type * as FileSource from "@effect-openai/core/FileSource"
import * as Contract from "@effect-openai/core/FineTuning"
import * as Jsonl from "@effect-openai/core/Jsonl"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as TrainingExamples from "@effect-openai/core/TrainingExamples"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Files from "./Files.js"
import * as Polling from "./internal/polling.js"
import type { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/FineTuning"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create fine-tuning job (`createFineTuningJob`).
 *
 * @example
 * import { FineTuning } from "@effect-openai/client"
 *
 * const job = FineTuning.create({ model: "gpt-4o-mini", training_file: "file-abc123", suffix: "our-support" })
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * List fine-tuning jobs (`listPaginatedFineTuningJobs`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Retrieve fine-tuning job (`retrieveFineTuningJob`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Cancel fine-tuning job (`cancelFineTuningJob`), immediately.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)

/**
 * Options of `events.follow`.
 *
 * @since 0.1.0
 * @category models
 */
export interface FollowOptions {
  /**
   * Default: 5 seconds. The delay between two requests. The response header `openai-poll-after-ms` takes precedence.
   */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: from the first event. The ID of an event. The Stream begins with the next one. */
  readonly after?: string | undefined
}

type Follow = (
  request: { readonly fine_tuning_job_id: string },
  options?: FollowOptions
) => Stream.Stream<
  Contract.FineTuningJobEvent,
  OpenAiError.OpenAiError | OpenAiError.PaginationError,
  OpenAiClient
>

/** The events that are newer than one, oldest first. */
const eventsAfter = (fine_tuning_job_id: string, last: string | undefined) =>
  events.items({ fine_tuning_job_id, limit: 100 }).pipe(
    Stream.takeWhile(({ id }) => id !== last),
    Stream.runCollect,
    Effect.map((events) => Chunk.reverse(events))
  )

const follow: Follow = ({ fine_tuning_job_id }, options) =>
  Stream.suspend(() => {
    let last = options?.after
    return Polling.states(retrieve({ fine_tuning_job_id }), isEnded, () => options?.interval ?? "5 seconds").pipe(
      // The events follow the state of the job, so that those of an ended job are complete.
      Stream.mapEffect(() => eventsAfter(fine_tuning_job_id, last)),
      Stream.tap((events) =>
        Effect.sync(() => {
          last = Option.getOrUndefined(Chunk.last(events))?.id ?? last
        })
      ),
      Stream.flattenChunks
    )
  })

/**
 * List fine-tuning events (`listFineTuningEvents`), newest first.
 *
 * `.follow` emits the events oldest first and each once, as they occur, and ends with the job.
 *
 * @example
 * import { FineTuning } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const shown = FineTuning.events.follow({ fine_tuning_job_id: "ftjob-abc123" }).pipe(
 *   Stream.runForEach(({ message }) => Console.log(message))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const events: Operation.Of<typeof Contract.events> & { readonly follow: Follow } = Object.assign(
  Operation.paged(Contract.events),
  { follow }
)

/**
 * List fine-tuning checkpoints (`listFineTuningJobCheckpoints`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const checkpoints: Operation.Of<typeof Contract.checkpoints> = Operation.paged(Contract.checkpoints)

/**
 * Whether a job has ended. A job with an unknown status continues.
 *
 * @since 0.1.0
 * @category guards
 */
export const isEnded = ({ status }: Contract.FineTuningJob): boolean =>
  status === "succeeded" || status === "failed" || status === "cancelled"

// -----------------------------------------------------------------------------
// training files
// -----------------------------------------------------------------------------

/**
 * What a training file is for: the base model, and the method.
 *
 * @since 0.1.0
 * @category models
 */
export interface Training {
  readonly model: Contract.ModelId
  /** Default: `supervised`. */
  readonly method?: "supervised" | "dpo" | undefined
}

/**
 * The report on a training file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  readonly format: TrainingExamples.Format
  /** The number of lines with a valid example. */
  readonly examples: number
  /** The lines without a valid example, at most 100 of them. */
  readonly problems: ReadonlyArray<Jsonl.JsonlError>
  /** Whether each line has a valid example, and there are at least 10. */
  readonly isValid: boolean
}

/**
 * A training file is invalid. Nothing was uploaded.
 *
 * @since 0.1.0
 * @category errors
 */
export class TrainingFileError extends Data.TaggedError("TrainingFileError")<{
  readonly report: Report
  readonly message: string
}> {}

const maxProblems = 100

const unreadable = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  return new OpenAiError.InvalidRequestError({
    operation: "createFile",
    field: "file",
    message: `The file can't be read: ${error instanceof Error ? error.message : String(error)}`
  })
}

/**
 * Checks the lines of a training file, one at a time in memory. Fails with `InvalidRequestError` where the file can't be
 * read.
 *
 * @since 0.1.0
 * @category training files
 */
export const check = (
  file: FileSource.FileSource,
  { method, model }: Training
): Effect.Effect<Report, OpenAiError.InvalidRequestError> =>
  Effect.gen(function*() {
    const format = TrainingExamples.formatOf(model, method)
    const schema = TrainingExamples.formats[format] as Schema.Schema<unknown>
    const problems: Array<Jsonl.JsonlError> = []
    let examples = 0
    const note = (problem: Jsonl.JsonlError) =>
      Effect.sync(() => {
        if (problems.length < maxProblems) problems.push(problem)
      })
    yield* Stream.catchAllCause(file.stream, (cause) => Stream.fail(unreadable(cause))).pipe(
      Jsonl.decodeEither(schema),
      Stream.runForEach(Either.match({
        onLeft: note,
        onRight: () =>
          Effect.sync(() => {
            examples++
          })
      })),
      Effect.catchTag("JsonlError", note)
    )
    return {
      format,
      examples,
      problems,
      isValid: problems.length === 0 && examples >= TrainingExamples.minExamples
    }
  })

/**
 * Checks a training file, and uploads it. Fails with `TrainingFileError`, whose report has the lines, where it is invalid.
 * The file is read twice, so its Stream must be replayable.
 *
 * @example
 * import { FineTuning } from "@effect-openai/client"
 * import { FileSource } from "@effect-openai/core"
 * import { Effect } from "effect"
 *
 * const model = "gpt-4o-mini"
 *
 * const job = FileSource.fromPath("training.jsonl").pipe(
 *   Effect.flatMap((file) => FineTuning.upload(file, { model })),
 *   Effect.flatMap(({ id }) => FineTuning.create({ model, training_file: id }))
 * )
 *
 * @since 0.1.0
 * @category training files
 */
export const upload = (
  file: FileSource.FileSource,
  training: Training
): Effect.Effect<
  File,
  TrainingFileError | OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
  OpenAiClient
> =>
  Effect.gen(function*() {
    const report = yield* check(file, training)
    if (report.isValid) return yield* Files.upload({ file, purpose: "fine-tune" })
    const [problem] = report.problems
    return yield* new TrainingFileError({
      report,
      message: problem === undefined
        ? `The file has ${report.examples} examples, but needs at least ${TrainingExamples.minExamples}`
        : `Line ${problem.line} is not a ${report.format} example: ${problem.message}`
    })
  })
