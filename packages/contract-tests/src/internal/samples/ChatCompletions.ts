import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as given from "../scenarios/given.js"
import type { Fields, Samples } from "./sample.js"

/** A conversation without tool messages: no Schema states which calls they reply to. */
const withoutTools = (messages: unknown): unknown => {
  if (!Array.isArray(messages)) return messages
  const kept = messages.filter((message) => !Predicate.isRecord(message) || message["role"] !== "tool")
  return kept.length > 0 ? kept : [{ role: "user", content: "Say hello." }]
}

const functionNamed = (named: unknown) => ({ name: Predicate.hasProperty(named, "name") ? named.name : "f" })

const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0

/** The tools that the fields of a request refer to. */
const toolsFor = ({ parallel_tool_calls, tool_choice: choice, tools }: Fields): Fields => {
  if (Predicate.hasProperty(choice, "function")) {
    return { tools: [{ type: "function", function: functionNamed(choice.function) }] }
  }
  const needsTools = choice !== undefined || parallel_tool_calls !== undefined
  return needsTools && !isFilled(tools) ? { tools: [{ type: "function", function: { name: "f" } }] } : {}
}

/** The deprecated functions that the fields of a request refer to. */
const functionsFor = ({ function_call: call, functions }: Fields): Fields =>
  Predicate.isRecord(call) ?
    { functions: [functionNamed(call)] } :
    call !== undefined && !isFilled(functions) ?
    { functions: [{ name: "f" }] } :
    {}

/** Makes the fields fit each other, which no Schema states. Few choices, since each is billed, and no audio. */
const adapt = ({ audio: _, messages, modalities: _1, n, ...body }: Fields): Fields => {
  const format = body["response_format"]
  const conversation = withoutTools(messages)
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
      title: "messages with a refusal beside text",
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
