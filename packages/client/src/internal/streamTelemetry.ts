import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as Telemetry from "./telemetry.js"

/** Notes what the chunks of a streamed inference say, without a change of them. */
const watch = (observed: Telemetry.Observed): <A, E>(events: Stream.Stream<A, E>) => Stream.Stream<A, E> => {
  const { inference } = observed
  if (inference === undefined) return (events) => events
  return Stream.mapChunks((events) => {
    for (const event of Chunk.toReadonlyArray(events)) {
      if (typeof event === "object" && event !== null) inference.watch(observed, event)
    }
    return events
  })
}

/** Puts a span around a call whose answer is a Stream, until that ends, and measures it. */
export const stream = <A, E extends { readonly _tag: string }>(
  telemetry: Telemetry.Telemetry,
  endpoint: Endpoint.Any,
  request: object,
  inference: Telemetry.Inference | undefined,
  run: (
    observed: Telemetry.Observed,
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    scope: Scope.Scope
  ) => Effect.Effect<Stream.Stream<A, E>, E>
): Stream.Stream<A, E> =>
  Stream.unwrapScoped(Effect.withFiberRuntime((fiber) => {
    const observed = Telemetry.start(telemetry, endpoint, request, inference, fiber)
    const { name, options } = Telemetry.spanOf(observed)
    const makeSpan = Telemetry.isTraced(fiber) ? Effect.makeSpanScoped(name, options) : Effect.succeed(undefined)
    return Effect.flatMap(makeSpan, (span) =>
      Effect.scopeWith((scope) => {
        observed.span = span
        const inSpan = span === undefined ? run(observed, fiber, scope) : Effect.map(
          Effect.withParentSpan(run(observed, fiber, scope), span),
          Stream.provideService(Tracer.ParentSpan, span)
        )
        return Scope.addFinalizerExit(scope, (exit) =>
          Effect.sync(() =>
            Telemetry.finish(
              observed,
              Telemetry.errorTypeOf(exit as Exit.Exit<unknown, { readonly _tag: string }>)
            )
          )).pipe(Effect.zipRight(inSpan), Effect.map(watch(observed)))
      }))
  }))
