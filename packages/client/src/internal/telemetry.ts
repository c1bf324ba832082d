import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Cleanup } from "./cleanup.js"
import * as Metrics from "./metrics.js"

/** The part of an inference's answer that telemetry knows: that of a whole answer, or of all chunks of one. */
interface Inference {
  id?: unknown
  model?: unknown
  system_fingerprint?: unknown
  service_tier?: unknown
  usage?: unknown
  choices?: unknown
}

/** What a call has come to know by its end: who sends and who receives notes it here. */
export interface Observed {
  status: number | undefined
  requestId: string | undefined
  retries: number
  /** The answer, where it is that of an inference. */
  inference: Inference | undefined
  readonly isInference: boolean
  readonly cleanup: Cleanup
}

/** What of messages is put on spans. */
export interface MessageContent {
  readonly input: (request: object) => string | undefined
  readonly output: (answer: object) => string | undefined
  /** Adds the chunk of a streamed answer to what came before. */
  readonly append: (answer: object | undefined, chunk: object) => object
}

/** Nothing of them, unless told. */
export class CurrentMessageContent extends Context.Reference<CurrentMessageContent>()(
  "@effect-openai/client/internal/CurrentMessageContent",
  { defaultValue: (): MessageContent | undefined => undefined }
) {}

export interface Telemetry {
  /** Puts a span around a call, and measures it. */
  readonly call: <A, E extends { readonly _tag: string }>(
    endpoint: Endpoint.Any,
    request: object,
    run: (observed: Observed, context: Context.Context<never>) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E>
  /** The same around a call whose answer is a Stream, until that ends. */
  readonly stream: <A, E extends { readonly _tag: string }>(
    endpoint: Endpoint.Any,
    request: object,
    run: (
      observed: Observed,
      context: Context.Context<never>,
      scope: Scope.Scope
    ) => Effect.Effect<Stream.Stream<A, E>, E>
  ) => Stream.Stream<A, E>
}

// -----------------------------------------------------------------------------
// attributes
// -----------------------------------------------------------------------------

const provider = "openai"

/** The operations that are an inference, and what the conventions call them. */
const inferences: { readonly [operation: string]: string | undefined } = {
  createChatCompletion: "chat",
  createCompletion: "text_completion",
  createEmbedding: "embeddings"
}

/** The fields of an inference's request that have an attribute. */
const requestAttributes = {
  dimensions: "gen_ai.embeddings.dimension.count",
  frequency_penalty: "gen_ai.request.frequency_penalty",
  max_completion_tokens: "gen_ai.request.max_tokens",
  max_tokens: "gen_ai.request.max_tokens",
  presence_penalty: "gen_ai.request.presence_penalty",
  seed: "gen_ai.request.seed",
  service_tier: "openai.request.service_tier",
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p"
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown })[name] : undefined

const number = (value: unknown): number | undefined => typeof value === "number" ? value : undefined

/** The tokens that an answer says it used. */
export const usageOf = ({ inference }: Observed) => {
  const usage = inference?.usage
  return {
    input: number(field(usage, "prompt_tokens")),
    output: number(field(usage, "completion_tokens")),
    total: number(field(usage, "total_tokens"))
  }
}

const errorTypeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string | undefined =>
  exit._tag === "Success" ? undefined : Option.match(Cause.failureOption(exit.cause), {
    onSome: ({ _tag }) => _tag,
    onNone: () => Cause.isInterrupted(exit.cause) ? "interrupted" : "_OTHER"
  })

const merge = (self: Inference | undefined, chunk: object): Inference => {
  const next: Inference = chunk
  if (self === undefined) return { ...next, choices: [...asArray(next.choices)] }
  if (next.usage) self.usage = next.usage
  for (const choice of asArray(next.choices)) {
    if (field(choice, "finish_reason")) (self.choices as Array<unknown>).push(choice)
  }
  return self
}

const asArray = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/** Notes what the chunks of a streamed inference say, without a change of them. */
const watch = (
  observed: Observed,
  content: MessageContent | undefined
): <A, E>(events: Stream.Stream<A, E>) => Stream.Stream<A, E> => {
  if (!observed.isInference) return (events) => events
  const append = content?.append ?? merge
  return Stream.mapChunks((events) => {
    for (const event of Chunk.toReadonlyArray(events)) {
      if (typeof event === "object" && event !== null) observed.inference = append(observed.inference, event)
    }
    return events
  })
}

