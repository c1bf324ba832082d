import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Transport from "../transport/transport.js"
import { Choices } from "./choices.js"
import { type End, EventDecoder, type StreamError } from "./eventDecoder.js"
import type { Response } from "./response.js"
import * as Validator from "./validator.js"

/** The next events. Fails with none at their end. */
type Pull = Transport.Pull<unknown, StreamError>

/** Decodes the body of a streamed response. */
export interface DecodeStream {
  (
    /** Opens the body. Before each chunk it calls `timeout`; undefined means the client's idle timeout. */
    bytes: (
      timeout: () => Duration.Duration | undefined
    ) => Effect.Effect<Transport.Pull<Uint8Array, OpenAiError.OpenAiError>, never, Scope.Scope>,
    response: Response,
    /** Receives each event that is an object. */
    observe: ((event: object) => void) | undefined
  ): Effect.Effect<Pull, never, Scope.Scope>
}

/**
 * After the end of the events the body is drained, so that its connection can be used again: so many bytes, in so many
 * chunks, with a timeout before each. A longer or slower body closes the connection.
 */
const drained = { bytes: 4096, chunks: 4, timeout: Duration.millis(100) }

type Bytes = Transport.Pull<Uint8Array, OpenAiError.OpenAiError>

const ended = Effect.fail(Option.none())

/** Reads the rest of a body, and ignores it. */
const drain = (pull: Bytes, bytes: number, chunks: number): Pull =>
  Effect.matchCauseEffect(pull, {
    onSuccess: (input) => {
      const left = Chunk.reduce(input, bytes, (left, { length }) => left - length)
      return left < 0 || chunks <= 1 ? ended : drain(pull, left, chunks - 1)
    },
    onFailure: () => ended
  })

/** Pulls events. A stream has one channel around all of its pulls, because a channel costs more than a step of a pull. */
const pullEvents = (bytes: Bytes, decoder: EventDecoder): Pull => {
  /** Whether the body has ended. */
  let isRead = false
  const finish = (reason?: string) => {
    isRead = true
    decoder.finish(reason)
    return next()
  }
  const read: Pull = Effect.matchCauseEffect(bytes, {
    onSuccess: (chunks) => {
      for (const chunk of chunks) decoder.push(chunk)
      return next()
    },
    onFailure: (cause) => {
      const end = Cause.failureOption(cause)
      if (Option.isNone(end)) return Effect.failCause(cause)
      if (Option.isNone(end.value)) return finish()
      const error = end.value.value
      return error._tag === "TransportError" ? finish(`: ${error.message}`) : Effect.failCause(cause)
    }
  })
  /** Emits the decoded events, or else ends or continues. */
  const next = (): Pull => {
    const events = decoder.takeEvents()
    const warnings = decoder.takeWarnings()
    const pull = Chunk.isEmpty(events) ? after(decoder.end) : Effect.succeed(events)
    return warnings.length === 0
      ? pull
      : Effect.zipRight(Effect.forEach(warnings, (text) => Effect.logWarning(text)), pull)
  }
  const after = (end: End | undefined): Pull => {
    if (end === undefined) return read
    if (end._tag === "Failed") return Effect.fail(Option.some(end.error))
    return isRead ? ended : drain(bytes, drained.bytes, drained.chunks)
  }
  return Effect.suspend(() => after(decoder.end))
}

/**
 * Decodes server-sent events. The events before a failure are emitted first. `[DONE]` or `event: done` ends them, and what
 * follows is ignored. A completion also ends with its body if each choice has its `finish_reason`. Any other end of the
 * body is an interruption, even if the connection ended as it should.
 */
export const decodeEvents = (
  endpoint: Endpoint.Any,
  request: object,
  onInvalidEvent: "fail" | "skip"
): DecodeStream => {
  const { named, schema } = endpoint.events!
  const fits = Validator.fitsOf(schema)
  const validate = Validator.make(schema)
  return (bytes, response, observe) => {
    const choices = endpoint.inference === undefined ? undefined : new Choices(request)
    const decoder = new EventDecoder({ named, fits, validate, onInvalidEvent, choices, observe }, response)
    return Effect.map(
      bytes(() => decoder.end === undefined ? undefined : drained.timeout),
      (pull) => pullEvents(pull, decoder)
    )
  }
}
