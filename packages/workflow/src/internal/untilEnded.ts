import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as DurableClock from "@effect/workflow/DurableClock"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Activity from "./activity.js"

// Waits of minutes to hours: short activities, each with one look at an object, and durable sleeps between them. While it
// sleeps, an execution is suspended: it needs no memory, and `Workflow.interrupt` and `Cancellation.request` resume it.

/** How often a wait looks, and for how long. */
export interface Options {
  readonly interval: Duration.DurationInput
  readonly maxInterval: Duration.DurationInput
  readonly timeout: Duration.DurationInput
  readonly cancelOnFailure: boolean
}

interface Waiting<A, S, R> {
  readonly name: string
  /** The operation that looks. */
  readonly operation: string
  readonly phase: OpenAiError.TimeoutError["phase"]
  /** The object, as in "The batch batch_1". */
  readonly object: string
  /** The state before the first look. */
  readonly initial: S
  /** Looks at the object. The state is that of the look before. */
  readonly look: (
    state: S
  ) => Effect.Effect<{ readonly ended: A | null; readonly state: S }, OpenAiError.OpenAiError, R>
  readonly cancel: Effect.Effect<unknown, OpenAiError.OpenAiError, R>
}

/** Sleeps durably. A request to cancel ends the sleep. */
const sleep = (name: string, duration: Duration.DurationInput, isCancelled: boolean) => {
  const sleep = DurableClock.sleep({ name, duration, inMemoryThreshold: "1 millis" })
  return isCancelled ? sleep : Effect.asVoid(Effect.unlessEffect(sleep, Activity.isCancelled))
}

export const untilEnded = <A, I, S, SI, R>(
  { cancel, initial, look, name, object, operation, phase }: Waiting<A, S, R>,
  ended: Schema.Schema<A, I>,
  stateSchema: Schema.Schema<S, SI>,
  options: Options
): Effect.Effect<A, OpenAiError.OpenAiError, Activity.Requirements<R>> => {
  const Look = Schema.Struct({
    at: Schema.Number,
    isCancelled: Schema.Boolean,
    ended: Schema.NullOr(ended),
    state: stateSchema
  })
  const cancelled = Activity.persistent(Activity.cancelled(cancel))
  const first = Duration.toMillis(options.interval)
  const most = Duration.toMillis(options.maxInterval)
  const timeout = Duration.decode(options.timeout)

  const from = (
    n: number,
    state: S,
    wasCancelled: boolean,
    startedAt: number | undefined
  ): Effect.Effect<A, OpenAiError.OpenAiError, Activity.Requirements<R>> =>
    Effect.gen(function*() {
      const seen = yield* Activity.make(
        `${name}/wait/${n}`,
        Look,
        Effect.gen(function*() {
          const isCancelled = yield* Activity.isCancelled
          if (isCancelled && !wasCancelled) yield* cancelled
          const { ended, state: next } = yield* Activity.persistent(look(state))
          return { at: yield* Clock.currentTimeMillis, isCancelled, ended, state: next }
        })
      )
      if (seen.ended !== null) return seen.ended
      const start = startedAt ?? seen.at
      if (seen.at - start >= Duration.toMillis(timeout)) {
        return yield* new OpenAiError.TimeoutError({
          operation,
          phase,
          timeout,
          message: `${object} has not ended within ${Duration.format(timeout)}`
        })
      }
      yield* sleep(`${name}/sleep/${n}`, Math.min(first * 1.5 ** n, most), seen.isCancelled)
      return yield* from(n + 1, seen.state, seen.isCancelled, start)
    })

  return from(0, initial, false, undefined).pipe(
    Activity.cancelledOnFailure(options.cancelOnFailure, Activity.make(`${name}/cancel`, Schema.Void, cancelled))
  )
}
