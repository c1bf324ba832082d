import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { Cleanup } from "./cleanup.js"
import * as Metrics from "./metrics.js"

/** What is told of an inference, and of no other operation. */
export interface Inference {
  /** The name of its span. */
  readonly nameOf: (observed: Observed) => string
  /** What its span is given when it starts. */
  readonly startOf: (observed: Observed) => Readonly<Record<string, unknown>>
  /** Puts on its span what is known by its end. */
  readonly describe: (observed: Observed, span: Tracer.Span) => void
  /** Measures it, in the place of the duration of other operations. */
  readonly measure: (
    observed: Observed,
    seconds: number,
    errorType: string | undefined,
    ofFiber: Metrics.Labels
  ) => void
  /** Notes what a chunk of its streamed answer says. */
  readonly watch: (observed: Observed, chunk: object) => void
}

/** What telemetry knows of a client. */
export interface Telemetry {
  readonly server: string
  readonly port: number
  /** Takes the client's credentials out of a text. */
  readonly scrub: (text: string) => string
  /** What the client was made in. */
  readonly context: Context.Context<never>
}

/** What a call has come to know by its end: who sends and who receives notes it here. */
export interface Observed {
  readonly telemetry: Telemetry
  readonly endpoint: Endpoint.Any
  readonly request: object
  readonly inference: Inference | undefined
  readonly clock: Clock.Clock
  readonly since: number
  readonly cleanup: Cleanup
  status: number | undefined
  requestId: string | undefined
  retries: number
  /** The answer, where it is that of an inference: a whole one, or what all chunks of one say. */
  answer: object | undefined
}

export const make = (options: {
  readonly baseUrl: string
  readonly scrub: (text: string) => string
  readonly context: Context.Context<never>
}): Telemetry => {
  const { hostname, port, protocol } = new URL(options.baseUrl)
  return {
    server: hostname,
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    scrub: options.scrub,
    context: options.context
  }
}

// -----------------------------------------------------------------------------
// spans and metrics, by the semantic conventions for HTTP clients; `openai.…` where those have no name
// -----------------------------------------------------------------------------

const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether anybody would see a span: Effect's own tracer keeps none. */
export const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  fiber.currentTracer !== silent && fiber.getFiberRef(FiberRef.currentTracerEnabled)

export const start = (
  telemetry: Telemetry,
  endpoint: Endpoint.Any,
  request: object,
  inference: Inference | undefined,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Observed => {
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  return {
    telemetry,
    endpoint,
    request,
    inference,
    clock,
    since: clock.unsafeCurrentTimeMillis(),
    cleanup: new Cleanup(),
    status: undefined,
    requestId: undefined,
    retries: 0,
    answer: undefined
  }
}

export const spanOf = (
  observed: Observed
): { readonly name: string; readonly options: Tracer.SpanOptions } => {
  const { endpoint, inference, telemetry } = observed
  return {
    name: inference === undefined ? `openai.${endpoint.name}` : inference.nameOf(observed),
    options: {
      kind: "client",
      captureStackTrace: false,
      attributes: {
        "http.request.method": endpoint.method,
        "url.template": endpoint.path,
        "server.address": telemetry.server,
        "server.port": telemetry.port,
        "openai.operation": endpoint.name,
        ...inference?.startOf(observed)
      }
    }
  }
}

const errorTypeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string | undefined =>
  exit._tag === "Success" ? undefined : Option.match(Cause.failureOption(exit.cause), {
    onSome: ({ _tag }) => _tag,
    onNone: () => Cause.isInterrupted(exit.cause) ? "interrupted" : "_OTHER"
  })

const describe = (
  observed: Observed,
  span: Tracer.Span,
  errorType: string | undefined
) => {
  const put = (name: string, value: unknown) => {
    if (value !== undefined) span.attribute(name, value)
  }
  put("http.response.status_code", observed.status)
  put("http.request.resend_count", observed.retries === 0 ? undefined : observed.retries)
  put("openai.request_id", observed.requestId)
  put("error.type", errorType)
  observed.inference?.describe(observed, span)
}

const measure = (
  observed: Observed,
  errorType: string | undefined,
  ofFiber: Metrics.Labels
) => {
  const { clock, endpoint: { name }, inference, retries, since, telemetry: { server } } = observed
  const seconds = (clock.unsafeCurrentTimeMillis() - since) / 1000
  const labels = (unit: string, errorType?: string) =>
    Metrics.labels(ofFiber, "unit", unit, "openai.operation", name, "server.address", server, "error.type", errorType)
  if (retries > 0) Metrics.retries.unsafeUpdate(retries, labels("{retry}"))
  if (inference === undefined) Metrics.operationDuration.unsafeUpdate(seconds, labels("s", errorType))
  else inference.measure(observed, seconds, errorType, ofFiber)
}

/** Ends a call: undoes what is left of it, describes and measures it. */
export const finish = (
  observed: Observed,
  span: Tracer.Span | undefined,
  exit: Exit.Exit<unknown, { readonly _tag: string }>,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): void => {
  observed.cleanup.run()
  const errorType = errorTypeOf(exit)
  if (span?.sampled) describe(observed, span, errorType)
  measure(observed, errorType, fiber.getFiberRef(FiberRef.currentMetricLabels))
}

/** Puts a span around a call, and measures it. */
export const call = <A, E extends { readonly _tag: string }>(
  telemetry: Telemetry,
  endpoint: Endpoint.Any,
  request: object,
  inference: Inference | undefined,
  run: (observed: Observed, context: Context.Context<never>) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.withFiberRuntime((fiber) => {
    const observed = start(telemetry, endpoint, request, inference, fiber)
    const finished = (span: Tracer.Span | undefined) => (exit: Exit.Exit<A, E>) =>
      Effect.withFiberRuntime<void>((fiber) => {
        finish(observed, span, exit, fiber)
        return Effect.void
      })
    if (!isTraced(fiber)) return Effect.onExit(run(observed, fiber.currentContext), finished(undefined))
    const { name, options } = spanOf(observed)
    return Effect.useSpan(name, options, (span) =>
      Effect.onExit(Effect.withParentSpan(run(observed, fiber.currentContext), span), finished(span)))
  })
