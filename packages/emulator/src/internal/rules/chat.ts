import type * as Contract from "@effect-openai/core/ChatCompletions"
import { type Broken, needs, type Rule, streamOptions } from "./rule.js"
import { unsupported } from "./strict.js"

type Request = Contract.CreateChatCompletionRequest

// -----------------------------------------------------------------------------
// settings
// -----------------------------------------------------------------------------

const hasTools = ({ tools }: Request): boolean => tools !== undefined && tools.length > 0

const hasFunctions = ({ functions }: Request): boolean => functions !== undefined && functions.length > 0

/** The name of a function is content: logs have the rule alone. */
const broken = (param: string, message: string): Broken => ({ message, summary: `A rule about '${param}' is broken.` })

/** A choice of one function must be among those that the request has. */
const chosen = (
  param: "tool_choice" | "function_call",
  chosenOf: (request: Request) => string | undefined,
  namesOf: (request: Request) => ReadonlyArray<string>,
  list: string
): Rule<Request> => ({
  param,
  check: (request) => {
    const name = chosenOf(request)
    return name === undefined || namesOf(request).includes(name)
      ? undefined
      : broken(param, `'${param}' names the function '${name}', which is not in '${list}'.`)
  }
})

const unsupportedParameter = (message: string): Broken => ({ message, code: "unsupported_parameter" })

/** The rules about models hold for the documented models. Those of other servers are unknown. */
const isReasoning = ({ model }: Request): boolean => /^o1\b/.test(model)

const isNotReasoning = ({ model }: Request): boolean => /^(gpt-3\.5|gpt-4|chatgpt-4)/.test(model)

const strictFormat: Rule<Request> = {
  param: "response_format",
  check: ({ response_format: format }) => {
    if (format?.type !== "json_schema" || format.json_schema.strict !== true) return undefined
    const found = unsupported(format.json_schema.schema)
    return found === undefined
      ? undefined
      : broken("response_format", `Invalid schema for response_format '${format.json_schema.name}': ${found}`)
  }
}

const strictTools: Rule<Request> = {
  param: "tools",
  check: ({ tools = [] }) => {
    for (const [index, { function: { name, parameters, strict } }] of tools.entries()) {
      const found = strict === true ? unsupported(parameters) : undefined
      if (found !== undefined) {
        return {
          ...broken("tools", `Invalid schema for function '${name}': ${found}`),
          param: `tools[${index}].function.parameters`,
          code: "invalid_function_parameters"
        }
      }
    }
    return undefined
  }
}

// -----------------------------------------------------------------------------
// messages
// -----------------------------------------------------------------------------

/** A message of the assistant has content, unless it has something in its place. */
const content: Rule<Request> = {
  param: "messages",
  check: ({ messages }) => {
    const index = messages.findIndex((message) =>
      message.role === "assistant" && message.content == null && message.function_call == null &&
      message.refusal == null && message.audio == null && (message.tool_calls ?? []).length === 0
    )
    return index === -1 ? undefined : {
      param: `messages.[${index}].content`,
      message: "Invalid value for 'content': expected a string, got null."
    }
  }
}

/** Tool messages follow the message that calls the tools, one for each call. */
const toolMessages: Rule<Request> = {
  param: "messages",
  check: ({ messages }) => {
    const called = new Set<unknown>()
    const missing = new Set<unknown>()
    for (const [index, message] of [...messages, undefined].entries()) {
      const param = `messages.[${index}].role`
      if (message?.role === "tool") {
        if (!called.has(message.tool_call_id)) {
          return {
            param,
            message: "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
          }
        }
        missing.delete(message.tool_call_id)
        continue
      }
      if (missing.size > 0) {
        const summary = "An assistant message with 'tool_calls' must be followed by tool messages responding to each " +
          "'tool_call_id'."
        return {
          ...(message === undefined ? {} : { param }),
          message: `${summary} The following tool_call_ids did not have response messages: ${[...missing].join(", ")}`,
          summary
        }
      }
      called.clear()
      for (const { id } of message?.role === "assistant" ? message.tool_calls ?? [] : []) {
        called.add(id)
        missing.add(id)
      }
    }
    return undefined
  }
}

// -----------------------------------------------------------------------------
// table
// -----------------------------------------------------------------------------

export const rules: ReadonlyArray<Rule<Request>> = [
  {
    param: "audio",
    check: ({ audio, modalities }) =>
      modalities?.includes("audio") === true && audio == null
        ? "'audio' is required when 'modalities' includes 'audio'."
        : undefined
  },
  {
    param: "modalities",
    check: ({ modalities }) => modalities?.includes("audio") === true ? "This model does not support audio." : undefined
  },
  streamOptions,
  needs("top_logprobs", "'logprobs' is true")<Request>(({ logprobs }) => logprobs === true),
  needs("tool_choice", "'tools' are specified")(hasTools),
  needs("parallel_tool_calls", "'tools' are specified")(hasTools),
  needs("function_call", "'functions' are specified")(hasFunctions),
  chosen(
    "tool_choice",
    ({ tool_choice }) => typeof tool_choice === "object" ? tool_choice.function.name : undefined,
    ({ tools = [] }) => tools.map((tool) => tool.function.name),
    "tools"
  ),
  chosen(
    "function_call",
    ({ function_call }) => typeof function_call === "object" ? function_call.name : undefined,
    ({ functions = [] }) => functions.map(({ name }) => name),
    "functions"
  ),
  {
    param: "messages",
    check: ({ messages, response_format }) =>
      response_format?.type !== "json_object" || /json/i.test(JSON.stringify(messages.map(({ content }) => content)))
        ? undefined
        : "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
  },
  {
    param: "reasoning_effort",
    check: (request) =>
      request.reasoning_effort !== undefined && isNotReasoning(request)
        ? unsupportedParameter("Unsupported parameter: 'reasoning_effort' is not supported with this model.")
        : undefined
  },
  {
    param: "max_tokens",
    check: (request) =>
      request.max_tokens != null && isReasoning(request)
        ? unsupportedParameter(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        : undefined
  },
  strictFormat,
  strictTools,
  content,
  toolMessages
]
