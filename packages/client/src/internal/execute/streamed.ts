import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { Options } from "../../OpenAiClient.js"
import * as Monotonic from "../monotonic.js"
import type { Runner } from "../openAiClient.js"
import type * as Request from "../request/request.js"
import * as Errors from "../response/errors.js"
import type { DecodeStream } from "../response/events.js"
import * as Telemetry from "../telemetry/telemetry.js"
import type * as Transport from "../transport/transport.js"
import type { Attempt, Success } from "./attempt.js"
import { Call } from "./call.js"
import * as Retry from "./retry.js"
import * as Timeout from "./timeout.js"

type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

type Streamed = Stream.Stream<unknown, StreamError>

/** Passes the chunks of a streamed inference to telemetry, and emits them unchanged. */
const observe = (observed: Telemetry.Observed): <A, E>(events: Stream.Stream<A, E>) => Stream.Stream<A, E> => {
  const { inference } = observed
  if (inference === undefined) return (events) => events
  const onChunk = inference.observeChunks(observed)
  return Stream.mapChunks((events) => {
    for (const event of Chunk.toReadonlyArray(events)) {
      if (typeof event === "object" && event !== null) onChunk(event)
    }
    return events
  })
}

/** The timeouts of a streamed response. */
interface StreamTimeouts {
  /** Without a byte. */
  readonly idle: Duration.Duration
  /** Without an event. */
  readonly event: Duration.Duration
  readonly all: Duration.Duration
}

const timeoutsOf = ({ eventTimeout, idleTimeout, streamTimeout }: Options): StreamTimeouts => ({
  idle: Duration.decode(idleTimeout ?? "5 minutes"),
  event: Duration.decode(eventTimeout ?? Infinity),
  all: Duration.decode(streamTimeout ?? Infinity)
})

const timedOut = ({ call: { operation } }: Attempt<Streamed>, timeout: Duration.Duration, message: string) =>
  new OpenAiError.TimeoutError({ operation, phase: "next", timeout, message })

/** Limits the time before each event, and that of all of them. */
const limitTime = (
  attempt: Attempt<Streamed>,
  events: Streamed,
  { all, event }: StreamTimeouts
): Streamed => {
  if (!Duration.isFinite(all) && !Duration.isFinite(event)) return events
  const { fiber } = attempt
  const now = () => Monotonic.now(Context.get(fiber.currentDefaultServices, Clock.Clock))
  const end = now() + Duration.toMillis(all)
  return Stream.fromPull(Effect.map(Stream.toPull(events), (pull) =>
    Effect.suspend(() => {
      const left = Duration.millis(Math.max(0, end - now()))
      const isLast = Duration.lessThan(left, event)
      return Timeout.interrupting(pull, isLast ? left : event, () =>
        Option.some<StreamError>(
          isLast
            ? timedOut(attempt, all, `The response took longer than ${Duration.format(all)}`)
            : timedOut(attempt, event, `The response had no event for ${Duration.format(event)}`)
        ))
    })))
}

/** Returns the bytes of a body, with a timeout before each chunk. Default: `idleTimeout`. */
const bytesOf = (
  attempt: Attempt<Streamed>,
  body: Transport.Body,
  idleTimer: Timeout.IdleTimer,
  idleTimeout: Duration.Duration,
  timeout: () => Duration.Duration | undefined = constUndefined
) => {
  const { call } = attempt
  const timeoutError = () => timedOut(attempt, idleTimeout, `The response was idle for ${Duration.format(idleTimeout)}`)
  // Converted immediately: a Stream runs in its own fibers, and the failure of a fiber is logged.
  const convert = Option.map((failed: Transport.Failed): OpenAiError.OpenAiError =>
    idleTimer.isExpired ? timeoutError() : Errors.fromTransport(failed, call)
  )
  const stopping = {
    onSuccess: (chunks: Chunk.Chunk<Uint8Array>) => {
      idleTimer.stop()
      return chunks
    },
    onFailure: (end: Option.Option<Transport.Failed>) => {
      idleTimer.stop()
      return convert(end)
    }
  }
  return Stream.fromPull(Effect.map(body.pull, (pull) => {
    const next = Effect.mapBoth(pull, stopping)
    return Effect.suspend(() => {
      const duration = timeout() ?? idleTimeout
      if (!attempt.exchange!.failsPulls) {
        return Timeout.interrupting(next, duration, () => Option.some<OpenAiError.OpenAiError>(timeoutError()))
      }
      idleTimer.start(duration)
      return next
    })
  }))
}

