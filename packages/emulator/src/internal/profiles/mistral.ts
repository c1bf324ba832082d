import type { Profile } from "../../Profile.js"

const thought = { type: "thinking", thinking: [{ type: "text", text: "The user wants something." }] }

const forbidden = (path: string) =>
  ({ type: "refuses", path, status: 400, message: `body -> ${path}: Extra inputs are not permitted` }) as const

export const mistral: Profile = {
  title: "Mistral",
  facts: [
    {
      description: "Sends `content` of reasoning models as a list of parts.",
      sources: ["vercel/ai#13703", "BerriAI/litellm#16272", "symfony/ai#2422"],
      changes: [
        { type: "convert", in: "completion", path: "choices[].message.content", to: "parts", before: [thought] },
        {
          type: "insert",
          at: "after_first",
          inherits: true,
          chunk: { choices: [{ index: 0, delta: { content: [thought] }, finish_reason: null }] }
        },
        { type: "accepts_parts", types: ["thinking"] }
      ]
    },
    {
      description: "Leaves `object` and `created` out of the first chunk of a stream.",
      sources: ["mistralai/client-python#16"],
      changes: [
        { type: "drop", in: "chunk", path: "object", only: "first" },
        { type: "drop", in: "chunk", path: "created", only: "first" }
      ]
    },
    {
      description: "Sends a 429 without an object around the error.",
      sources: ["cline/cline#9085", "raycast/extensions#31107"],
      changes: [
        {
          type: "error",
          status: 429,
          body: { object: "error", message: "{message}", type: "rate_limited", param: null, code: "1300" }
        }
      ]
    },
    {
      description: "Refuses an invalid request with 422, with the reasons as a list in `message`.",
      sources: ["editor-code-assistant/eca#231", "nomtek/mistralai_client_dart#44", "partITech/php-mistral#76"],
      changes: [
        {
          type: "error",
          status: 400,
          becomes: 422,
          body: {
            object: "error",
            message: { detail: [{ type: "value_error", loc: ["body"], msg: "{message}", input: null }] },
            type: "invalid_request_error",
            param: null,
            code: null
          }
        }
      ]
    },
    {
      description: "Sends HTML of the network before it when it is not available.",
      sources: ["mistralai/mistral-vibe#681"],
      changes: [
        {
          type: "error",
          status: 500,
          becomes: 520,
          body:
            "<!DOCTYPE html>\n<html><head><title>mistral.ai | 520: Web server is returning an unknown error</title>" +
            "</head><body><h1>Error</h1></body></html>",
          content_type: "text/html; charset=UTF-8"
        }
      ]
    },
    {
      description: "Refuses some documented fields.",
      sources: ["editor-code-assistant/eca#231", "Gitlawb/openclaude#739", "charmbracelet/crush#1590"],
      changes: [forbidden("max_completion_tokens"), forbidden("store"), forbidden("messages[].reasoning_content")]
    }
  ]
}
