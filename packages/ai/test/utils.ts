import { OpenAiLanguageModel } from "@effect-openai/ai"
import { OpenAiClient } from "@effect-openai/client"
import { Emulator, Script } from "@effect-openai/emulator"
import { Tool, Toolkit } from "@effect/ai"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Chunk, Effect, Layer, Redacted, Schema, Stream } from "effect"

const client = (transport: Layer.Layer<HttpClient.HttpClient>, options: OpenAiClient.Options = {}) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-test"), ...options }).pipe(Layer.provide(transport), Layer.orDie)

/** The transport to an emulator whose model has some replies. */
export const server = (replies: Script.Turn["replies"], options?: Emulator.Options) =>
  Emulator.layer({ model: Script.layer({ turns: [{ replies }] }), ...options }).pipe(Layer.orDie)

/** A client of an emulator whose model has some replies. */
export const scripted = (
  replies: Script.Turn["replies"],
  options?: Emulator.Options
): Layer.Layer<OpenAiClient.OpenAiClient> => client(server(replies, options))

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string }

/** A client of a server that sends one response after the other, and the bodies of its requests. */
export const fake = (...answers: ReadonlyArray<Answer>) => {
  const bodies: Array<any> = []
  const transport = HttpClient.make((request) =>
    Effect.sync(() => {
      if (request.body._tag === "Uint8Array") bodies.push(JSON.parse(new TextDecoder().decode(request.body.body)))
      const { body, headers = {}, status = 200 } = answers[Math.min(bodies.length, answers.length) - 1]!
      return HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))
    })
  )
  return { bodies, layer: client(Layer.succeed(HttpClient.HttpClient, transport)) }
}

const envelope = { id: "chatcmpl-1", created: 1_700_000_000, model: "m" }

/** A chat completion of one message. */
export const completion = (message: object, choice: object = {}, others: object = {}): Answer => ({
  body: JSON.stringify({
    ...envelope,
    object: "chat.completion",
    choices: [{
      index: 0,
      message: { role: "assistant", content: null, ...message },
      finish_reason: "stop",
      ...choice
    }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    ...others
  })
})

/** A stream of deltas. The last one also has the reason. */
export const deltas = (...deltas: ReadonlyArray<object>): Answer => ({
  headers: { "content-type": "text/event-stream" },
  body: [
    ...deltas.map((delta, index) => ({
      ...envelope,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: index === deltas.length - 1 ? "stop" : null }]
    })),
    { ...envelope, choices: [], usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } }
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + "data: [DONE]\n\n"
})

export const collect = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const getWeather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: { city: Schema.String },
  success: Schema.Struct({ celsius: Schema.Number })
})

const now = Tool.make("now", { success: Schema.String })

export const toolkit = Toolkit.make(getWeather, now)

export const tools = toolkit.toLayer({
  get_weather: ({ city }) => Effect.succeed({ celsius: city === "Lisbon" ? 21 : 9 }),
  now: () => Effect.succeed("noon")
})

/** Runs an effect with a model and the handlers of the tools. */
export const over = (
  client: Layer.Layer<OpenAiClient.OpenAiClient>,
  config: OpenAiLanguageModel.Config.Service = {}
) =>
  Effect.provide(
    Layer.merge(OpenAiLanguageModel.layer({ model: "gpt-4o", config }).pipe(Layer.provide(client)), tools)
  )

/** A call of a tool, as servers send it. */
export const call = (id: string, name: string, args: string, others: object = {}) => ({
  id,
  type: "function",
  function: { name, arguments: args },
  ...others
})
