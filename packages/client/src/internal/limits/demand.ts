import type { PreparedRequest } from "../execute/call.js"

/** What a request takes from the limits. */
export interface Demand {
  readonly operation: string
  readonly cursor: string | undefined
  /** The model of the request. Limits are counted per model. */
  readonly model: string | undefined
  /** The estimated tokens. */
  readonly tokens: number
}

const number = (value: unknown): number => typeof value === "number" ? value : 0

/**
 * Estimates the tokens of an inference like the API: one token for four bytes of the request, plus the maximum of the
 * response, if the request has one. Other operations take no tokens.
 */
export const demandOf = ({ body, cursor, endpoint, fields }: PreparedRequest): Demand => {
  const { max_completion_tokens, max_tokens, model, n } = fields
  const isInference = endpoint.inference !== undefined
  const requestBytes = isInference ? body.make().contentLength ?? 0 : 0
  const maxResponseTokens = (number(max_completion_tokens) || number(max_tokens)) * (number(n) || 1)
  return {
    operation: endpoint.name,
    cursor,
    model: typeof model === "string" ? model : undefined,
    tokens: isInference ? Math.ceil(requestBytes / 4) + maxResponseTokens : 0
  }
}