/** Returns the body as a Stream, which ends with its scope. */
const makeSuccess = (
  scope: Scope.Scope,
  timeouts: StreamTimeouts,
  decode: DecodeStream | undefined
): Success<Streamed> => ({
  scope,
  receive: (attempt, body, response) => {
    attempt.cancelTimeout()
    attempt.call.onSuccess()
    const idleTimer = new Timeout.IdleTimer(attempt.fiber, () => attempt.abort())
    const end = Effect.suspend(() => {
      idleTimer.close()
      return attempt.end() ? attempt.exchange!.interrupt() : Effect.void
    })
    const { all, idle } = timeouts
    attempt.settle(Effect.as(
      Scope.addFinalizer(scope, end),
      decode === undefined
        ? limitTime(attempt, bytesOf(attempt, body, idleTimer, idle), { all, idle, event: all })
        : limitTime(attempt, decode((timeout) => bytesOf(attempt, body, idleTimer, idle, timeout), response), timeouts)
    ))
  }
})

/** Makes a span and metrics of a call, until the end of its Stream. */
const traced = (
  observed: Telemetry.Observed,
  isTraced: boolean,
  call: (scope: Scope.Scope) => Effect.Effect<Streamed, StreamError>
): Effect.Effect<Streamed, StreamError, Scope.Scope> => {
  const { name, options } = Telemetry.spanOf(observed)
  const makeSpan = isTraced ? Effect.makeSpanScoped(name, options) : Effect.succeed(undefined)
  return Effect.flatMap(makeSpan, (span) =>
    Effect.scopeWith((scope) => {
      observed.span = span
      const inSpan = span === undefined ? call(scope) : Effect.map(
        Effect.withParentSpan(call(scope), span),
        Stream.provideService(Tracer.ParentSpan, span)
      )
      const finish = (exit: Exit.Exit<unknown, unknown>) =>
        Effect.sync(() =>
          Telemetry.finish(observed, Telemetry.errorTypeOf(exit as Exit.Exit<unknown, { readonly _tag: string }>))
        )
      return Scope.addFinalizerExit(scope, finish).pipe(Effect.zipRight(inSpan), Effect.map(observe(observed)))
    }))
}

/**
 * Runs an operation, and returns the response as a Stream: its bytes, or what the endpoint's decoder returns for them. Each
 * run of the Stream sends a request.
 */
export const streamed = (
  bodyEncoder: Request.BodyEncoder,
  inference?: Telemetry.InferenceTelemetry,
  decoderOf?: (endpoint: Endpoint.Any) => DecodeStream
): Runner<Streamed> => ({
  run: (client, endpoint, request) => {
    const decode = decoderOf?.(endpoint)
    return Stream.unwrapScoped(Effect.withFiberRuntime((fiber) => {
      const observed = new Telemetry.Observed(client.telemetry, endpoint, request, inference, fiber)
      return traced(observed, Telemetry.isTraced(fiber), (scope) =>
        Effect.flatMap(
          client.prepare(endpoint, request, bodyEncoder, decode !== undefined),
          (prepared) =>
            // No operation both uploads and streams, so `UploadNotReplayableError` is impossible.
            Retry.retry(
              new Call(client.shared, prepared, observed, fiber, makeSuccess(scope, timeoutsOf(client.options), decode))
            ) as Effect.Effect<Streamed, StreamError>
        ))
    }))
  },
  // A replaced operation returns a buffered response, not events.
  replaced: (response) => decoderOf === undefined ? Stream.fromEffect(response) : undefined
})
