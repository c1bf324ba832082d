import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type OpenAiClient, withResponse } from "../OpenAiClient.js"
import * as Retry from "../Retry.js"

/** The server's delay before the next request. */
const pollAfter = (headers: Readonly<Record<string, string>> | undefined): Duration.Duration | undefined => {
  const text = headers?.["openai-poll-after-ms"]?.trim()
  const millis = text ? Number(text) : NaN
  return millis >= 0 && Number.isFinite(millis) ? Duration.millis(millis) : undefined
}

/** Each state of an object that is polled, up to the one that is final. The first delay has the number 0. */
export const states = <A, E, R>(
  retrieve: Effect.Effect<A, E, R>,
  isFinal: (state: A) => boolean,
  intervalOf: (delay: number) => Duration.DurationInput
): Stream.Stream<A, E, R> =>
  Stream.paginateEffect(
    { delay: Effect.void as Effect.Effect<void>, count: 0 },
    ({ count, delay }) =>
      Effect.map(Effect.zipRight(delay, withResponse(retrieve)), ([state, response]) => [
        state,
        isFinal(state)
          ? Option.none()
          : Option.some({
            delay: Effect.sleep(pollAfter(response?.headers) ?? intervalOf(count)),
            count: count + 1
          })
      ])
  )

/** The final state. */
export const last = <A, E, R>(states: Stream.Stream<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.map(Stream.runLast(states), Option.getOrThrow)

interface Bounds {
  /** The operation that polls. */
  readonly operation: string
  readonly phase: OpenAiError.TimeoutError["phase"]
  /** The object, as in "The run run_1". */
  readonly name: string
  readonly timeout: Duration.DurationInput
  readonly cancelOnFailure: boolean | undefined
  readonly cancel: Effect.Effect<unknown, unknown, OpenAiClient>
}

/** Sends the request that cancels work, once, and ignores its failure. */
export const cancelled = (cancel: Effect.Effect<unknown, unknown, OpenAiClient>) =>
  cancel.pipe(Retry.none, Effect.interruptible, Effect.timeout("10 seconds"), Effect.ignore)

/** Adds a timeout to polling, and cancels the work where polling does not succeed. */
export const bounded =
  ({ cancel, cancelOnFailure, name, operation, phase, timeout }: Bounds) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | OpenAiError.TimeoutError, R | OpenAiClient> => {
    const limit = Duration.decode(timeout)
    return self.pipe(
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () =>
          new OpenAiError.TimeoutError({
            operation,
            phase,
            timeout: limit,
            message: `${name} has not ended within ${Duration.format(limit)}`
          })
      }),
      Effect.onExit((exit) => cancelOnFailure === true && Exit.isFailure(exit) ? cancelled(cancel) : Effect.void)
    )
  }
