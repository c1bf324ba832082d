import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as given from "../scenarios/given.js"
import type { Fields, Samples } from "./sample.js"

const callsOf = (message: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(message, "tool_calls") && Array.isArray(message.tool_calls) ? message.tool_calls : []

/** A conversation whose tool messages reply to its calls, one for each. */
const withOutputs = (messages: unknown): unknown =>
  Array.isArray(messages)
    ? messages.flatMap((message) => {
      if (Predicate.isRecord(message) && message["role"] === "tool") return [{ role: "user", content: "Say hello." }]
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

/** Makes the fields fit each other, which no Schema states. Few choices, since each is billed, and no audio. */
const adapt = ({ audio: _, messages, modalities: _1, n, ...body }: Fields): Fields => {
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

export const samples: Samples<"ChatCompletions"> = {
  createChatCompletion: {
    body: ({ chat }) => ({ model: chat, messages: [{ role: "user", content: "Say hello." }] }),
    references: () => Effect.map(given.model, (model) => ({ model })),
    adapt,
    violations: [{
      title: "messages with a refusal and text",
      field: "messages",
      body: {
        messages: [{
          role: "assistant",
          content: [{ type: "text", text: "Hello." }, { type: "refusal", refusal: "No." }]
        }]
      }
    }]
  }
}
