import { Assistants, ChatCompletions, Embeddings, Retry, Telemetry } from "@effect-openai/client"
import * as OtelMetrics from "@effect/opentelemetry/Metrics"
import * as OtelResource from "@effect/opentelemetry/Resource"
import * as OtelTracer from "@effect/opentelemetry/Tracer"
import { assert, describe, it } from "@effect/vitest"
import { SpanKind, SpanStatusCode } from "@opentelemetry/api"
import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  type MetricData,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

/** Returns what calls export to OpenTelemetry's exporters in memory. */
const exported = <A, E>(
  calls: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof Client.layer>>>,
  reply: Server.Reply,
  wish: Layer.Layer<never> = Layer.empty
) =>
  Effect.gen(function*() {
    const server = yield* Server.make(reply)
    const spans = new InMemorySpanExporter()
    const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 })
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
    const telemetry = Layer.mergeAll(
      OtelTracer.layer.pipe(Layer.provide(Layer.succeed(OtelTracer.OtelTracerProvider, provider))),
      OtelMetrics.layer(() => reader)
    ).pipe(Layer.provide(OtelResource.layer({ serviceName: "test" })))
    const exit = yield* Effect.gen(function*() {
      const exit = yield* Effect.exit(calls)
      yield* Effect.promise(() => reader.forceFlush())
      return exit
    }).pipe(
      Effect.withSpan("outer"),
      // All tests of a process share the metrics. The label separates the points of these calls.
      Effect.tagMetrics("test.server", server.origin),
      Effect.provide(Layer.merge(Client.layer(server.origin).pipe(Layer.provide(wish)), telemetry))
    )
    const all = spans.getFinishedSpans()
    const outer = all.find(({ name }) => name === "outer")!
    return {
      exit,
      server,
      port: Number(new URL(server.origin).port),
      /** The client's spans, whose parent is the program's. */
      spans: all.filter((span) => span.parentSpanContext?.spanId === outer.spanContext().spanId),
      count: all.length - 1,
      metrics: metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
      labels: { "test.server": server.origin },
      text: JSON.stringify([
        all.map(({ attributes, events, name, status }) => ({ attributes, events, name, status })),
        metrics.getMetrics().map(({ scopeMetrics }) => scopeMetrics)
      ])
    }
  })

/** The points of a metric with these labels. */
const pointsOf = (metrics: ReadonlyArray<MetricData>, name: string, labels: Record<string, unknown>) => {
  const metric = metrics.find(({ descriptor }) => descriptor.name === name)
  assert(metric !== undefined, `there is no ${name}`)
  const points = (metric as HistogramMetricData).dataPoints.filter(({ attributes }) =>
    Object.entries(labels).every(([name, value]) => attributes[name] === value)
  )
  return { unit: metric.descriptor.unit, points }
}

/** The form of an array attribute in `@effect/opentelemetry`. */
const asText = (values: ReadonlyArray<string>) => JSON.stringify(values, null, 2)

const secretWord = "a-word-of-the-user"
const responseWord = "a-word-of-the-model"
const request = (model: string) => ({ model, messages: [{ role: "user" as const, content: secretWord }] })

const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-2024-08-06",
  system_fingerprint: "fp_1",
  choices: [{
    index: 0,
    message: { role: "assistant", content: responseWord, refusal: null },
    finish_reason: "stop",
    logprobs: null
  }],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
}

const streamed = Conversation.reply(
  Conversation.event({ ...Conversation.chunk({ content: "a-word-of-" }), system_fingerprint: "fp_1" }),
  Conversation.event({
    ...Conversation.chunk({ content: "the-model" }),
    choices: [{ index: 0, delta: { content: "the-model" }, finish_reason: "stop" }]
  }),
  Conversation.event({
    ...Conversation.chunk({}),
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
  }),
  Conversation.done
)

