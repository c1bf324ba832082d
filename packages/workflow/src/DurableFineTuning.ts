/**
 * Fine-tuning jobs in a workflow: their events are followed without memory, over days and restarts.
 *
 * @since 3.0.0
 */
import { FineTuning, type OpenAiClient } from "@effect-openai/client"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Named } from "./DurableRuns.js"
import * as Activity from "./internal/activity.js"
import { untilEnded } from "./internal/untilEnded.js"
import * as Schemas from "./Schemas.js"

/**
 * Options of {@link follow}.
 *
 * @since 3.0.0
 * @category models
 */
export interface FollowOptions<R> extends Named {
  /** Default: 30 seconds. The first delay between two requests. Each further delay is half as long again. */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: 5 minutes. Maximum delay between two requests. Each look at the job stores six rows. */
  readonly maxInterval?: Duration.DurationInput | undefined
  /** Default: unlimited. Then the wait fails with `TimeoutError`. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Default: false. Whether the job is cancelled where the wait times out or fails. */
  readonly cancelOnFailure?: boolean | undefined
  /**
   * Default: nothing. Runs for each event, in their order. It runs again for the events of one look where the process ended
   * before that look was stored. The ID of the event then says that it is the same.
   */
  readonly onEvent?: ((event: FineTuning.FineTuningJobEvent) => Effect.Effect<unknown, never, R>) | undefined
}

/** The events that are newer than one, oldest first. */
const eventsAfter = (fine_tuning_job_id: string, last: string | null) =>
  FineTuning.events.items({ fine_tuning_job_id, limit: 100 }).pipe(
    Stream.takeWhile(({ id }) => id !== last),
    Stream.runCollect,
    Effect.map(Chunk.reverse),
    Effect.mapError(Activity.asOpenAiError)
  )

/**
 * Follows the events of a job, like `FineTuning.events.follow`, in a workflow, and returns the job when it has ended. Between
 * two requests the execution is suspended by a durable sleep.
 *
 * @example
 * import { DurableFineTuning, Schemas } from "@effect-openai/workflow"
 * import { Workflow } from "@effect/workflow"
 * import { Console, Schema } from "effect"
 *
 * const Train = Workflow.make({
 *   name: "Train",
 *   payload: { fine_tuning_job_id: Schema.String },
 *   idempotencyKey: ({ fine_tuning_job_id }) => fine_tuning_job_id,
 *   success: Schemas.FineTuningJob,
 *   error: Schemas.OpenAiError
 * })
 *
 * const TrainLive = Train.toLayer((ids) =>
 *   DurableFineTuning.follow(ids, { name: "train", onEvent: ({ message }) => Console.log(message) })
 * )
 *
 * @since 3.0.0
 * @category polling
 */
export const follow = <R = never>(
  { fine_tuning_job_id }: { readonly fine_tuning_job_id: string },
  options: FollowOptions<R>
): Effect.Effect<
  FineTuning.FineTuningJob,
  OpenAiError.OpenAiError,
  OpenAiClient.OpenAiClient | WorkflowEngine | WorkflowInstance | Exclude<R, WorkflowEngine | WorkflowInstance | Scope>
> => {
  const {
    cancelOnFailure = false,
    interval = "30 seconds",
    maxInterval = "5 minutes",
    name,
    onEvent = () => Effect.void,
    timeout = Infinity
  } = options
  return untilEnded(
    {
      name,
      operation: "retrieveFineTuningJob",
      phase: "run",
      object: `The job ${fine_tuning_job_id}`,
      initial: null as string | null,
      look: (last) =>
        Effect.gen(function*() {
          const job = yield* FineTuning.retrieve({ fine_tuning_job_id })
          // The events follow the state of the job, so that those of an ended job are complete.
          const events = yield* eventsAfter(fine_tuning_job_id, last)
          yield* Effect.forEach(events, onEvent, { discard: true })
          const newest = Option.getOrUndefined(Chunk.last(events))
          return { ended: FineTuning.isEnded(job) ? job : null, state: newest?.id ?? last }
        }),
      cancel: FineTuning.cancel({ fine_tuning_job_id })
    },
    Schemas.FineTuningJob,
    Schema.NullOr(Schema.String),
    { interval, maxInterval, timeout, cancelOnFailure }
  )
}