// -----------------------------------------------------------------------------
// spans and metrics
// -----------------------------------------------------------------------------

const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether anybody would see a span: Effect's own tracer keeps none. */
const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  fiber.currentTracer !== silent && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/** Spans and metrics by the semantic conventions for GenAI clients; `openai.…` where those have no name. */
export const make = (options: {
  readonly baseUrl: string
  readonly scrub: (text: string) => string
  readonly content: MessageContent | undefined
}): Telemetry => {
  const { content, scrub } = options
  const { hostname, port, protocol } = new URL(options.baseUrl)
  const serverPort = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)

  const text = (value: unknown): string | undefined => typeof value === "string" ? scrub(value) : undefined

  const start = (endpoint: Endpoint.Any, request: object) => {
    const inference = inferences[endpoint.name]
    const model = inference === undefined ? undefined : text(field(request, "model"))
    const observed: Observed = {
      status: undefined,
      requestId: undefined,
      retries: 0,
      inference: undefined,
      isInference: inference !== undefined,
      cleanup: new Cleanup()
    }
    return { inference, model, observed }
  }

  const spanOf = (endpoint: Endpoint.Any, { inference, model }: ReturnType<typeof start>) => {
    const attributes: Record<string, unknown> = {
      "http.request.method": endpoint.method,
      "url.template": endpoint.path,
      "server.address": hostname,
      "server.port": serverPort,
      "openai.operation": endpoint.name
    }
    if (inference !== undefined) {
      attributes["gen_ai.operation.name"] = inference
      attributes["gen_ai.provider.name"] = provider
      attributes["gen_ai.request.model"] = model
    }
    return {
      name: inference === undefined ? `openai.${endpoint.name}` : `${inference} ${model}`,
      options: { kind: "client", captureStackTrace: false, attributes } as const
    }
  }

  const describe = (
    span: Tracer.Span,
    request: object,
    { inference, isInference, requestId, retries, status }: Observed,
    errorType: string | undefined
  ) => {
    // A request's fields are its caller's, whether or not they fit the contract.
    const put = (name: string, value: unknown) => {
      if (typeof value === "number") span.attribute(name, value)
      else if (typeof value === "string") span.attribute(name, scrub(value))
      else if (Array.isArray(value)) span.attribute(name, value.flatMap((item) => text(item) ?? []))
    }
    put("http.response.status_code", status)
    put("http.request.resend_count", retries === 0 ? undefined : retries)
    put("openai.request_id", requestId)
    put("error.type", errorType)
    if (!isInference) return
    for (const [name, attribute] of Object.entries(requestAttributes)) put(attribute, field(request, name))
    const count = field(request, "n")
    put("gen_ai.request.choice.count", count === 1 ? undefined : count)
    const stop = field(request, "stop")
    put("gen_ai.request.stop_sequences", typeof stop === "string" ? [stop] : stop)
    const format = field(request, "encoding_format")
    put("gen_ai.request.encoding_formats", format === undefined ? undefined : [format])
    const type = field(field(request, "response_format"), "type")
    put("gen_ai.output.type", type === undefined ? undefined : type === "text" ? "text" : "json")
    if (content !== undefined) put("gen_ai.input.messages", content.input(request))
    if (inference === undefined) return
    put("gen_ai.response.id", inference.id)
    put("gen_ai.response.model", inference.model)
    put("openai.response.system_fingerprint", inference.system_fingerprint)
    put("openai.response.service_tier", inference.service_tier)
    const reasons = asArray(inference.choices).flatMap((choice) => field(choice, "finish_reason") ?? [])
    put("gen_ai.response.finish_reasons", reasons.length === 0 ? undefined : reasons)
    const usage = field(inference, "usage")
    put("gen_ai.usage.input_tokens", number(field(usage, "prompt_tokens")))
    put("gen_ai.usage.output_tokens", number(field(usage, "completion_tokens")))
    if (content !== undefined) put("gen_ai.output.messages", content.output(inference))
  }

  const measure = (
    { inference, model, observed }: ReturnType<typeof start>,
    endpoint: Endpoint.Any,
    errorType: string | undefined,
    millis: number,
    ofFiber: ReturnType<typeof Metrics.labels>
  ) => {
    if (observed.retries > 0) {
      const labels = Metrics.labels("unit", "{retry}", "openai.operation", endpoint.name, "server.address", hostname)
      Metrics.retries.unsafeUpdate(observed.retries, Metrics.also(labels, ofFiber))
    }
    if (inference === undefined) {
      const labels = Metrics.labels(
        "unit",
        "s",
        "openai.operation",
        endpoint.name,
        "server.address",
        hostname,
        "error.type",
        errorType
      )
      Metrics.operationDuration.unsafeUpdate(millis / 1000, Metrics.also(labels, ofFiber))
      return
    }
    const responseModel = text(observed.inference?.model)
    const of = (...more: ReadonlyArray<string | undefined>) =>
      Metrics.also(
        Metrics.labels(
          "gen_ai.operation.name",
          inference,
          "gen_ai.provider.name",
          provider,
          "gen_ai.request.model",
          model,
          "gen_ai.response.model",
          responseModel,
          "server.address",
          hostname,
          ...more
        ),
        ofFiber
      )
    Metrics.inferenceDuration.unsafeUpdate(millis / 1000, of("unit", "s", "error.type", errorType))
    const { input, output } = usageOf(observed)
    if (input !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(input, of("unit", "{token}", "gen_ai.token.type", "input"))
    }
    if (output !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(output, of("unit", "{token}", "gen_ai.token.type", "output"))
    }
  }

  const finish = (
    started: ReturnType<typeof start>,
    since: number,
    clock: Clock.Clock,
    span: Tracer.Span | undefined,
    endpoint: Endpoint.Any,
    request: object
  ) =>
  (exit: Exit.Exit<unknown, { readonly _tag: string }>) =>
    Effect.withFiberRuntime<void>((fiber) => {
      started.observed.cleanup.run()
      const errorType = errorTypeOf(exit)
      if (span?.sampled) describe(span, request, started.observed, errorType)
      const millis = clock.unsafeCurrentTimeMillis() - since
      measure(started, endpoint, errorType, millis, fiber.getFiberRef(FiberRef.currentMetricLabels))
      return Effect.void
    })

  return {
    call: (endpoint, request, run) =>
      Effect.withFiberRuntime((fiber) => {
        const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
        const started = start(endpoint, request)
        const since = clock.unsafeCurrentTimeMillis()
        if (!isTraced(fiber)) {
          return Effect.onExit(
            run(started.observed, fiber.currentContext),
            finish(started, since, clock, undefined, endpoint, request)
          )
        }
        const { name, options } = spanOf(endpoint, started)
        return Effect.useSpan(name, options, (span) =>
          Effect.onExit(
            Effect.withParentSpan(run(started.observed, fiber.currentContext), span),
            finish(started, since, clock, span, endpoint, request)
          ))
      }),
    stream: (endpoint, request, run) =>
      Stream.unwrapScoped(Effect.withFiberRuntime((fiber) => {
        const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
        const started = start(endpoint, request)
        const since = clock.unsafeCurrentTimeMillis()
        const { name, options } = spanOf(endpoint, started)
        const makeSpan = isTraced(fiber) ? Effect.makeSpanScoped(name, options) : Effect.succeed(undefined)
        return Effect.flatMap(makeSpan, (span) =>
          Effect.scopeWith((scope) => {
            const inSpan = span === undefined ? run(started.observed, fiber.currentContext, scope) : Effect.map(
              Effect.withParentSpan(run(started.observed, fiber.currentContext, scope), span),
              Stream.provideService(Tracer.ParentSpan, span)
            )
            return Scope.addFinalizerExit(
              scope,
              (exit) =>
                finish(started, since, clock, span, endpoint, request)(
                  exit as Exit.Exit<unknown, { readonly _tag: string }>
                )
            ).pipe(Effect.zipRight(inSpan), Effect.map(watch(started.observed, content)))
          }))
      }))
  }
}
