import type { Profile } from "../../Profile.js"

export const deepseek: Profile = {
  title: "DeepSeek",
  facts: [
    {
      description: "Sends reasoning as `reasoning_content`; in a stream `content` is null meanwhile.",
      sources: ["karthink/gptel#592", "adolfousier/opencrabs#1128"],
      changes: [
        {
          type: "set",
          in: "completion",
          path: "choices[].message.reasoning_content",
          value: "The user wants something."
        },
        {
          type: "insert",
          at: "after_first",
          inherits: true,
          chunk: {
            choices: [{
              index: 0,
              delta: { content: null, reasoning_content: "The user wants something." },
              finish_reason: null
            }]
          }
        }
      ]
    },
    {
      description: "Refuses a message with tool calls that is sent back without its `reasoning_content`.",
      sources: ["qwersyk/Newelle#404", "syt2/paper-chat-for-zotero#16", "earendil-works/pi#3636"],
      changes: [
        { type: "accepts", paths: ["messages[].reasoning_content", "thinking"] },
        {
          type: "requires",
          each: "messages[]",
          where: "tool_calls",
          path: "reasoning_content",
          status: 400,
          message: "The `reasoning_content` in the thinking mode must be passed back to the API."
        }
      ]
    },
    {
      description: "Sends comments as heartbeats of a stream.",
      sources: ["tmc/langchaingo#1171", "AIProxyTeam/AIProxySwift#95"],
      changes: [
        { type: "heartbeat", at: "start", text: ": keep-alive\n\n" },
        { type: "heartbeat", at: "after_first", text: ": keep-alive\n\n" }
      ]
    },
    {
      description: "Sends `usage` in the chunk with `finish_reason`, requested or not.",
      sources: ["moona3k/macparakeet#1087"],
      changes: [{ type: "usage", at: "finish" }]
    },
    {
      description: "Adds `prompt_cache_hit_tokens` to `usage`.",
      sources: ["vercel/ai#4498"],
      changes: [
        { type: "set", in: "completion", path: "usage.prompt_cache_hit_tokens", value: 0 },
        { type: "set", in: "chunk", path: "usage.prompt_cache_hit_tokens", value: 0 }
      ]
    },
    {
      description: "Sends errors under the content type `application/octet-stream`.",
      sources: ["SaladDay/cc-switch-cli#169"],
      changes: [
        {
          type: "error",
          status: 400,
          content_type: "application/octet-stream",
          body: { error: { message: "{message}", type: "{type}", param: "{param}", code: "invalid_request_error" } }
        }
      ]
    },
    {
      description: "Does not serve embeddings.",
      sources: ["deepseek-ai/DeepSeek-R1#652", "pssah4/vault-operator#41"],
      changes: [
        { type: "serves", paths: ["/chat/completions", "/models"] },
        { type: "error", status: 404, body: { error_msg: "Not Found. Please check the configuration." } }
      ]
    }
  ]
}
