/**
 * Model responses to a conversation.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ChatCompletions"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as ChatStream from "./ChatStream.js"
import { withDocumentedFields } from "./internal/request/messages.js"
import { responseFormatOf, valueOf } from "./internal/response/parsed.js"
import { invokeAgent, invokeAgentStream } from "./internal/telemetry/tools.js"
import { callsOf, joinMessages, nextRequest, severalChoices } from "./internal/tools/chat.js"
import { chatEvents } from "./internal/tools/chatEvents.js"
import { OpenAiClient, withResponse } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import * as Tool from "./Tool.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/ChatCompletions"

/**
 * The request of {@link create}, without `stream`: `create.stream` sets it.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateRequest extends Omit<Contract.CreateChatCompletionRequest, "stream"> {}

const one = Operation.streamingInference(Contract.create)

/**
 * Create chat completion (`createChatCompletion`). `.stream` emits its chunks. The message of a response can be one of the
 * messages, and is sent as it was received, fields that are not documented included.
 *
 * @example
 * import { ChatCompletions, ChatStream } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const poem = ChatCompletions.create.stream({
 *   model: "gpt-4o",
 *   messages: [{ role: "user", content: "Write a poem." }]
 * }).pipe(
 *   ChatStream.text,
 *   Stream.runForEach((text) => Console.log(text))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Object.assign(
  (request: CreateRequest) => one(withDocumentedFields(request)),
  {
    endpoint: one.endpoint,
    stream: (request: CreateRequest, options?: Operation.StreamOptions) =>
      one.stream(withDocumentedFields(request), options)
  }
)

/**
 * Options of {@link runTools}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunToolsOptions<OnError extends "fail" | "output"> extends Tool.Options<OnError> {
  /** Default: 16. Maximum number of responses of the model. The last one may then still call tools. */
  readonly maxRounds?: number | undefined
}

/**
 * The result of {@link runTools}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Conversation {
  /** The last response. */
  readonly completion: Contract.CreateChatCompletionResponse
  /** All messages, with calls and their outputs: the next request continues from them. */
  readonly messages: CreateRequest["messages"]
}

/**
 * The last event of {@link runTools}`.stream`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamedConversation {
  /** The last response. */
  readonly completion: ChatStream.Snapshot
  /** All messages, with calls and their outputs: the next request continues from them. */
  readonly messages: CreateRequest["messages"]
}

/**
 * An event of {@link runTools}`.stream`: a chunk of a response, a call, the output of a call, or the end.
 *
 * @since 0.1.0
 * @category models
 */
export type RunToolsEvent =
  | { readonly event: "chat.completion.chunk"; readonly data: Contract.CreateChatCompletionStreamResponse }
  | Tool.Event
  | { readonly event: "conversation"; readonly data: StreamedConversation }

/**
 * A tool loop over chat completions.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunTools {
  <const Tools extends ReadonlyArray<Tool.Tool<any, any>>, OnError extends "fail" | "output" = "fail">(
    request: Tool.WithoutHandlers<CreateRequest>,
    tools: Tools,
    options?: RunToolsOptions<OnError>
  ): Effect.Effect<
    Conversation,
    OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
  /** Emits the chunks of every response, the calls and their outputs. The last event has the conversation. */
  readonly stream: <
    const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
    OnError extends "fail" | "output" = "fail"
  >(
    request: Tool.WithoutHandlers<CreateRequest>,
    tools: Tools,
    options?: RunToolsOptions<OnError> & Operation.StreamOptions
  ) => Stream.Stream<
    RunToolsEvent,
    OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
}

/** The API refuses an empty list of tools. */
const withTools = (request: CreateRequest, tools: ReadonlyArray<Tool.Tool<any, any>>): CreateRequest =>
  tools.length === 0 ? request : { ...request, tools: [...request.tools ?? [], ...Tool.definitions(tools)] }

const runToolsBuffered = (
  request: CreateRequest,
  tools: ReadonlyArray<Tool.Tool<any, any>>,
  options?: RunToolsOptions<"fail" | "output">
): Effect.Effect<Conversation, any, any> => {
  const invalid = severalChoices(request)
  if (invalid !== undefined) return invalid
  const loop = (request: CreateRequest, rounds: number): Effect.Effect<Conversation, any, any> =>
    Effect.flatMap(create(request), (completion) => {
      const message = joinMessages(completion.choices.map(({ message }) => message), request.messages.length)
      const calls = callsOf(message)
      const messages = message === undefined ? request.messages : [...request.messages, message]
      if (rounds <= 1 || calls.length === 0) return Effect.succeed({ completion, messages })
      return Effect.flatMap(
        Tool.run(tools, calls, { ...options, operation: "createChatCompletion" }),
        (outputs) => loop(nextRequest(request, messages, outputs), rounds - 1)
      )
    })
  return invokeAgent(loop(withTools(request, tools), options?.maxRounds ?? 16))
}

