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
  /** Notes what the chunks of its streamed answer say. */
  readonly watch: (observed: Observed) => (chunk: object) => void
}

/** What telemetry knows of a client. */
export interface Telemetry {
  readonly server: string
  readonly port: number
  /** Takes the client's credentials out of a text. */
  readonly redact: (text: string) => string
  /** What the client was made in. */
  readonly context: Context.Context<never>
  readonly active: Metrics.Labels
}

/** What a call has come to know by its end: who sends and who receives notes it here. */
export class Observed {
  readonly clock: Clock.Clock
  readonly since: number
  /** The labels that the program has put on all metrics of the caller's fiber. */
  readonly labels: Metrics.Labels
  /** The span around it, where anybody would see one. */
  span: Tracer.Span | undefined = undefined
  ended = false
  status: number | undefined = undefined
  requestId: string | undefined = undefined
  retries = 0
  /** The answer, where it is that of an inference: a whole one, or what all chunks of one say. */
  answer: object | undefined = undefined

  constructor(
    readonly telemetry: Telemetry,
    readonly endpoint: Endpoint.Any,
    readonly request: object,
    readonly inference: Inference | undefined,
    fiber: Fiber.RuntimeFiber<unknown, unknown>
  ) {
    this.clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    this.since = this.clock.unsafeCurrentTimeMillis()
    this.labels = fiber.getFiberRef(FiberRef.currentMetricLabels)
  }
}

export const make = (options: {
  readonly baseUrl: string
  readonly redact: (text: string) => string
  readonly context: Context.Context<never>
}): Telemetry => {
  const { hostname, port, protocol } = new URL(options.baseUrl)
  return {
    server: hostname,
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    redact: options.redact,
    context: options.context,
    active: Metrics.labels([], "unit", "{request}", "server.address", hostname)
  }
}

// -----------------------------------------------------------------------------
// spans and metrics, by the semantic conventions for HTTP clients; `openai.…` where those have no name
// -----------------------------------------------------------------------------

const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether anybody would see a span: Effect's own tracer keeps none. */
export const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  fiber.currentTracer !== silent && fiber.getFiberRef(FiberRef.currentTracerEnabled)

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

/** What an end is called that is no success. */
export const errorTypeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string | undefined =>
  exit._tag === "Success" ? undefined : Option.match(Cause.failureOption(exit.cause), {
    onSome: ({ _tag }) => _tag,
    onNone: () => Cause.isInterrupted(exit.cause) ? "interrupted" : "_OTHER"
  })

const describe = (observed: Observed, span: Tracer.Span, errorType: string | undefined) => {
  const put = (name: string, value: unknown) => {
    if (value !== undefined) span.attribute(name, value)
  }
  put("http.response.status_code", observed.status)
  put("http.request.resend_count", observed.retries === 0 ? undefined : observed.retries)
  put("openai.request_id", observed.requestId)
  put("error.type", errorType)
  observed.inference?.describe(observed, span)
}

const measure = (observed: Observed, errorType: string | undefined) => {
  const { clock, endpoint: { name }, inference, labels: ofFiber, retries, since, telemetry: { server } } = observed
  const seconds = (clock.unsafeCurrentTimeMillis() - since) / 1000
  const labels = (unit: string, errorType?: string) =>
    Metrics.labels(ofFiber, "unit", unit, "openai.operation", name, "server.address", server, "error.type", errorType)
  if (retries > 0) Metrics.retries.unsafeUpdate(retries, labels("{retry}"))
  if (inference === undefined) Metrics.operationDuration.unsafeUpdate(seconds, labels("s", errorType))
  else inference.measure(observed, seconds, errorType, ofFiber)
}

/** Notes that one request more is in flight, or one less. */
export const active = ({ telemetry }: Observed, change: 1 | -1): void =>
  Metrics.activeRequests.unsafeUpdate(change, telemetry.active)

/** Describes and measures a call that has ended, once. */
export const finish = (observed: Observed, errorType: string | undefined): void => {
  if (observed.ended) return
  observed.ended = true
  if (observed.span?.sampled) describe(observed, observed.span, errorType)
  measure(observed, errorType)
}

/** Puts a span around a call where anybody would see it. */
export const traced = <A, E extends { readonly _tag: string }>(
  observed: Observed,
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  call: Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  if (!isTraced(fiber)) return call
  const { name, options } = spanOf(observed)
  return Effect.useSpan(name, options, (span) => {
    observed.span = span
    return Effect.onExit(
      Effect.withParentSpan(call, span),
      // An interruption may have come before anything was begun.
      (exit) => Effect.sync(() => finish(observed, errorTypeOf(exit)))
    )
  })
}