describe("Telemetry, as OpenTelemetry exports it", () => {
  it.scopedLive("exports one span and two metrics of a chat completion", () =>
    Effect.gen(function*() {
      const { count, metrics, port, spans, text } = yield* exported(
        ChatCompletions.create({ ...request("chat-model"), temperature: 0.5, max_tokens: 9, stop: ["END"] }),
        Server.json(completion, 200, { "x-request-id": "req_1" })
      )
      assert.strictEqual(count, 1)
      assert.strictEqual(spans[0]!.name, "chat chat-model")
      assert.strictEqual(spans[0]!.kind, SpanKind.CLIENT)
      assert.strictEqual(spans[0]!.status.code, SpanStatusCode.OK)
      const { attributes } = spans[0]!
      assert.deepStrictEqual(Object.fromEntries(Object.entries(attributes).filter(([name]) => !/^code\./.test(name))), {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "chat-model",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": asText(["END"]),
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.finish_reasons": asText(["stop"]),
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
        "openai.response.system_fingerprint": "fp_1",
        "openai.operation": "createChatCompletion",
        "openai.request_id": "req_1",
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.template": "/chat/completions",
        "server.address": "127.0.0.1",
        "server.port": port
      })
      const labels = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "chat-model",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "server.address": "127.0.0.1"
      }
      const duration = pointsOf(metrics, "gen_ai.client.operation.duration", labels)
      assert.strictEqual(duration.unit, "s")
      assert.deepStrictEqual(duration.points.map(({ value }) => value.count), [1])
      const usage = (type: string) =>
        pointsOf(metrics, "gen_ai.client.token.usage", { ...labels, "gen_ai.token.type": type })
      assert.strictEqual(usage("input").unit, "{token}")
      assert.deepStrictEqual(usage("input").points.map(({ value }) => value.sum), [3])
      assert.deepStrictEqual(usage("output").points.map(({ value }) => value.sum), [5])
      assert.notInclude(text, secretWord)
      assert.notInclude(text, responseWord)
      assert.notInclude(text, "marked")
    }))

  it.scopedLive("exports the span of a streamed one at its end, with the data of its chunks", () =>
    Effect.gen(function*() {
      const { count, metrics, spans, text } = yield* exported(
        Stream.runDrain(ChatCompletions.create.stream(request("stream-model"))),
        streamed
      )
      assert.strictEqual(count, 1)
      assert.deepInclude(spans[0]!.attributes, {
        "gen_ai.response.finish_reasons": asText(["stop"]),
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5
      })
      const { points } = pointsOf(metrics, "gen_ai.client.token.usage", { "gen_ai.request.model": "stream-model" })
      assert.deepStrictEqual(points.map(({ value }) => value.sum).sort(), [3, 5])
      const { points: active } = pointsOf(metrics, "openai.client.active_requests", { "server.address": "127.0.0.1" })
      assert.deepStrictEqual(active.map(({ value }) => value as unknown), [0])
      assert.notInclude(text, secretWord)
      assert.notInclude(text, responseWord)
    }))

  it.scopedLive("an embedding is an inference without an output's tokens", () =>
    Effect.gen(function*() {
      const { metrics, spans, text } = yield* exported(
        Embeddings.create({ model: "embedding-model", input: secretWord, dimensions: 2 }),
        Server.json({
          object: "list",
          model: "embedding-model",
          data: [{ object: "embedding", index: 0, embedding: [0, 1] }],
          usage: { prompt_tokens: 3, total_tokens: 3 }
        })
      )
      assert.strictEqual(spans[0]!.name, "embeddings embedding-model")
      assert.deepInclude(spans[0]!.attributes, {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.embeddings.dimension.count": 2,
        "gen_ai.usage.input_tokens": 3
      })
      const { points } = pointsOf(metrics, "gen_ai.client.token.usage", { "gen_ai.request.model": "embedding-model" })
      assert.deepStrictEqual(points.map(({ attributes }) => attributes["gen_ai.token.type"]), ["input"])
      assert.notInclude(text, secretWord)
    }))

  it.scopedLive("exports a span and a duration of any other operation, with its error and its retries", () =>
    Effect.gen(function*() {
      const { count, labels: ofServer, metrics, spans } = yield* exported(
        Assistants.retrieve({ assistant_id: "asst_1" }).pipe(Client.atOnce),
        Server.error(503)
      )
      assert.strictEqual(count, 1)
      assert.strictEqual(spans[0]!.name, "openai.getAssistant")
      assert.strictEqual(spans[0]!.status.code, SpanStatusCode.ERROR)
      assert.deepInclude(spans[0]!.attributes, {
        "openai.operation": "getAssistant",
        "error.type": "InternalServerError",
        "http.response.status_code": 503,
        "http.request.resend_count": 2
      })
      assert.notProperty(spans[0]!.attributes, "gen_ai.operation.name")
      const labels = { ...ofServer, "openai.operation": "getAssistant", "server.address": "127.0.0.1" }
      const duration = pointsOf(metrics, "openai.client.operation.duration", {
        ...labels,
        "error.type": "InternalServerError"
      })
      assert.strictEqual(duration.unit, "s")
      assert.deepStrictEqual(duration.points.map(({ value }) => value.count), [1])
      const retries = pointsOf(metrics, "openai.client.retries", labels)
      assert.deepStrictEqual(retries.points.map(({ value }) => value as unknown), [2])
    }))

  it.scopedLive("a success has no error.type", () =>
    Effect.gen(function*() {
      const { spans } = yield* exported(
        Retry.none(Assistants.retrieve({ assistant_id: "asst_1" })),
        Server.json(Models.assistant())
      )
      assert.notProperty(spans[0]!.attributes, "error.type")
      assert.notProperty(spans[0]!.attributes, "http.request.resend_count")
    }))

  for (
    const [name, run, reply] of [
      ["whole", ChatCompletions.create(request("m")), Server.json(completion)],
      ["streamed", Stream.runDrain(ChatCompletions.create.stream(request("m"))), streamed]
    ] as const
  ) {
    it.scopedLive(`spans contain messages if that is enabled, ${name}`, () =>
      Effect.gen(function*() {
        const { spans } = yield* exported(
          Effect.asVoid<unknown, unknown, Layer.Layer.Success<ReturnType<typeof Client.layer>>>(run),
          reply,
          Telemetry.layerMessageContent
        )
        const told = (name: string) => JSON.parse(String(spans[0]!.attributes[name]))
        assert.deepStrictEqual(told("gen_ai.input.messages"), [
          { role: "user", parts: [{ type: "text", content: secretWord }] }
        ])
        assert.deepStrictEqual(told("gen_ai.output.messages"), [
          { role: "assistant", parts: [{ type: "text", content: responseWord }], finish_reason: "stop" }
        ])
        assert.deepInclude(spans[0]!.attributes, { "gen_ai.usage.output_tokens": 5 })
      }))
  }
})
