import type * as Contract from "@effect-openai/core/ChatCompletions"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids } from "../Ids.js"
import * as Model from "../Model.js"
import { type Service, Tokenizer } from "../Tokenizer.js"
import { api } from "./api.js"
import { now } from "./documents.js"
import { ask } from "./engine/prompt.js"
import { usageOf } from "./engine/usage.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { bill, type Usage, whenEnded } from "./organization/meter.js"
import { RateLimits } from "./rateLimits.js"
import { fromModelError, limited, type TextFinishReason } from "./reply.js"
import * as Chat from "./rules/chat.js"
import { check } from "./rules/rule.js"
import * as Sse from "./sse.js"
import { forEachChunk } from "./streams.js"
import { promptTokens } from "./tokens.js"

type Request = Chat.Request
type Chunk = Contract.CreateChatCompletionStreamResponse
type FinishReason = TextFinishReason | "tool_calls" | "function_call"

// -----------------------------------------------------------------------------
// prompt
// -----------------------------------------------------------------------------

const textOf = (content: Contract.Message["content"]): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : "")
      .join("\n")

/** The tool calls since the last message of the user, with their outputs. */
const toolCallsOf = (messages: Request["messages"]): ReadonlyArray<Model.ToolCall> => {
  const calls: Array<{ id: string; name: string; arguments: string; output: string }> = []
  for (const message of messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1)) {
    if (message.role === "assistant") {
      for (const call of message.tool_calls ?? []) calls.push({ id: call.id, ...call.function, output: "" })
      if (message.function_call != null) calls.push({ id: "", ...message.function_call, output: "" })
    }
    for (const call of calls) {
      const isOutput = message.role === "tool"
        ? call.id === message.tool_call_id
        : message.role === "function" && call.name === message.name
      if (isOutput) call.output = textOf(message.content)
    }
  }
  return calls.map(({ id, ...call }) => ({ id, type: "function", function: call }))
}

const promptOf = (request: Request): Model.Prompt => {
  const { function_call: call, functions = [], messages, model, response_format: format, tools = [] } = request
  const legacyChoice = typeof call === "object" ? { type: "function", function: call } : call
  return {
    model,
    instructions: messages.flatMap(({ content, role }) =>
      role === "system" || role === "developer" ? [textOf(content)] : []
    ).join("\n"),
    // A message that only calls tools has no text.
    messages: messages.flatMap(({ content, role }) =>
      role === "user" || (role === "assistant" && textOf(content) !== "") ? [{ role, content: textOf(content) }] : []
    ),
    tools: [...tools, ...functions.map((declared) => ({ type: "function" as const, function: declared }))],
    toolChoice: request.tool_choice ?? legacyChoice ?? "auto",
    format: format?.type === "json_schema" ? format.json_schema.schema ?? "json_object" : format?.type ?? "text",
    files: [],
    toolCalls: toolCallsOf(messages)
  }
}

// -----------------------------------------------------------------------------
// reply
// -----------------------------------------------------------------------------

const logprobsOf = ({ logprobs, model, top_logprobs }: Request, text: string, { tokenize }: Service) =>
  logprobs !== true ? null : {
    content: tokenize(text, model).map((token) => {
      // The model has no alternative tokens.
      const certain = { token, logprob: 0, bytes: [...new TextEncoder().encode(token)] }
      return { ...certain, top_logprobs: (top_logprobs ?? 0) > 0 ? [certain] : [] }
    }),
    refusal: null
  }

type Delta = Contract.StreamResponseDelta

const isText = (reply: Model.Reply): reply is Model.Text | Model.FunctionCalls =>
  reply._tag === "Text" || reply._tag === "FunctionCalls"

/** The deltas of a reply. A response that is not streamed is gathered from them. */
const deltasOf = (request: Request, reply: Model.Text | Model.FunctionCalls, tokenizer: Service) =>
  Effect.gen(function*() {
    const first: Delta = { role: "assistant", content: reply._tag === "Text" ? "" : null, refusal: null }
    if (reply._tag === "Text") {
      const { pieces, reason } = limited(reply, {
        maxTokens: request.max_completion_tokens ?? request.max_tokens ?? Infinity,
        model: request.model,
        stop: request.stop,
        tokenizer
      })
      return { first, reason, rest: Stream.map(pieces, (content): Delta => ({ content })) }
    }
    const ids = yield* Ids
    const isLegacy = request.tools === undefined && request.functions !== undefined
    const calls = isLegacy || request.parallel_tool_calls === false ? reply.calls.slice(0, 1) : reply.calls
    const rest: Array<Delta> = []
    for (const [index, { arguments: text, name }] of calls.entries()) {
      const pieces = tokenizer.tokenize(text, request.model).filter((piece) => piece !== "")
      if (isLegacy) {
        rest.push({ function_call: { name, arguments: "" } })
        for (const piece of pieces) rest.push({ function_call: { arguments: piece } })
      } else {
        const id = yield* ids.next("call_")
        rest.push({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] })
        for (const piece of pieces) rest.push({ tool_calls: [{ index, function: { arguments: piece } }] })
      }
    }
    const reason = (): FinishReason => isLegacy ? "function_call" : "tool_calls"
    return { first, reason, rest: Stream.fromIterable(rest) }
  })

/** The texts of a reply, each of which is tokenized alone: the content, and the names and arguments of calls. */
class Written {
  private readonly texts = new Map<string, string>()

