/**
 * Usage and costs of the organization, in buckets of time.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Usage"
import * as Stream from "effect/Stream"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Usage"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Completions usage (`usage-completions`). `.items` emits the buckets, the earliest first.
 *
 * @example
 * import { Usage } from "@effect-openai/client"
 * import { Stream } from "effect"
 *
 * const byModel = Usage.completions.items({ start_time: 1730419200, group_by: ["model"] }).pipe(
 *   Usage.results,
 *   Stream.map(({ input_tokens, model, start_time }) => [start_time, model, input_tokens])
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const completions: Operation.Of<typeof Contract.completions> = Operation.paged(Contract.completions)

/**
 * Embeddings usage (`usage-embeddings`).
 *
 * @since 0.1.0
 * @category operations
 */
export const embeddings: Operation.Of<typeof Contract.embeddings> = Operation.paged(Contract.embeddings)

/**
 * Moderations usage (`usage-moderations`).
 *
 * @since 0.1.0
 * @category operations
 */
export const moderations: Operation.Of<typeof Contract.moderations> = Operation.paged(Contract.moderations)

/**
 * Images usage (`usage-images`).
 *
 * @since 0.1.0
 * @category operations
 */
export const images: Operation.Of<typeof Contract.images> = Operation.paged(Contract.images)

/**
 * Audio speeches usage (`usage-audio-speeches`).
 *
 * @since 0.1.0
 * @category operations
 */
export const audioSpeeches: Operation.Of<typeof Contract.audioSpeeches> = Operation.paged(Contract.audioSpeeches)

/**
 * Audio transcriptions usage (`usage-audio-transcriptions`).
 *
 * @since 0.1.0
 * @category operations
 */
export const audioTranscriptions: Operation.Of<typeof Contract.audioTranscriptions> = Operation.paged(
  Contract.audioTranscriptions
)

/**
 * Vector stores usage (`usage-vector-stores`).
 *
 * @since 0.1.0
 * @category operations
 */
export const vectorStores: Operation.Of<typeof Contract.vectorStores> = Operation.paged(Contract.vectorStores)

/**
 * Code interpreter sessions usage (`usage-code-interpreter-sessions`).
 *
 * @since 0.1.0
 * @category operations
 */
export const codeInterpreterSessions: Operation.Of<typeof Contract.codeInterpreterSessions> = Operation.paged(
  Contract.codeInterpreterSessions
)

/**
 * Costs (`usage-costs`), in buckets of entire days.
 *
 * @since 0.1.0
 * @category operations
 */
export const costs: Operation.Of<typeof Contract.costs> = Operation.paged(Contract.costs)

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/**
 * A bucket of time and its results.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bucket<Result> {
  readonly start_time: number
  readonly end_time: number
  readonly results: ReadonlyArray<Result>
}

/**
 * Emits the results of all buckets, each with the times of its bucket. Buckets without results emit nothing.
 *
 * @example
 * import { Usage } from "@effect-openai/client"
 * import { Stream } from "effect"
 *
 * const dollars = Usage.costs.items({ start_time: 1730419200 }).pipe(
 *   Usage.results,
 *   Stream.runFold(0, (sum, { amount }) => sum + (amount?.value ?? 0))
 * )
 *
 * @since 0.1.0
 * @category combinators
 */
export const results = <Result extends object, E, R>(
  buckets: Stream.Stream<Bucket<Result>, E, R>
): Stream.Stream<Result & { readonly start_time: number; readonly end_time: number }, E, R> =>
  Stream.mapConcat(
    buckets,
    ({ end_time, results, start_time }) => results.map((result) => ({ ...result, start_time, end_time }))
  )
