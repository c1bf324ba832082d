import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type * as Transport from "../transport/transport.js"
import { describeIssue, shorten } from "./issue.js"
import type { Validate } from "./validator.js"

/** What of a call its responses and errors refer to. */
export interface CallContext {
  readonly operation: string
  /** The cursor of the requested page. */
  readonly cursor: string | undefined
  /** Removes the client's credentials from a text. */
  readonly redact: (text: string) => string
  /** How long the client waits for the body of an error response. */
  readonly errorBodyTimeout: Duration.Duration
  /** Maximum size of a buffered response body, or of one event of a streamed one. */
  readonly maxBodyBytes: number
}

/** A response whose body is not read yet. */
export class Response {
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined

  constructor(private readonly head: Transport.Head, readonly call: CallContext) {
    this.status = head.status
    const id = head.headers["x-request-id"]
    this.requestId = id === undefined ? undefined : call.redact(id)
  }

  get headers(): Headers.Headers {
    return this.head.headers
  }

  /** Returns the text of a body. Empty if the transport has not decoded it. */
  decode(bytes: Uint8Array): string {
    return this.head.undecoded === "" ? decodeText(bytes) : ""
  }

  /** The error of a response that does not fit the contract. */
  invalid(field: string, message: string): OpenAiError.InvalidResponseError {
    const { call, requestId, status } = this
    return new OpenAiError.InvalidResponseError({
      operation: call.operation,
      cursor: call.cursor,
      status,
      requestId,
      field: call.redact(field),
      message: call.redact(message)
    })
  }
}

const decoder = new TextDecoder()

export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Returns undefined for what is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses and validates a body of JSON. Returns the parsed value, with all fields that the server sent. */
export const decodeJson = (
  bytes: Uint8Array,
  validate: Validate,
  response: Response
): Either.Either<unknown, OpenAiError.InvalidResponseError> => {
  const text = decodeText(bytes)
  const { redact } = response.call
  const json = parseJson(text)
  if (json === undefined) {
    return Either.left(response.invalid("", `The response is not JSON: ${shorten(redact(text))}`))
  }
  const checked = validate(json)
  if (Either.isRight(checked)) return Either.right(checked.right)
  const error = OpenAiError.findError(json)
  if (error !== undefined) {
    const message = `The status is ${response.status}, but the body is an error: ${shorten(redact(error.message))}`
    return Either.left(response.invalid("error", message))
  }
  const { field, message } = describeIssue(checked.left, redact)
  return Either.left(
    response.invalid(field, `The response does not fit the contract at ${field || "its root"}: ${message}`)
  )
}
