import type { Profile } from "../../Profile.js"

export const openrouter: Profile = {
  title: "OpenRouter",
  facts: [
    {
      description: "Serves the API under `/api/v1`.",
      sources: ["BerriAI/litellm#9035"],
      changes: [{ type: "address", path: "/api/v1" }]
    },
    {
      description: "Sends comments as heartbeats of a stream.",
      sources: ["openai/openai-go#227", "Portkey-AI/gateway#295"],
      changes: [
        { type: "heartbeat", at: "start", text: ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" },
        { type: "heartbeat", at: "after_first", text: ": OPENROUTER PROCESSING\n\n" }
      ]
    },
    {
      description: "Adds `provider` and `native_finish_reason`.",
      sources: ["openai/openai-go#227"],
      changes: [
        { type: "set", in: "completion", path: "provider", value: "OpenAI" },
        { type: "set", in: "chunk", path: "provider", value: "OpenAI" },
        { type: "set", in: "completion", path: "choices[].native_finish_reason", value: "stop" },
        { type: "set", in: "chunk", path: "choices[].native_finish_reason", value: null }
      ]
    },
    {
      description: "Sends `usage` in a chunk that has choices, after `finish_reason`.",
      sources: ["speakeasy-api/gram#921"],
      changes: [{ type: "usage", at: "choices" }]
    },
    {
      description: "Returns 200 with an error and null for every documented field when a provider fails.",
      sources: ["UKGovernmentBEIS/inspect_ai#1534", "BerriAI/litellm#8448", "openai/openai-agents-python#2850"],
      changes: [
        {
          type: "error",
          error_type: "rate_limit_exceeded",
          becomes: 200,
          body: {
            id: null,
            choices: null,
            created: null,
            model: null,
            object: null,
            usage: null,
            error: { message: "{message}", code: "{status}", metadata: { raw: "{message}", provider_name: "OpenAI" } },
            user_id: "user_emulator"
          }
        }
      ]
    },
    {
      description: "Sends HTML of the network before it when it is not available.",
      sources: ["activeagents/activeagent#228"],
      changes: [
        {
          type: "error",
          status: 500,
          becomes: 503,
          body:
            "<!DOCTYPE html>\n<html><head><title>Temporarily unavailable | openrouter.ai | Cloudflare</title></head>" +
            "<body><h1>Error</h1></body></html>",
          content_type: "text/html; charset=UTF-8"
        }
      ]
    },
    {
      description: "Sends errors with the status as a number for `code` and without `type` and `param`.",
      sources: ["BerriAI/litellm#9035", "open-webui/computer#293"],
      changes: [{ type: "error", body: { error: { message: "{message}", code: "{status}", metadata: {} } } }]
    },
    {
      description: "Sends an error of a stream as an event, under status 200.",
      sources: ["Aider-AI/aider#3550"],
      changes: [
        {
          type: "error_event",
          statuses: [429],
          body: { error: { message: "{message}", code: "{status}", metadata: {} }, user_id: "user_emulator" }
        }
      ]
    },
    {
      description: "Leaves `object` out of the list of models and of each model.",
      sources: ["dongri/openai-api-rs#175", "davidmigloz/langchain_dart#734"],
      changes: [
        { type: "drop", in: "models", path: "object" },
        { type: "drop", in: "models", path: "data[].object" },
        { type: "drop", in: "models", path: "data[].owned_by" },
        { type: "set", in: "models", path: "data[].context_length", value: 256000 }
      ]
    }
  ]
}
