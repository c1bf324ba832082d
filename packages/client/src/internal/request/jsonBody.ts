import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import { shorten } from "../response/issue.js"
import type { Body, BodyEncoder } from "./request.js"
import { sendable } from "./tools.js"

/** A field of a body can't be encoded. */
export class EncodeError extends Error {
  constructor(readonly field: string, message: string) {
    super(message)
  }
}

/** Makes an encoder of a function that throws {@link EncodeError}. */
export const encoder = (
  encode: (fields: Readonly<Record<string, unknown>>, endpoint: Endpoint.Any) => Body
): BodyEncoder => ({
  encode: (fields, endpoint, redact) =>
    Either.try({
      try: () => encode(fields, endpoint),
      catch: (cause) => {
        const { field, message } = cause instanceof EncodeError ? cause : new EncodeError("body", String(cause))
        return new OpenAiError.InvalidRequestError({
          operation: endpoint.name,
          field,
          message: `${endpoint.name} can't send this ${field}: ${shorten(redact(message))}`
        })
      }
    }),
  sendable,
  brokenRule: Endpoint.brokenRule
})

/** Throws for what JSON can't encode, for example a bigint or a cycle. */
const stringify = (field: string, value: unknown): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new EncodeError(field, cause instanceof Error ? cause.message : "is not JSON")
  }
}

export const jsonBody: BodyEncoder = encoder((fields) => {
  const members = Object.entries(fields).flatMap(([name, value]) => {
    const json = stringify(name, value)
    return json === undefined ? [] : `${JSON.stringify(name)}:${json}`
  })
  const body = HttpBody.text(`{${members}}`, "application/json")
  return { make: () => body }
})
