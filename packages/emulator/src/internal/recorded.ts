import { ServerError } from "@effect-openai/core/Api"
import type * as Batches from "@effect-openai/core/Batches"
import { isObject } from "./purposes.js"

// Refusals of newer operations, whose messages are those of the API.

/** The refusal of a value that is not supported. */
const invalidValue = (param: string, value: unknown, supported: ReadonlyArray<string>): ServerError => {
  const quoted = supported.map((one) => `'${one}'`)
  const list = quoted.length < 3
    ? quoted.join(" and ")
    : `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`
  const text = `Supported values are: ${list}.`
  return new ServerError({
    status: 400,
    param,
    code: "invalid_value",
    message: `Invalid value: '${String(value)}'. ${text}`,
    summary: `Invalid value. ${text}`
  })
}

const typeOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** The message of a value that is not a string. */
export const notText = (param: string, value: unknown): string =>
  `Invalid type for '${param}': expected a string, but got ${typeOf(value)} instead.`

const createBatch = (body: Readonly<Record<string, unknown>>): ServerError | undefined => {
  const { completion_window, endpoint, metadata } = body
  const endpoints = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] satisfies ReadonlyArray<
    Batches.BatchEndpoint
  >
  if (typeof endpoint === "string" && !endpoints.some((known) => known === endpoint)) {
    return invalidValue("endpoint", endpoint, endpoints)
  }
  if (typeof completion_window === "string" && completion_window !== "24h") {
    return invalidValue("completion_window", completion_window, ["24h"])
  }
  const wrong = isObject(metadata)
    ? Object.entries(metadata).find(([, value]) => typeof value !== "string")
    : undefined
  if (wrong === undefined) return undefined
  const [name, value] = wrong
  return new ServerError({
    status: 400,
    param: `metadata.${name}`,
    code: "invalid_type",
    message: notText(`metadata.${name}`, value),
    summary: "Invalid type for a value of 'metadata'."
  })
}

const refusals: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => ServerError | undefined>> = {
  createBatch
}

/** The refusal of the body of an operation; undefined where no message is documented. */
export const refusalOf = (operation: string, body: unknown): ServerError | undefined =>
  Object.hasOwn(refusals, operation) && isObject(body) ? refusals[operation]!(body) : undefined
