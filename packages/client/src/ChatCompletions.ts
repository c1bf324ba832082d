/**
 * Model responses to a conversation.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ChatCompletions"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import { withDocumentedFields } from "./internal/request/messages.js"
import type { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import * as Tool from "./Tool.js"

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
 *   ChatStream.text(),
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
 * The message of the choices. Some servers split one message into several choices, for its text and for its calls. A call
 * without an ID receives one that no other call of the conversation has.
 */
const messageOf = (
  { choices }: Contract.CreateChatCompletionResponse,
  round: number
): Contract.ResponseMessage | undefined => {
  const [first, ...others] = choices.map(({ message }) => message)
  if (first === undefined) return undefined
  const { tool_calls = [], ...message } = others.reduce(joinMessages, first)
  return tool_calls.length === 0 ? message : {
    ...message,
    tool_calls: tool_calls.map((call, index) => call.id ? call : { ...call, id: `call_${round}_${index}` })
  }
}

const joinMessages = (
  one: Contract.ResponseMessage,
  other: Contract.ResponseMessage
): Contract.ResponseMessage => {
  const calls = [...one.tool_calls ?? [], ...other.tool_calls ?? []]
  return {
    ...one,
    ...other,
    content: [one.content, other.content].filter(Boolean).join("\n") || null,
    ...(calls.length > 0 ? { tool_calls: calls } : {})
  }
}

/** A call that is not of a function can't be run, but needs an output like the others. */
const asToolCall = (call: NonNullable<Contract.ResponseMessage["tool_calls"]>[number]): Tool.ToolCall =>
  call.type === "function"
    ? { id: String(call.id), function: call.function }
    : { id: String(call["id"]), function: { name: call.type, arguments: "" } }

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
 * `onError: "output"` the model receives these errors instead.
 *
 * @since 0.1.0
 * @category tools
 */
export const runTools = <
  const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
  OnError extends "fail" | "output" = "fail"
>(
  request: Tool.WithoutHandlers<CreateRequest>,
  tools: Tools,
  options?: RunToolsOptions<OnError>
): Effect.Effect<
  Conversation,
  OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
  OpenAiClient | Tool.Context<Tools>
> => {
  type Loop = Effect.Effect<
    Conversation,
    OpenAiError.OpenAiError | Tool.RunError<Tools, OnError>,
    OpenAiClient | Tool.Context<Tools>
  >
  if ((request.n ?? 1) > 1) {
    return new OpenAiError.InvalidRequestError({
      operation: "createChatCompletion",
      field: "n",
      message: "A tool loop continues one choice, so n can't be above 1"
    })
  }
  const loop = (request: CreateRequest, rounds: number): Loop =>
    Effect.flatMap(create(request), (completion): Loop => {
      const message = messageOf(completion, request.messages.length)
      const calls = message?.tool_calls ?? []
      const messages = message === undefined ? request.messages : [...request.messages, message]
      if (rounds <= 1 || !calls.some(({ type }) => type === "function")) {
        return Effect.succeed({ completion, messages })
      }
      return Effect.flatMap(
        Tool.run(tools, calls.map(asToolCall), { ...options, operation: "createChatCompletion" }),
        (outputs) => {
          const toolMessages = outputs.map(({ output, tool_call_id }) => ({
            role: "tool" as const,
            content: output,
            tool_call_id
          }))
          const { tool_choice, ...rest } = request
          const unforced = tool_choice === "none" || tool_choice === "auto" ? { tool_choice } : {}
          return loop({ ...rest, ...unforced, messages: [...messages, ...toolMessages] }, rounds - 1)
        }
      )
    })
  return loop(
    // The API refuses an empty list.
    tools.length === 0 ? request : { ...request, tools: [...request.tools ?? [], ...Tool.definitions(tools)] },
    options?.maxRounds ?? 16
  )
}
