/**
 * Chat completions: the model's answer to a conversation.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ChatCompletions"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import { inference } from "./internal/telemetry/inference.js"
import type { OpenAiClient } from "./OpenAiClient.js"
import * as Operation from "./Operation.js"
import * as Tool from "./Tool.js"

/**
 * What a completion is created from; whether it is streamed is said by the function that is called.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateRequest extends Omit<Contract.CreateChatCompletionRequest, "stream"> {}

/**
 * Create chat completion (`createChatCompletion`). `.stream` hands out its chunks.
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
export const create: Operation.Streaming<
  CreateRequest,
  Contract.CreateChatCompletionResponse,
  Contract.CreateChatCompletionStreamResponse
> = Operation.streaming(Contract.create, inference("chat"))

/**
 * How a conversation with tools is led.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunToolsOptions<OnError extends "fail" | "output"> extends Tool.Options<OnError> {
  /** How many answers of the model there may be; 16 unless told. The last may then still ask for tools. */
  readonly maxRounds?: number | undefined
}

/**
 * How a conversation with tools ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Conversation {
  /** The last answer. */
  readonly completion: Contract.CreateChatCompletionResponse
  /** The messages up to it, the calls and their outputs among them: what the next request goes on from. */
  readonly messages: CreateRequest["messages"]
}

/** An answer as a message of the next request, which takes less than an answer may have. */
const asMessage = ({ content, refusal, tool_calls }: Contract.ResponseMessage): CreateRequest["messages"][number] => ({
  role: "assistant",
  content: content ?? null,
  ...(typeof refusal === "string" ? { refusal } : {}),
  ...(tool_calls && tool_calls.length > 0
    ? {
      tool_calls: tool_calls.map(({ function: called, id }) => ({ id, type: "function" as const, function: called }))
    }
    : {})
})

/**
 * Creates completions, and runs the functions that the model asks for in between, all calls of an answer at the same time,
 * until it asks for none. Whether it does is told by its calls and not by its `finish_reason`, for servers differ there.
 * The tools are added to the request's own; one that the request forces by `tool_choice` is forced once. Only the first
 * choice is followed.
 *
 * Besides what its operation fails with, it fails with what a tool fails with, and with `ToolCallError` for calls that
 * no tool answers to; with `onError: "output"` the model is told instead.
 *
 * @since 0.1.0
 * @category tools
 */
export const runTools = <
  const Tools extends ReadonlyArray<Tool.Tool<any, any>>,
  OnError extends "fail" | "output" = "fail"
>(
  request: CreateRequest,
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
      const calls = message?.tool_calls ?? []
      const messages = message === undefined ? request.messages : [...request.messages, asMessage(message)]
      if (calls.length === 0 || rounds <= 1) return Effect.succeed({ completion, messages })
      return Effect.flatMap(
        Tool.run(tools, calls, { ...options, operation: "createChatCompletion" }),
        (outputs) => {
          const answers = outputs.map(({ output, tool_call_id }) => ({
            role: "tool" as const,
            content: output,
            tool_call_id
          }))
          const { tool_choice, ...rest } = request
          const unforced = tool_choice === "none" || tool_choice === "auto" ? { tool_choice } : {}
          return loop({ ...rest, ...unforced, messages: [...messages, ...answers] }, rounds - 1)
        }
      )
    })
  return loop(
    // No list of tools may be empty.
    tools.length === 0 ? request : { ...request, tools: [...request.tools ?? [], ...Tool.definitions(tools)] },
    options?.maxRounds ?? 16
  )
}
