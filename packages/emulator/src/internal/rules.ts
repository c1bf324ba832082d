import type { ServerError } from "@effect-openai/core/Api"
import type * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import * as Effect from "effect/Effect"
import { refused } from "./errors.js"

// Rules about several fields of a request, which its Schema does not have.

type Request = ChatCompletions.CreateChatCompletionRequest

interface Rule {
  readonly param: keyof Request
  /** The message, where the request breaks the rule. */
  readonly check: (request: Request) => string | undefined
}

/** A field that has an effect only together with another one. */
const needs = (param: keyof Request, isMet: (request: Request) => boolean, condition: string): Rule => ({
  param,
  check: (request) =>
    request[param] == null || isMet(request) ? undefined : `'${param}' is only allowed when ${condition}.`
})

const hasTools = ({ tools }: Request): boolean => tools !== undefined && tools.length > 0

const hasFunctions = ({ functions }: Request): boolean => functions !== undefined && functions.length > 0

/** A choice of one function must be among those that the request has. */
const chosen = (
  param: "tool_choice" | "function_call",
  chosenOf: (request: Request) => string | undefined,
  namesOf: (request: Request) => ReadonlyArray<string>,
  list: string
): Rule => ({
  param,
  check: (request) => {
    const name = chosenOf(request)
    return name === undefined || namesOf(request).includes(name)
      ? undefined
      : `'${param}' names the function '${name}', which is not in '${list}'.`
  }
})

/** The options of a stream have no effect without one. The same holds for completions. */
export const streamOptions = (
  { stream, stream_options }: Pick<Request, "stream" | "stream_options">
): string | undefined =>
  stream_options == null || stream === true
    ? undefined
    : "The 'stream_options' parameter is only allowed when 'stream' is enabled."

const rules: ReadonlyArray<Rule> = [
  { param: "stream_options", check: streamOptions },
  needs("top_logprobs", ({ logprobs }) => logprobs === true, "'logprobs' is true"),
  needs("tool_choice", hasTools, "'tools' are specified"),
  needs("parallel_tool_calls", hasTools, "'tools' are specified"),
  needs("function_call", hasFunctions, "'functions' are specified"),
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
  }
]

/** Refuses a chat completion whose fields contradict each other. */
export const checkChat = (request: Request): Effect.Effect<void, ServerError> =>
  Effect.suspend(() => {
    for (const { check, param } of rules) {
      const message = check(request)
      // The name of a function is content: the log has the rule alone.
      if (message !== undefined) return refused(message, param, `A rule about '${param}' is broken.`)
    }
    return Effect.void
  })
