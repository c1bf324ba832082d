import type { Profile } from "../../Profile.js"

const extra_content = { google: { thought_signature: "c2lnbmF0dXJl" } }

export const gemini: Profile = {
  title: "Gemini",
  facts: [
    {
      description: "Serves the API under `/v1beta/openai`.",
      sources: ["googleapis/python-genai#2868"],
      changes: [{ type: "address", path: "/v1beta/openai" }]
    },
    {
      description: "Adds a signature to tool calls, and refuses a tool call that is sent back without it.",
      sources: ["tinyhumansai/openhuman#3548", "NVIDIA-NeMo/Gym#2374", "HKUDS/OpenHarness#338", "noho/dayu-agent#45"],
      changes: [
        { type: "set", in: "completion", path: "choices[].message.tool_calls[].extra_content", value: extra_content },
        { type: "set", in: "chunk", path: "choices[].delta.tool_calls[].extra_content", value: extra_content },
        { type: "accepts", paths: ["messages[].tool_calls[].extra_content"] },
        {
          type: "requires",
          each: "messages[].tool_calls[]",
          path: "extra_content.google.thought_signature",
          status: 400,
          message: "Function call is missing a thought_signature in functionCall parts."
        }
      ]
    },
    {
      description: "Streams each tool call in one chunk, without `index`.",
      sources: ["open-webui/computer#224", "AstrBotDevs/AstrBot#6692", "noho/dayu-agent#45"],
      changes: [
        { type: "whole_calls" },
        { type: "drop", in: "chunk", path: "choices[].delta.tool_calls[].index" }
      ]
    },
    {
      description: "Ends a stream of tool calls with `finish_reason: \"stop\"`.",
      sources: ["googleapis/python-genai#2868", "iOfficeAI/aionrs#93"],
      changes: [{ type: "finish_reason", in: "chunk", from: "tool_calls", to: "stop" }]
    },
    {
      description: "Sends an error in an array, with the status as a number and as text.",
      sources: ["google-gemini/gemini-cli#15514", "google-gemini/gemini-cli#4701"],
      changes: [
        {
          type: "error",
          status: 400,
          body: [{ error: { code: "{status}", message: "{message}", status: "INVALID_ARGUMENT" } }]
        },
        {
          type: "error",
          status: 404,
          body: [{ error: { code: "{status}", message: "{message}", status: "NOT_FOUND" } }]
        }
      ]
    },
    {
      description: "Sends a 429 with an empty body.",
      sources: ["voideditor/void#426"],
      changes: [{ type: "error", status: 429, content_type: "application/json; charset=UTF-8", body: "" }]
    },
    {
      description: "Leaves `usage` out of embeddings.",
      sources: ["agentgateway/agentgateway#2451"],
      changes: [{ type: "drop", in: "embeddings", path: "usage" }]
    },
    {
      description: "Leaves `created` out of models.",
      sources: ["davidmigloz/langchain_dart#734"],
      changes: [
        { type: "drop", in: "models", path: "data[].created" },
        { type: "drop", in: "model", path: "created" }
      ]
    },
    {
      description: "Compresses responses with gzip.",
      sources: ["voideditor/void#426", "Pasta-Devs/Marinara-Engine#801"],
      changes: [{ type: "compress" }]
    }
  ]
}
