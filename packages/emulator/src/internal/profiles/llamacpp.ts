import type { Profile } from "../../Profile.js"

const timings = { cache_n: 0, prompt_n: 10, prompt_ms: 30.958, predicted_n: 35, predicted_ms: 661.064 }

export const llamacpp: Profile = {
  title: "llama.cpp",
  facts: [
    {
      description: "Sends `arguments` of a tool call as an object.",
      sources: ["ggml-org/llama.cpp#20198"],
      changes: [
        { type: "convert", in: "completion", path: "choices[].message.tool_calls[].function.arguments", to: "object" }
      ]
    },
    {
      description: "Sends tool calls with an empty `id`.",
      sources: ["ggml-org/llama.cpp#11992"],
      changes: [{ type: "set", in: "completion", path: "choices[].message.tool_calls[].id", value: "" }]
    },
    {
      description: "Sends errors with the status as a number for `code` and without `param`.",
      sources: ["oobabooga/textgen#7257", "ggml-org/llama.cpp#10920"],
      changes: [{ type: "error", body: { error: { code: "{status}", message: "{message}", type: "{type}" } } }]
    },
    {
      description: "Adds `timings` to completions and chunks.",
      sources: ["openai-php/client#780", "ggml-org/llama.cpp#15827"],
      changes: [
        { type: "set", in: "completion", path: "timings", value: timings },
        { type: "set", in: "chunk", path: "timings", value: timings }
      ]
    },
    {
      description: "Accepts undocumented parameters.",
      sources: ["ggml-org/llama.cpp#25348"],
      changes: [{ type: "accepts", paths: ["timings_per_token", "return_progress"] }]
    }
  ]
}
