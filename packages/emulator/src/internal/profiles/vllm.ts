import type { Profile } from "../../Profile.js"

const flat = (type: string) => ({ object: "error", message: "{message}", type, param: null, code: "{status}" })

export const vllm: Profile = {
  title: "vLLM",
  facts: [
    {
      description: "Sends an error without an object around it, with the status as a number for `code`.",
      sources: ["vllm-project/vllm#3485", "vllm-project/vllm#21089", "modelscope/ms-agent#489"],
      changes: [
        { type: "error", status: 404, body: flat("NotFoundError") },
        { type: "error", status: 400, body: flat("BadRequestError") },
        { type: "error", body: flat("{type}") }
      ]
    },
    {
      description: "Accepts undocumented parameters.",
      sources: ["vllm-project/vllm-ascend#14501", "vllm-project/vllm#30958"],
      changes: [{ type: "accepts", paths: ["chat_template_kwargs", "top_k"] }]
    },
    {
      description: "Sends `finish_reason` in the chunk with the last content.",
      sources: ["vllm-project/vllm#35705", "vllm-project/vllm#36944"],
      changes: [{ type: "early_finish" }]
    },
    {
      description: "Sends a stream under the content type `application/json`, behind some proxies.",
      sources: ["vllm-project/vllm#47526", "vllm-project/vllm-ascend#6985"],
      changes: [{ type: "stream_content_type", value: "application/json" }]
    },
    {
      description: "Adds `parent` and `max_model_len` to each model.",
      sources: ["modal-labs/modal-examples#843"],
      changes: [
        { type: "set", in: "models", path: "data[].owned_by", value: "vllm" },
        { type: "set", in: "models", path: "data[].parent", value: null },
        { type: "set", in: "models", path: "data[].max_model_len", value: 8096 }
      ]
    }
  ]
}
