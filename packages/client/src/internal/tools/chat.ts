import type * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type { CreateRequest } from "../../ChatCompletions.js"
import type * as Tool from "../../Tool.js"

type Message = ChatCompletions.ResponseMessage

const join = (one: Message, other: Message): Message => {
  const calls = [...one.tool_calls ?? [], ...other.tool_calls ?? []]
  return {
    ...one,
    ...other,
    content: [one.content, other.content].filter(Boolean).join("\n") || null,
    ...(calls.length > 0 ? { tool_calls: calls } : {})
  }
}

/**
 * Joins the messages of the choices. Some servers split one message into several choices, for its text and for its calls. A
 * call without an ID receives one that no other call of the conversation has.
 */
export const joinMessages = (messages: ReadonlyArray<Message>, round: number): Message | undefined => {
  const [first, ...others] = messages
  if (first === undefined) return undefined
  const { tool_calls = [], ...message } = others.reduce(join, first)
  return tool_calls.length === 0 ? message : {
    ...message,
    tool_calls: tool_calls.map((call, index) => call.id ? call : { ...call, id: `call_${round}_${index}` })
  }
}

/** Returns the calls to run. Returns no call unless one is of a function. */
export const callsOf = (message: Message | undefined): ReadonlyArray<Tool.ToolCall> => {
  const calls = message?.tool_calls ?? []
  if (!calls.some(({ type }) => type === "function")) return []
  return calls.map((call) =>
    call.type === "function"
      ? { id: String(call.id), function: call.function }
      // It can't be run, but needs an output like the others.
      : { id: String(call["id"]), function: { name: call.type, arguments: "" } }
  )
}

/** Returns the request of the next round: messages and outputs are added, and a tool is forced in the first round only. */
export const nextRequest = (
  { tool_choice, ...request }: CreateRequest,
  messages: CreateRequest["messages"],
  outputs: ReadonlyArray<Tool.ToolOutput>
): CreateRequest => ({
  ...request,
  ...(tool_choice === "none" || tool_choice === "auto" ? { tool_choice } : {}),
  messages: [
    ...messages,
    ...outputs.map(({ output, tool_call_id }) => ({ role: "tool" as const, content: output, tool_call_id }))
  ]
})

/** Returns the error of a request for several choices. */
export const severalChoices = (request: { readonly n?: number | null | undefined }) =>
  (request.n ?? 1) > 1
    ? new OpenAiError.InvalidRequestError({
      operation: "createChatCompletion",
      field: "n",
      message: "A tool loop continues one choice, so n can't be above 1"
    })
    : undefined
