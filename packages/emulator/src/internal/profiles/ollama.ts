import type { Profile } from "../../Profile.js"

export const ollama: Profile = {
  title: "Ollama",
  facts: [
    {
      description: "Streams each tool call in one chunk, with `index` 0 for each.",
      sources: ["ollama/ollama#15457", "vercel/ai#14277", "ollama/ollama#11633"],
      changes: [
        { type: "whole_calls" },
        { type: "set", in: "chunk", path: "choices[].delta.tool_calls[].index", value: 0 }
      ]
    },
    {
      description: "Ends a stream of tool calls with `finish_reason: \"stop\"`.",
      sources: ["ollama/ollama#7963"],
      changes: [{ type: "finish_reason", in: "chunk", from: "tool_calls", to: "stop" }]
    },
    {
      description: "Sends `role` in each chunk, and one `system_fingerprint` for all models.",
      sources: ["ollama/ollama#5915", "ollama/ollama#4357"],
      changes: [
        { type: "set", in: "chunk", path: "choices[].delta.role", value: "assistant" },
        { type: "set", in: "chunk", path: "system_fingerprint", value: "fp_ollama" },
        { type: "set", in: "completion", path: "system_fingerprint", value: "fp_ollama" }
      ]
    },
    {
      description: "Leaves `usage` out of embeddings.",
      sources: ["ollama/ollama#5870"],
      changes: [{ type: "drop", in: "embeddings", path: "usage" }]
    },
    {
      description: "Sends errors with the type `api_error` and without `code`.",
      sources: ["netease-youdao/QAnything#555"],
      changes: [
        { type: "error", body: { error: { message: "{message}", type: "api_error", param: null, code: null } } }
      ]
    }
  ]
}
