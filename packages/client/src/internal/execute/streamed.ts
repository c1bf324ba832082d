import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
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

/** The next events or chunks of a response. */
type Streamed = Transport.Pull<unknown, StreamError>

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
const limitTime = (attempt: Attempt<Streamed>, pull: Streamed, { all, event }: StreamTimeouts): Streamed => {
  if (!Duration.isFinite(all) && !Duration.isFinite(event)) return pull
  const { fiber } = attempt
  const now = () => Monotonic.now(Context.get(fiber.currentDefaultServices, Clock.Clock))
  const end = now() + Duration.toMillis(all)
  return Effect.suspend(() => {
    const left = Duration.millis(Math.max(0, end - now()))
    const isLast = Duration.lessThan(left, event)
    return Timeout.interrupting(pull, isLast ? left : event, () =>
      Option.some<StreamError>(
        isLast
          ? timedOut(attempt, all, `The response took longer than ${Duration.format(all)}`)
          : timedOut(attempt, event, `The response had no event for ${Duration.format(event)}`)
      ))
  })
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
  return Effect.map(body.pull, (pull) => {
    const next = Effect.mapBoth(pull, stopping)
    return Effect.suspend(() => {
      const duration = timeout() ?? idleTimeout
      if (!attempt.exchange!.failsPulls) {
        return Timeout.interrupting(next, duration, () => Option.some<OpenAiError.OpenAiError>(timeoutError()))
      }
      idleTimer.start(duration)
      return next
    })
  })
}

/** Returns the body, which ends with its scope. */
const makeSuccess = (
  scope: Scope.Scope,
  timeouts: StreamTimeouts,
  decode: DecodeStream | undefined,
  observe: ((event: object) => void) | undefined
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
    const bytes = (timeout?: () => Duration.Duration | undefined) => bytesOf(attempt, body, idleTimer, idle, timeout)
    const pull = decode === undefined
      ? Effect.map(bytes(), (pull) => limitTime(attempt, pull, { all, idle, event: all }))
      : Effect.map(decode(bytes, response, observe), (pull) => limitTime(attempt, pull, timeouts))
    attempt.settle(Effect.zipRight(Scope.addFinalizer(scope, end), Scope.extend(pull, scope)))
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
        Effect.withParentSpan(span)
      )
      const finish = (exit: Exit.Exit<unknown, unknown>) =>
        Effect.sync(() =>
          Telemetry.finish(observed, Telemetry.errorTypeOf(exit as Exit.Exit<unknown, { readonly _tag: string }>))
        )
      return Effect.zipRight(Scope.addFinalizerExit(scope, finish), inSpan)
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
): Runner<Stream.Stream<unknown, StreamError>> => ({
  run: (client, endpoint, request) => {
    const decode = decoderOf?.(endpoint)
    const pull = Effect.withFiberRuntime<Streamed, StreamError, Scope.Scope>((fiber) => {
      const observed = new Telemetry.Observed(client.telemetry, endpoint, request, inference, fiber)
      const observe = inference?.observeChunks(observed)
      return traced(observed, Telemetry.isTraced(fiber), (scope) =>
        Effect.flatMap(
          client.prepare(endpoint, request, bodyEncoder, decode !== undefined),
          (prepared) => {
            const success = makeSuccess(scope, timeoutsOf(client.options), decode, observe)
            // No operation both uploads and streams, so `UploadNotReplayableError` is impossible.
            return Retry.retry(new Call(client.shared, prepared, observed, fiber, success)) as Effect.Effect<
              Streamed,
              StreamError
            >
          }
        ))
    })
    return Stream.unwrapScoped(Effect.map(pull, Stream.repeatEffectChunkOption))
  },
  // A replaced operation returns a buffered response, not events.
  replaced: (response) => decoderOf === undefined ? Stream.fromEffect(response) : undefined
})
