import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"

/** What becomes of the response to a request. A request fails where it is interrupted by its caller. */
interface Outcome {
  readonly onResponse: (response: HttpServerResponse.HttpServerResponse) => void
  readonly onFailure: () => void
}

/** Runs a request in its own fiber. */
export type Run = (request: HttpServerRequest.HttpServerRequest, outcome: Outcome) => Fiber.RuntimeFiber<unknown>

/**
 * Runs an app for requests. Each fiber begins uninterruptible, with what the app needs: to provide it later costs as many
 * effects as a request. There are no spans, and no scope: the app itself knows the end of a response that Node sends, or
 * that a caller in this process reads.
 */
export const forkEach = <R>(app: HttpApp.Default<never, R | Scope.Scope>, runtime: Runtime.Runtime<R>): Run => {
  const { context, fiberRefs } = runtime
  const runtimeFlags = RuntimeFlags.disable(runtime.runtimeFlags, RuntimeFlags.Interruption)
  // No scope: see above.
  const handled = app as HttpApp.Default<never, R>
  return (request, { onFailure, onResponse }) =>
    Runtime.runFork(
      Runtime.make({
        context: Context.add(context, HttpServerRequest.HttpServerRequest, request),
        fiberRefs,
        runtimeFlags
      }),
      Effect.matchCauseEffect(handled, {
        onSuccess: (response) => {
          onResponse(response)
          return Effect.void
        },
        onFailure: (cause) => {
          onFailure()
          return Effect.failCause(cause)
        }
      })
    )
}

/** The same by the platform, which makes spans. */
export const forkEachWithSpan = <R>(app: HttpApp.Default<never, R | Scope.Scope>, runtime: Runtime.Runtime<R>): Run => {
  const outcomes = new WeakMap<object, Outcome>()
  const handled = HttpApp.toHandled(
    app,
    (request, response) =>
      Effect.sync(() => outcomes.get(request)?.onResponse(HttpApp.unsafeEjectStreamScope(response)))
  )
  return (request, outcome) => {
    outcomes.set(request, outcome)
    return Runtime.runFork(runtime, Effect.provideService(handled, HttpServerRequest.HttpServerRequest, request))
  }
}
