import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as given from "../scenarios/given.js"
import type { Fields, Samples } from "./sample.js"

const callsOf = (message: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(message, "tool_calls") && Array.isArray(message.tool_calls) ? message.tool_calls : []

/** Whether a message needs another one, or has nothing to say. */
const isLoose = (message: unknown): boolean =>
  Predicate.isRecord(message) && (
    message["role"] === "tool" ||
    (message["role"] === "assistant" && callsOf(message).length === 0 &&
      ["content", "refusal", "audio", "function_call"].every((name) => message[name] == null))
  )

/** A conversation whose tool messages reply to its calls, one for each. */
const withOutputs = (messages: unknown): unknown =>
  Array.isArray(messages)
    ? messages.flatMap((message) => {
      if (isLoose(message)) return [{ role: "user", content: "Say hello." }]
      const outputs = callsOf(message).map((call) => ({
        role: "tool",
        tool_call_id: Predicate.hasProperty(call, "id") ? call.id : "",
        content: "Done.",
        name: "f"
      }))
      return [message, ...outputs]
    })
    : messages

const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0

const named = { name: "f" }

/** The tools that the fields of a request refer to. */
const toolsFor = ({ parallel_tool_calls, tool_choice: choice, tools }: Fields): Fields => {
  const isNamed = Predicate.isRecord(choice)
  const needsTools = choice !== undefined || parallel_tool_calls !== undefined
  return {
    ...(isNamed ? { tool_choice: { ...choice, function: named } } : {}),
    ...(isNamed || (needsTools && !isFilled(tools)) ? { tools: [{ type: "function", function: named }] } : {})
  }
}

/** The deprecated functions that the fields of a request refer to. */
const functionsFor = ({ function_call: call, functions }: Fields): Fields => ({
  ...(Predicate.isRecord(call) ? { function_call: named } : {}),
  ...(Predicate.isRecord(call) || (call !== undefined && !isFilled(functions)) ? { functions: [named] } : {})
})

/** A generated Schema is not one that `strict` supports. */
const lax = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(lax)
    : Predicate.isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "strict" ? false : lax(one)]))
    : value

/**
 * Makes the fields fit each other, which no Schema states. Few choices, since each is billed, no audio, and nothing that
 * only some models support.
 */
const adapt = (
  { audio: _, max_tokens: _1, messages, modalities: _2, n, reasoning_effort: _3, ...fields }: Fields
): Fields => {
  const body = lax(fields) as Fields
  const format = body["response_format"]
  const conversation = withOutputs(messages)
  const isJson = Predicate.hasProperty(format, "type") && format.type === "json_object"
  return {
    ...body,
    ...toolsFor(body),
    ...functionsFor(body),
    ...(typeof body["top_logprobs"] === "number" ? { logprobs: true } : {}),
    ...(typeof n === "number" ? { n: Math.min(n, 2) } : {}),
    ...(Array.isArray(conversation)
      ? { messages: isJson ? [...conversation, { role: "user", content: "In JSON." }] : conversation }
      : {})
  }
}

const says = (...messages: ReadonlyArray<object>): Fields => ({
  messages: [{ role: "user", content: "Say hello." }, ...messages]
})

const called = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }

const output = { role: "tool", tool_call_id: "call_1", content: "Done." }

const tools = [{ type: "function", function: named }]

const open = { type: "object", properties: { a: { type: "string" } }, required: ["a"] }

const lenient = { type: "object", properties: { a: { type: "string" } }, required: [], additionalProperties: false }

const strictFunction = (parameters: object): Fields => ({
  tools: [{ type: "function", function: { ...named, strict: true, parameters } }]
})

const rules: Samples<"ChatCompletions">["createChatCompletion"]["rules"] = [
  {
    title: "stream_options without stream",
    field: "stream_options",
    body: { stream_options: { include_usage: true } }
  },
  { title: "top_logprobs without logprobs", field: "top_logprobs", body: { top_logprobs: 2 } },
  { title: "tool_choice without tools", field: "tool_choice", body: { tool_choice: "auto" } },
  {
    title: "a tool_choice that is not in tools",
    field: "tool_choice",
    body: { tools, tool_choice: { type: "function", function: { name: "g" } } }
  },
  {
    title: "parallel_tool_calls without tools",
    field: "parallel_tool_calls",
    body: { parallel_tool_calls: true }
  },
  { title: "function_call without functions", field: "function_call", body: { function_call: "auto" } },
  {
    title: "a function_call that is not in functions",
    field: "function_call",
    body: { functions: [named], function_call: { name: "g" } }
  },
  {
    title: "response_format json_object without the word JSON",
    field: "messages",
    body: { response_format: { type: "json_object" } }
  },
  { title: "modalities with audio, without audio", field: "audio", body: { modalities: ["text", "audio"] } },
  { title: "a strict function with an open object", field: "tools", body: strictFunction(open) },
  { title: "a strict function with an optional field", field: "tools", body: strictFunction(lenient) },
  {
    title: "a strict response_format with an open object",
    field: "response_format",
    body: { response_format: { type: "json_schema", json_schema: { name: "f", strict: true, schema: open } } }
  },
  {
    title: "max_tokens with a reasoning model",
    field: "max_tokens",
    body: { model: "o1", max_tokens: 16 }
  },
  {
    title: "reasoning_effort with another model",
    field: "reasoning_effort",
    body: { model: "gpt-4-turbo", reasoning_effort: "low" }
  },
  {
    title: "a message of the assistant without content and calls",
    field: "messages",
    body: says({ role: "assistant", content: null })
  },
  {
    title: "a message with a refusal and text",
    field: "messages",
    body: says({
      role: "assistant",
      content: [{ type: "text", text: "Hello." }, { type: "refusal", refusal: "No." }]
    })
  },
  { title: "a tool message without a call", field: "messages", body: says(output) },
  {
    title: "a call without a tool message",
    field: "messages",
    body: says({ role: "assistant", content: null, tool_calls: [called] })
  }
]

export const samples: Samples<"ChatCompletions"> = {
  createChatCompletion: {
    body: ({ chat }) => ({ model: chat, messages: [{ role: "user", content: "Say hello." }] }),
    references: () => Effect.map(given.model, (model) => ({ model })),
    adapt,
    rules
  }
}
