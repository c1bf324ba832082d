import type { Profile } from "../../Profile.js"

export const litellm: Profile = {
  title: "LiteLLM",
  facts: [
    {
      description: "Sends a 429 with the status as text for `code`, and with an undocumented type.",
      sources: ["jasonacox/TinyLLM#17", "BerriAI/litellm#37599"],
      changes: [
        {
          type: "error",
          status: 429,
          body: {
            error: {
              message: "litellm.RateLimitError: {message}",
              type: "throttling_error",
              param: null,
              code: "429"
            }
          }
        }
      ]
    },
    {
      description: "Sends the text `None` for an unknown `type` and `param`.",
      sources: ["BerriAI/litellm#3142"],
      changes: [
        {
          type: "error",
          status: 400,
          body: {
            error: { message: "litellm.BadRequestError: {message}", type: "None", param: "None", code: "400" }
          }
        }
      ]
    },
    {
      description: "Sends `usage` in a chunk that has choices.",
      sources: ["BerriAI/litellm#8450"],
      changes: [{ type: "usage", at: "choices" }]
    },
    {
      description:
        "Streams tool calls of Ollama's models with `index` 0 for each and `arguments` as an object, and ends " +
        "them with `finish_reason: \"stop\"`.",
      sources: ["BerriAI/litellm#37792", "BerriAI/litellm#35663"],
      changes: [
        { type: "whole_calls" },
        { type: "set", in: "chunk", path: "choices[].delta.tool_calls[].index", value: 0 },
        { type: "convert", in: "chunk", path: "choices[].delta.tool_calls[].function.arguments", to: "object" },
        { type: "finish_reason", in: "chunk", from: "tool_calls", to: "stop" }
      ]
    }
  ]
}
