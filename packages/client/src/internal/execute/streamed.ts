import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { Runner } from "../openAiClient.js"
import type * as Request from "../request/request.js"
import type { DecodeStream } from "../response/events.js"
import * as Response from "../response/response.js"
import * as Telemetry from "../telemetry/telemetry.js"
import type * as Transport from "../transport/transport.js"
import type { Attempt, Success } from "./attempt.js"
import { Call } from "./call.js"
import * as Retry from "./retry.js"
import * as Timeout from "./timeout.js"

type StreamError = OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError

type Answer = Stream.Stream<unknown, StreamError>

/** Notes what the chunks of a streamed inference say, without a change of them. */
const watch = (observed: Telemetry.Observed): <A, E>(events: Stream.Stream<A, E>) => Stream.Stream<A, E> => {
  const { inference } = observed
  if (inference === undefined) return (events) => events
  const note = inference.watch(observed)
  return Stream.mapChunks((events) => {
    for (const event of Chunk.toReadonlyArray(events)) {
      if (typeof event === "object" && event !== null) note(event)
    }
    return events
  })
}

/** The bytes of an answer, each of which is waited for as long as is said then, or else as long as may be. */
const bytesOf = (
  attempt: Attempt<Answer>,
  body: Transport.Body,
  watch: Timeout.IdleTimer,
  idleTimeout: Duration.Duration,
  patience: () => Duration.Duration | undefined = constUndefined
) => {
  const { order } = attempt
  const silence = () =>
    new OpenAiError.TimeoutError({
      operation: order.operation,
      phase: "next",
      timeout: idleTimeout,
      message: `Nothing for ${Duration.format(idleTimeout)} in the middle of the answer`
    })
  // Its errors are made ours at once: a Stream runs in fibers of its own, and one that fails is logged.
  const named = Option.map((failed: Transport.Failed): OpenAiError.OpenAiError =>
    watch.late ? silence() : Response.transportError(failed, order)
  )
  const waited = {
    onSuccess: (pieces: Chunk.Chunk<Uint8Array>) => {
      watch.stop()
      return pieces
    },
    onFailure: (end: Option.Option<Transport.Failed>) => {
      watch.stop()
      return named(end)
    }
  }
  return Stream.fromPull(Effect.map(body.pull, (pull) => {
    const next = Effect.mapBoth(pull, waited)
    return Effect.suspend(() => {
      const duration = patience() ?? idleTimeout
      if (!attempt.exchange!.failsPulls) {
        return Timeout.interrupting(next, duration, () => Option.some<OpenAiError.OpenAiError>(silence()))
      }
      watch.start(duration)
      return next
    })
  }))
}

/** Hands a success out as it comes, until its scope ends. */
const receive = (
  scope: Scope.Scope,
  idleTimeout: Duration.Duration,
  decode: DecodeStream | undefined
): Success<Answer> => ({
  scope,
  receive: (attempt, body, answer) => {
    const { call, headers } = answer
    const mediaType = headers["content-type"] ?? ""
    // What can't be events is not waited for.
    if (decode !== undefined && /json|html/.test(mediaType)) {
      const message = `The answer is no stream of events but ${call.redact(mediaType)}`
      return attempt.drain(body, () => attempt.fail(answer.invalid("", message)))
    }
    attempt.cancel()
    attempt.order.onSuccess()
    const watch = new Timeout.IdleTimer(attempt.fiber, () => attempt.abort())
    const end = Effect.suspend(() => {
      watch.close()
      return attempt.end() ? attempt.exchange!.interrupt() : Effect.void
    })
    attempt.settle(Effect.as(
      Scope.addFinalizer(scope, end),
      decode === undefined
        ? bytesOf(attempt, body, watch, idleTimeout)
        : decode((patience) => bytesOf(attempt, body, watch, idleTimeout, patience), answer)
    ))
  }
})

/** Puts a span around a call whose answer is a Stream, until that ends, and measures it. */
const traced = (
  observed: Telemetry.Observed,
  isTraced: boolean,
  call: (scope: Scope.Scope) => Effect.Effect<Answer, StreamError>
): Effect.Effect<Answer, StreamError, Scope.Scope> => {
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
      return Scope.addFinalizerExit(scope, finish).pipe(Effect.zipRight(inSpan), Effect.map(watch(observed)))
    }))
}

/** Runs an operation, and hands out its answer as it comes: its bytes, or what is made of them. Each run is a request. */
export const streamed = (
  encodeBody: Request.BodyEncoder,
  inference?: Telemetry.Inference,
  decode?: DecodeStream
): Runner<Answer> => ({
  run: (engine, endpoint, request) =>
    Stream.unwrapScoped(Effect.withFiberRuntime((fiber) => {
      const observed = new Telemetry.Observed(engine.telemetry, endpoint, request, inference, fiber)
      return traced(observed, Telemetry.isTraced(fiber), (scope) =>
        Effect.flatMap(
          engine.prepare(endpoint, request, encodeBody, decode !== undefined),
          (prepared) =>
            // What is streamed has no upload in it.
            Retry.retry(
              new Call(engine.shared, prepared, observed, fiber, receive(scope, engine.idleTimeout, decode))
            ) as Effect.Effect<Answer, StreamError>
        ))
    })),
  // What stands in the place of an operation answers whole, and no events.
  replaced: (answer) => decode === undefined ? Stream.fromEffect(answer) : undefined
})
