import type * as Contract from "@effect-openai/core/Runs"
import type { Rule } from "./rule.js"

/** The settings of a request, or of a run with those of its assistant. */
type Settings = Pick<
  Contract.CreateRunRequest,
  "response_format" | "tool_choice" | "tools" | "truncation_strategy"
>

const maxTools = 20

const namedChoice = ({ tool_choice: choice }: Settings) => typeof choice === "object" ? choice : null

/** Rules about the settings of a run. Without `tools`, the assistant's tools are not known yet. */
export const rules: ReadonlyArray<Rule<Settings>> = [
  {
    param: "truncation_strategy",
    check: ({ truncation_strategy: strategy }) =>
      strategy?.type === "last_messages" && strategy.last_messages == null
        ? "'truncation_strategy.last_messages' is required when its type is 'last_messages'."
        : undefined
  },
  {
    param: "tool_choice",
    check: (settings) => {
      const choice = namedChoice(settings)
      return choice?.type === "function" && choice.function === undefined
        ? "'tool_choice.function' is required when its type is 'function'."
        : undefined
    }
  },
  {
    param: "tool_choice",
    check: (settings) => {
      const choice = namedChoice(settings)
      if (choice === null || settings.tools == null) return undefined
      const isThere = settings.tools.some((tool) =>
        tool.type === "function"
          ? choice.type === "function" && tool.function.name === choice.function?.name
          : tool.type === choice.type
      )
      const name = choice.type === "function" ? `the function '${choice.function?.name}'` : `'${choice.type}'`
      return isThere ? undefined : {
        message: `'tool_choice' names ${name}, which is not in 'tools'.`,
        summary: "'tool_choice' names a tool that is not in 'tools'."
      }
    }
  },
  {
    param: "tools",
    check: ({ response_format: format, tools }) =>
      typeof format === "object" && format?.type === "json_object" &&
        (tools ?? []).some(({ type }) => type !== "function")
        ? "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_object`."
        : undefined
  },
  {
    param: "tools",
    check: ({ tools }) =>
      (tools ?? []).length > maxTools
        ? `A run can use at most ${maxTools} tools, the assistant has ${tools?.length}.`
        : undefined
  }
]
