/**
 * Model responses to a conversation.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ChatCompletions"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
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

/**
 * Create chat completion (`createChatCompletion`). `.stream` emits its chunks.
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
export const create: Operation.Of<typeof Contract.create> = Operation.streamingInference(Contract.create)

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

/** Converts the message of a response for the next request, which accepts fewer fields. */
const asMessage = (
  { content, refusal }: Contract.ResponseMessage,
  calls: ReadonlyArray<Contract.ToolCall>
): CreateRequest["messages"][number] => ({
  role: "assistant",
  content: content ?? null,
  ...(typeof refusal === "string" ? { refusal } : {}),
  ...(calls.length > 0 ? { tool_calls: calls } : {})
})

/** The function calls of a message. A call without an ID receives one that no other call of the conversation has. */
const functionCalls = (message: Contract.ResponseMessage, round: number): ReadonlyArray<Contract.ToolCall> =>
  (message.tool_calls ?? []).flatMap((call, index) =>
    call.type === "function"
      ? [{ id: call.id || `call_${round}_${index}`, type: call.type, function: call.function }]
      : []
  )

/**
 * Creates completions and runs the functions that the model calls, until a response calls none. All calls of a response
 * run concurrently. The calls decide, not `finish_reason`, which differs between servers. The tools are added to those of
 * the request. A tool that `tool_choice` forces is forced in the first request only. Only the first choice is used.
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
  const loop = (request: CreateRequest, rounds: number): Loop =>
    Effect.flatMap(create(request), (completion): Loop => {
      const message = completion.choices[0]?.message
      const calls = message === undefined ? [] : functionCalls(message, request.messages.length)
      const messages = message === undefined ? request.messages : [...request.messages, asMessage(message, calls)]
      if (calls.length === 0 || rounds <= 1) return Effect.succeed({ completion, messages })
      return Effect.flatMap(
        Tool.run(tools, calls, { ...options, operation: "createChatCompletion" }),
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