  private append(key: string, text: string | null | undefined): void {
    if (text) this.texts.set(key, (this.texts.get(key) ?? "") + text)
  }

  add({ content, function_call, tool_calls }: Delta): void {
    this.append("content", content)
    for (const { function: call, index } of [{ function: function_call, index: 0 }, ...(tool_calls ?? [])]) {
      this.append(`${index}.name`, call?.name)
      this.append(`${index}.arguments`, call?.arguments)
    }
  }

  tokens({ count }: Service, model: string): number {
    return [...this.texts.values()].reduce((sum, text) => sum + count(text, model), 0)
  }
}

/** A message from its deltas. */
const gather = (deltas: Iterable<Delta>): Contract.ResponseMessage => {
  const calls: Array<{ id: string; type: "function"; function: { name: string; arguments: string } }> = []
  let content = ""
  let legacy: { name: string; arguments: string } | undefined
  for (const delta of deltas) {
    content += delta.content ?? ""
    for (const { function: called, id, index = 0 } of delta.tool_calls ?? []) {
      const call = calls[index] ??= {
        id: id ?? "",
        type: "function",
        function: { name: called?.name ?? "", arguments: "" }
      }
      call.function.arguments += called?.arguments ?? ""
    }
    if (delta.function_call != null) {
      legacy ??= { name: delta.function_call.name ?? "", arguments: "" }
      legacy.arguments += delta.function_call.arguments ?? ""
    }
  }
  return {
    role: "assistant",
    content: calls.length > 0 || legacy !== undefined ? null : content,
    refusal: null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(legacy === undefined ? {} : { function_call: legacy })
  }
}

export const layer = HttpApiBuilder.group(
  api,
  "ChatCompletions",
  (handlers) =>
    handlers.handle("createChatCompletion", ({ payload }) =>
      Effect.gen(function*() {
        const request = payload as Request
        yield* check(Chat.rules, request)
        const ids = yield* Ids
        const prompt = promptOf(request)
        const tokenizer = yield* Tokenizer
        const read = promptTokens(tokenizer, prompt)
        const { admit } = yield* RateLimits
        yield* admit(payload.model, {
          tokens: Math.max(read, payload.max_completion_tokens ?? payload.max_tokens ?? 0),
          shown: ["requests", "tokens"]
        })
        const choices = yield* Effect.forEach(Array.from({ length: payload.n ?? 1 }), () =>
          ask(prompt).pipe(
            Effect.filterOrFail(
              isText,
              () =>
                new Model.ModelError({
                  code: "server_error",
                  message: "The model used a tool that chat completions do not have."
                })
            ),
            Effect.flatMap((reply) => deltasOf(request, reply, tokenizer)),
            Effect.mapError(fromModelError)
          ))
        const envelope = {
          id: yield* ids.next("chatcmpl-"),
          created: yield* now,
          model: payload.model,
          system_fingerprint: "fp_emulator",
          ...(payload.service_tier == null ? {} : { service_tier: "default" as const })
        }

        const written = choices.map(() => new Written())
        const tokensWritten = () => written.reduce((sum, one) => sum + one.tokens(tokenizer, payload.model), 0)
        const used = (output_tokens: number): Usage => ({
          kind: "completions",
          model: payload.model,
          input_tokens: read,
          output_tokens
        })

        if (payload.stream === true) {
          const end = yield* whenEnded
          const includesUsage = payload.stream_options?.include_usage === true
          return yield* Sse.respond((emit) =>
            Effect.gen(function*() {
              const message = (chunk: Pick<Chunk, "choices" | "usage">) => ({
                data: {
                  ...envelope,
                  object: "chat.completion.chunk",
                  ...(includesUsage ? { usage: null } : {}),
                  ...chunk
                }
              })
              const one = (index: number, delta: Delta, finish_reason: FinishReason | null) =>
                message({
                  choices: [{
                    index,
                    delta,
                    logprobs: typeof delta.content === "string" && delta.content !== ""
                      ? logprobsOf(request, delta.content, tokenizer)
                      : null,
                    finish_reason
                  }]
                })
              for (const [index, { first, reason, rest }] of choices.entries()) {
                yield* emit([one(index, first, null)])
                yield* forEachChunk(rest, (deltas) => {
                  for (const delta of deltas) written[index]!.add(delta)
                  return emit(Array.from(deltas, (delta) => one(index, delta, null)))
                }).pipe(Effect.mapError(fromModelError))
                yield* emit([one(index, {}, reason())])
              }
              if (includesUsage) yield* emit([message({ choices: [], usage: usageOf(read, tokensWritten()) })])
            }).pipe(end(() => used(tokensWritten()))), { named: false })
        }

        const complete = yield* Effect.forEach(choices, ({ reason, rest }, index) =>
          Stream.runCollect(rest).pipe(
            Effect.mapError(fromModelError),
            Effect.map((deltas) => {
              for (const delta of deltas) written[index]!.add(delta)
              const message = gather(deltas)
              return {
                index,
                message,
                logprobs: logprobsOf(request, message.content ?? "", tokenizer),
                finish_reason: reason()
              }
            })
          ))
        const total = tokensWritten()
        yield* bill(used(total))
        return { ...envelope, object: "chat.completion" as const, choices: complete, usage: usageOf(read, total) }
      }))
)
