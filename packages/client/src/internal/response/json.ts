import { isTooDeep } from "@effect-openai/core/Json"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Either from "effect/Either"
import * as Errors from "./errors.js"
import { describeIssue, shorten } from "./issue.js"
import { decodeText, parseJson, type Response } from "./response.js"
import type { Validate } from "./validator.js"

/**
 * Parses and validates a body of JSON. Returns the parsed value, with all fields that the server sent. Fails with the
 * server's error where it is sent instead of the value.
 */
export const decodeJson = (
  bytes: Uint8Array,
  validate: Validate,
  response: Response
): Either.Either<unknown, OpenAiError.OpenAiError> => {
  const text = decodeText(bytes)
  const { redact } = response.call
  const json = parseJson(text)
  if (json === undefined) {
    const reason = isTooDeep(text) ? "nests more than 256 levels" : "is not JSON"
    return Either.left(response.invalid("", `The response ${reason}: ${shorten(redact(text))}`))
  }
  const checked = validate(json)
  if (Either.isRight(checked)) return Either.right(checked.right)
  const error = OpenAiError.findError(json)
  if (error !== undefined) return Either.left(Errors.fromEvent(error, response))
  const { field, message } = describeIssue(checked.left, redact)
  return Either.left(
    response.invalid(field, `The response does not fit the contract at ${field || "its root"}: ${message}`)
  )
}
