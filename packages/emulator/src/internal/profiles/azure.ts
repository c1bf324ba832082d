import type { Profile } from "../../Profile.js"

const safe = { filtered: false, severity: "safe" }
const filters = { hate: safe, self_harm: safe, sexual: safe, violence: safe }

/** The fields of a chunk that has results of the content filter only. */
const filterOnly = { id: "", object: "", created: 0, model: "" }

export const azure: Profile = {
  title: "Azure OpenAI",
  facts: [
    {
      description: "Expects the deployment in the path, and the version of the API in the query.",
      sources: ["vercel/chatbot#588", "openclaw/openclaw#48107"],
      changes: [
        {
          type: "address",
          path: "/openai/deployments/{model}",
          paths: ["/chat/completions", "/embeddings"],
          query: ["api-version"]
        }
      ]
    },
    {
      description: "Lists models under a path without a deployment.",
      sources: ["OkGoDoIt/OpenAI-API-dotnet#140"],
      changes: [{ type: "address", path: "/openai", paths: ["/models"], query: ["api-version"] }]
    },
    {
      description: "Accepts the key in the header `api-key`.",
      sources: ["CrestApps/CrestApps.OrchardCore#151"],
      changes: [{ type: "key_header", name: "api-key" }]
    },
    {
      description: "Sends errors of its gateway with the status as `code` and without `type` and `param`.",
      sources: ["BerriAI/litellm#8572", "SciSharp/BotSharp#386", "microsoft/copilot-camp#551"],
      changes: [
        { type: "error", status: 404, body: { error: { code: "404", message: "Resource not found" } } },
        {
          type: "error",
          status: 401,
          body: {
            error: {
              code: "401",
              message: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a " +
                "valid key for an active subscription and use a correct regional API endpoint for your resource."
            }
          }
        },
        { type: "error", status: 429, body: { error: { code: "429", message: "{message}" } } }
      ]
    },
    {
      description:
        "Begins a stream with a chunk that has results of the content filter for the prompt, and no choices.",
      sources: ["openai/openai-node#1982", "openai/openai-python#1677"],
      changes: [
        {
          type: "insert",
          at: "start",
          chunk: {
            ...filterOnly,
            choices: [],
            prompt_filter_results: [{ prompt_index: 0, content_filter_results: filters }]
          }
        }
      ]
    },
    {
      description: "Ends a stream with a chunk that has results of the content filter for the content, and no `delta`.",
      sources: ["openai/openai-node#1015", "microsoft/autogen#6465", "langchain-ai/langchain#18977"],
      changes: [
        {
          type: "insert",
          at: "end",
          chunk: {
            ...filterOnly,
            choices: [{
              index: 0,
              finish_reason: null,
              content_filter_results: filters,
              content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 48 }
            }]
          }
        }
      ]
    }
  ]
}
