import type * as Contract from "@effect-openai/core/Embeddings"
import type { Rule } from "./rule.js"

/** A request with the number of dimensions of its model, and the number of tokens of its longest input. */
export interface Request extends Contract.CreateEmbeddingRequest {
  readonly size: number
  readonly longest: number
}

const maxTokens = 8192

export const rules: ReadonlyArray<Rule<Request>> = [
  {
    param: "dimensions",
    check: ({ dimensions, model }) =>
      dimensions !== undefined && model === "text-embedding-ada-002"
        ? "This model does not support specifying dimensions."
        : undefined
  },
  {
    param: "dimensions",
    check: ({ dimensions, size }) =>
      dimensions !== undefined && dimensions > size
        ? `This model has at most ${size} dimensions, however you requested ${dimensions}.`
        : undefined
  },
  {
    param: "input",
    check: ({ longest }) =>
      longest > maxTokens
        ? `This model's maximum context length is ${maxTokens} tokens, however you requested ${longest} tokens.`
        : undefined
  }
]
