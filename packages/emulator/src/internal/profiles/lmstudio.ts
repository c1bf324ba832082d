import type { Profile } from "../../Profile.js"

export const lmstudio: Profile = {
  title: "LM Studio",
  facts: [
    {
      description: "Serves chats, embeddings and the list of models only, and returns 200 for an unknown URL.",
      sources: ["lmstudio-ai/lmstudio-bug-tracker#618", "lmstudio-ai/lmstudio-bug-tracker#2085", "semanser/codel#69"],
      changes: [
        { type: "serves", paths: ["/chat/completions", "/embeddings", "/models"] },
        {
          type: "error",
          status: 404,
          becomes: 200,
          content_type: "application/json; charset=utf-8",
          body: { error: "Unexpected endpoint or method. ({method} {path})" }
        }
      ]
    },
    {
      description: "Sends `error` as text.",
      sources: ["Gitlawb/openclaude#353"],
      changes: [{ type: "error", body: { error: "{message}" } }]
    },
    {
      description: "Sends an error of a stream as the event `error`, under status 200.",
      sources: ["zendev-sh/goai#110", "lmstudio-ai/lmstudio-bug-tracker#2322"],
      changes: [
        {
          type: "error_event",
          statuses: [400, 500],
          event: "error",
          body: { error: { message: "{message}" }, message: "{message}" }
        }
      ]
    },
    {
      description: "Adds an empty `stats`.",
      sources: ["lmstudio-ai/lmstudio-bug-tracker#601"],
      changes: [{ type: "set", in: "completion", path: "stats", value: {} }]
    },
    {
      description: "Leaves `created` out of models.",
      sources: ["tinyhumansai/openhuman#3550"],
      changes: [{ type: "drop", in: "models", path: "data[].created" }]
    },
    {
      description: "Leaves out the headers for limits and `x-request-id`.",
      sources: ["lmstudio-ai/lmstudio-bug-tracker#618"],
      changes: [
        {
          type: "headers",
          set: { "x-powered-by": "Express" },
          drop: [
            "x-request-id",
            "openai-processing-ms",
            "x-ratelimit-limit-requests",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-requests",
            "x-ratelimit-reset-tokens"
          ]
        }
      ]
    }
  ]
}
