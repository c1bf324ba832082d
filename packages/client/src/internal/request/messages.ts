import * as Contract from "@effect-openai/core/ChatCompletions"
import * as Predicate from "effect/Predicate"
import type { CreateRequest } from "../../ChatCompletions.js"
import * as Extra from "../../Extra.js"
import { extraOf } from "./extra.js"

// The message of a response goes back as it was received. Its fields that are not documented become extra fields,
// so that everything else of the request is checked.

/** Makes extra fields of all fields without one of these names, and of others that replace them. */
const extend = (value: unknown, names: object, others: object = {}): unknown => {
  if (!Predicate.isReadonlyRecord(value)) return value
  // Also removes earlier extra fields.
  const { toJSON: _, ...members } = value
  const fields = Object.entries(members)
  const documented = fields.filter(([name]) => Object.hasOwn(names, name))
  const extra = {
    ...Object.fromEntries(fields.filter(([name]) => !Object.hasOwn(names, name))),
    ...others,
    ...extraOf(value)
  }
  return Object.keys(extra).length === 0 ? value : { ...Object.fromEntries(documented), ...Extra.fields(extra) }
}

const functionFields = Contract.ToolCall.fields.function.fields

const extendCall = (call: unknown): unknown =>
  Predicate.isReadonlyRecord(call)
    ? extend({ ...call, function: extend(call["function"], functionFields) }, Contract.ToolCall.fields)
    : call

/** Whether such a call is documented. One of another type, or without an ID, is sent unchecked. */
const isDocumented = (call: unknown): boolean =>
  Predicate.isReadonlyRecord(call) && call["type"] === "function" && typeof call["id"] === "string"

const extendMessage = (message: CreateRequest["messages"][number]): unknown => {
  if (!Predicate.isReadonlyRecord(message) || message.role !== "assistant") return message
  const { audio, content_parts, function_call, tool_calls, ...rest } = message as Contract.ResponseMessage
  const known = !Array.isArray(tool_calls) || tool_calls.every(isDocumented)
  return extend(
    {
      ...rest,
      // A request only refers to the audio.
      ...(audio === undefined ? {} : { audio: Predicate.isReadonlyRecord(audio) ? { id: audio.id } : audio }),
      ...(function_call === undefined ? {} : { function_call: extend(function_call, functionFields) }),
      ...(Array.isArray(tool_calls)
        // The API refuses an empty list.
        ? known && tool_calls.length > 0 ? { tool_calls: tool_calls.map(extendCall) } : {}
        : { tool_calls })
    },
    Contract.AssistantMessage.fields,
    {
      ...(known ? {} : { tool_calls }),
      ...(content_parts === undefined ? {} : { content: content_parts })
    }
  )
}

/** Whether a value is the `function` of a tool. */
const isFunction = (value: unknown): value is Contract.Functions => Predicate.hasProperty(value, "parameters")

const withoutStrict = ({ strict: _, ...others }: Contract.Functions & { readonly strict?: unknown }) => others

/** The deprecated fields, where they have the functions of tools: `functions` lacks `strict`, and `function_call` has a name. */
const withFunctions = ({ function_call, functions }: CreateRequest): Partial<CreateRequest> => ({
  ...(isFunction(function_call) ? { function_call: { name: function_call.name } } : {}),
  ...(Array.isArray(functions)
    ? { functions: functions.map((one) => isFunction(one) ? withoutStrict(one) : one) }
    : {})
})

/** The request with messages of responses, and with functions of tools, in the form of requests. */
export const withDocumentedFields = (request: CreateRequest): CreateRequest =>
  // Validated after this.
  Array.isArray(request?.messages)
    ? {
      ...request,
      ...withFunctions(request),
      messages: request.messages.map(extendMessage) as CreateRequest["messages"]
    }
    : request
