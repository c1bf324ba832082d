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
import type { Redact } from "../secrets.js"
import * as Metrics from "./metrics.js"

/** The telemetry of an inference, which other operations do not bundle. */
export interface InferenceTelemetry {
  /** The name of the span. */
  readonly nameOf: (observed: Observed) => string
  /** The attributes of the span at its start. */
  readonly attributesOf: (observed: Observed) => Readonly<Record<string, unknown>>
  /** Adds attributes to the span at its end. */
  readonly describe: (observed: Observed, span: Tracer.Span) => void
  /** Updates the metrics, instead of the duration of other operations. */
  readonly measure: (
    observed: Observed,
    seconds: number,
    errorType: string | undefined,
    ofFiber: Metrics.Labels
  ) => void
  /** Returns a callback for the chunks of a streamed response. */
  readonly observeChunks: (observed: Observed) => (chunk: object) => void
}

/** The telemetry of a client. */
export interface Telemetry {
  readonly server: string
  readonly port: number
  /** Removes the client's credentials from a text. */
  readonly redact: Redact
  /** The context of the client's layer. */
  readonly context: Context.Context<never>
  readonly active: Metrics.Labels
}

/** What telemetry reports of a call. */
export class Observed {
  readonly clock: Clock.Clock
  readonly since: number
  /** The labels of all metrics of the caller's fiber. */
  readonly labels: Metrics.Labels
  /** Undefined where no tracer is set. */
  span: Tracer.Span | undefined = undefined
  isEnded = false
  status: number | undefined = undefined
  requestId: string | undefined = undefined
  retries = 0
  /** The response body of an inference: a buffered one, or what all chunks of a streamed one add up to. */
  responseBody: object | undefined = undefined

  constructor(
    readonly telemetry: Telemetry,
    readonly endpoint: Endpoint.Any,
    readonly request: object,
    readonly inference: InferenceTelemetry | undefined,
    fiber: Fiber.RuntimeFiber<unknown, unknown>
  ) {
    this.clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    this.since = this.clock.unsafeCurrentTimeMillis()
    this.labels = fiber.getFiberRef(FiberRef.currentMetricLabels)
  }
}

export const make = (options: {
  readonly baseUrl: string
  readonly redact: Redact
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
// spans and metrics: semantic conventions for HTTP clients, and `openai.…` where they have no name
// -----------------------------------------------------------------------------

const defaultTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether a tracer is set. Effect's default tracer keeps no span. */
export const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  fiber.currentTracer !== defaultTracer && fiber.getFiberRef(FiberRef.currentTracerEnabled)

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
        ...inference?.attributesOf(observed)
      }
    }
  }
}

/** The `error.type` of an exit. Undefined for a success. */
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

/** Counts one more request in flight, or one less. */
export const active = ({ telemetry }: Observed, change: 1 | -1): void =>
  Metrics.activeRequests.unsafeUpdate(change, telemetry.active)

/** Finishes span and metrics of a call, once. */
export const finish = (observed: Observed, errorType: string | undefined): void => {
  if (observed.isEnded) return
  observed.isEnded = true
  if (observed.span?.sampled) describe(observed, observed.span, errorType)
  measure(observed, errorType)
}

/** Adds a span to a call, where a tracer is set. */
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
      // The call may be interrupted before its first attempt.
      (exit) => Effect.sync(() => finish(observed, errorTypeOf(exit)))
    )
  })
}