const runToolsStream = (
  request: CreateRequest,
  tools: ReadonlyArray<Tool.Tool<any, any>>,
  options: RunToolsOptions<"fail" | "output"> & Operation.StreamOptions = {}
): Stream.Stream<RunToolsEvent, any, any> => {
  const invalid = severalChoices(request)
  return invalid === undefined
    ? invokeAgentStream(chatEvents(create, tools, options)(withTools(request, tools)))
    : Stream.fail(invalid)
}

/**
 * Creates completions and runs the functions that the model calls, until a response calls none. All calls of a response
 * run concurrently. The calls decide, not `finish_reason`, which differs between servers. The tools are added to those of
 * the request. A tool that `tool_choice` forces is forced in the first request only. Each message of the model is sent back
 * as it was received, fields that are not documented included. A response that only calls tools of other types than
 * `function` ends the loop.
 *
 * The loop continues one choice, so a request with `n` above 1 fails with `InvalidRequestError`. Choices that a server sends
 * without that are parts of one message.
 *
 * Also fails with the errors of the tools, and with `ToolCallError` for a call that no tool can run. With
 * `onError: "output"` the model receives these errors instead. The loop has a span `invoke_agent`, and each call one that is
 * `execute_tool <name>`.
 *
 * `.stream` emits the chunks of every response, each call before it runs, and each output as soon as it is there.
 *
 * @example
 * import { ChatCompletions, ChatStream, Tool } from "@effect-openai/client"
 * import { Console, Effect, Schema, Stream } from "effect"
 *
 * const weather = Tool.make("get_weather", {
 *   description: "The weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
 * })
 *
 * const text = ChatCompletions.runTools.stream(
 *   { model: "gpt-4o", messages: [{ role: "user", content: "How warm is it in Lisbon?" }] },
 *   [weather]
 * ).pipe(ChatStream.text, Stream.runForEach((text) => Console.log(text)))
 *
 * @since 0.1.0
 * @category tools
 */
export const runTools: RunTools = Object.assign(runToolsBuffered, { stream: runToolsStream })

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/**
 * Options of {@link parse}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ParseOptions {
  /** Default: `response`. The name of the Schema, which the model receives. */
  readonly name?: string | undefined
  /** What the value is for. The model receives it. */
  readonly description?: string | undefined
  /**
   * Default: true. Whether the server admits only JSON that fits the Schema. The API then accepts only a subset of JSON
   * Schema: every field is required, and nullable instead of optional.
   */
  readonly strict?: boolean | undefined
}

/**
 * Creates a completion (`createChatCompletion`) whose first choice is JSON that fits a Schema, and returns the decoded value.
 * `response_format` is derived from the Schema.
 *
 * Fails with `RefusalError` where the model refuses or the content filter removes the response, with `InvalidResponseError`
 * where the content does not fit, for example because `max_tokens` cut it, and with `InvalidRequestError` for a Schema without
 * a JSON Schema.
 *
 * @example
 * import { ChatCompletions } from "@effect-openai/client"
 * import { Effect, Schema } from "effect"
 *
 * const Weather = Schema.Struct({ city: Schema.String, celsius: Schema.Number })
 *
 * const weather = ChatCompletions.parse(Weather, {
 *   model: "gpt-4o",
 *   messages: [{ role: "user", content: "It is 21 °C in Lisbon." }]
 * }).pipe(Effect.map(({ celsius, city }) => `${city}: ${celsius}`))
 *
 * @since 0.1.0
 * @category values
 */
export const parse = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  request: Omit<CreateRequest, "response_format">,
  options: ParseOptions = {}
): Effect.Effect<A, OpenAiError.OpenAiError | OpenAiError.RefusalError, OpenAiClient | R> =>
  Effect.gen(function*() {
    const { redact } = yield* OpenAiClient
    const response_format = yield* responseFormatOf(schema, options)
    const [completion, response] = yield* withResponse(create({ ...request, response_format }))
    return yield* valueOf(schema, completion, response, redact)
  })
