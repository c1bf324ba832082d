import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import type { Failure } from "../execute/retry.js"
import type * as Transport from "../transport/transport.js"
import { describeIssue, shorten } from "./issue.js"
import type { Validate } from "./validator.js"

/** What every error of a call begins with. `redact` takes the secrets out of what servers and transports say. */
export interface Call {
  readonly operation: string
  readonly cursor: string | undefined
  readonly redact: (text: string) => string
  /** How long the body of an error is waited for, whose status is known already. */
  readonly patience: Duration.Duration
  /** How many bytes of an answer, or of one event of it, are held at the most. */
  readonly limit: number
}

// -----------------------------------------------------------------------------
// headers
// -----------------------------------------------------------------------------

const parseNumber = (text: string | undefined): number | undefined => {
  if (text === undefined || text.trim() === "") return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

/** `retry-after-ms` before `retry-after`, which is seconds, fractions allowed, or an HTTP date. */
export const retryAfter = (headers: Headers.Headers, clock: Clock.Clock): Duration.Duration | undefined => {
  const millis = parseNumber(headers["retry-after-ms"])
  if (millis !== undefined) return Duration.millis(millis)
  const text = headers["retry-after"]
  const seconds = parseNumber(text)
  if (seconds !== undefined) return Duration.seconds(seconds)
  // What `Date.parse` takes for a year, a negative number say, is no date.
  const date = text === undefined || !/[a-z]/i.test(text) ? NaN : Date.parse(text)
  return Number.isNaN(date) ? undefined : Duration.millis(Math.max(0, date - clock.unsafeCurrentTimeMillis()))
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The API writes `1s`, `6m0s`, `20ms`, `1h2m3.5s`. */
const parseReset = (text: string | undefined): Duration.Duration | undefined => {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let millis = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    millis += Number(amount) * units[unit as keyof typeof units]
  }
  return Duration.millis(millis)
}

export const rateLimit = (headers: Headers.Headers, kind: "requests" | "tokens"): OpenAiError.RateLimit => ({
  limit: parseNumber(headers[`x-ratelimit-limit-${kind}`]),
  remaining: parseNumber(headers[`x-ratelimit-remaining-${kind}`]),
  reset: parseReset(headers[`x-ratelimit-reset-${kind}`])
})

const shouldRetry = (headers: Headers.Headers): boolean | undefined => {
  const text = headers["x-should-retry"]
  return text === "true" ? true : text === "false" ? false : undefined
}

// -----------------------------------------------------------------------------
// answers
// -----------------------------------------------------------------------------

/** An answer whose body is still to come. */
export class Answer {
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined

  constructor(private readonly head: Transport.Head, readonly call: Call) {
    this.status = head.status
    const id = head.headers["x-request-id"]
    this.requestId = id === undefined ? undefined : call.redact(id)
  }

  get headers(): Headers.Headers {
    return this.head.headers
  }

  /** That a success does not fit the contract. */
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

// -----------------------------------------------------------------------------
// error answers
// -----------------------------------------------------------------------------

/** Of what a server says of an error, as much is kept. */
const maxKeptBytes = 4096

/** JSON, or undefined for what is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The beginning of a text, in whole characters. */
const beginning = (text: string) =>
  // No character takes more bytes than three for each part of it that is counted.
  text.length * 3 <= maxKeptBytes
    ? text
    : new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, maxKeptBytes), { stream: true })

/** The documented `{"error": {"message": …}}`, or undefined. */
const envelope = (json: unknown, { redact }: Call) => {
  if (typeof json !== "object" || json === null || !("error" in json)) return undefined
  const error = json.error
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined
  const { code, message, param, type }: { [K in "code" | "message" | "param" | "type"]?: unknown } = error
  if (typeof message !== "string") return undefined
  const asText = (u: unknown): string | undefined =>
    typeof u === "string" || typeof u === "number" ? beginning(redact(String(u))) : undefined
  return { message: beginning(redact(message)), type: asText(type), param: asText(param), code: asText(code) }
}

const errors = {
  400: OpenAiError.BadRequestError,
  401: OpenAiError.AuthenticationError,
  403: OpenAiError.PermissionDeniedError,
  404: OpenAiError.NotFoundError,
  409: OpenAiError.ConflictError,
  422: OpenAiError.UnprocessableEntityError
}

const errorFromStatus = (fields: OpenAiError.ResponseFields, headers: Headers.Headers): OpenAiError.OpenAiError => {
  const { code, message, status } = fields
  if (status === 429) {
    const limit = { requests: rateLimit(headers, "requests"), tokens: rateLimit(headers, "tokens") }
    return code === "insufficient_quota"
      ? new OpenAiError.InsufficientQuotaError({ ...fields, limit })
      : new OpenAiError.RateLimitError({ ...fields, limit })
  }
  if (status in errors) return new errors[status as keyof typeof errors](fields)
  return status >= 500
    ? new OpenAiError.InternalServerError(fields)
    : new OpenAiError.UnexpectedStatusError({ ...fields, body: message })
}

/** The failure that an answer without success stands for, by as much of its body as has come. */
export const failureOf = (
  bytes: Uint8Array,
  { call, headers, requestId, status }: Answer,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Failure => {
  const text = decoder.decode(bytes)
  const found = envelope(parseJson(text), call)
  const fields = {
    operation: call.operation,
    cursor: call.cursor,
    status,
    requestId,
    message: found?.message ?? `The server answered with status ${status} and no documented error`,
    type: found?.type,
    param: found?.param,
    code: found?.code,
    retryAfter: retryAfter(headers, Context.get(fiber.currentDefaultServices, Clock.Clock))
  }
  return {
    shouldRetry: shouldRetry(headers),
    error: found === undefined
      ? new OpenAiError.UnexpectedStatusError({ ...fields, body: beginning(call.redact(text)) })
      : errorFromStatus(fields, headers)
  }
}

// -----------------------------------------------------------------------------
// no answer
// -----------------------------------------------------------------------------

/** Failures of connecting: the server has seen nothing of the request. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** The messages and the code along a chain of causes: all that is kept of a transport's error. */
const describeCause = (cause: unknown): { readonly message: string; readonly code: string | undefined } => {
  const messages: Array<string> = []
  let code: string | undefined
  let current = cause
  for (let depth = 0; depth < 8 && typeof current === "object" && current !== null; depth++) {
    const link: { message?: unknown; code?: unknown; cause?: unknown; errors?: unknown } = current
    if (typeof link.message === "string" && link.message !== "") messages.push(link.message)
    if (code === undefined && typeof link.code === "string") code = link.code
    current = link.cause ?? (Array.isArray(link.errors) ? link.errors[0] : undefined)
  }
  return { message: messages.join(": ") || "The connection failed", code }
}

/** The error that a transport's failure stands for. It keeps nothing of the request, whose headers hold the key. */
export const transportError = ({ cause, sent }: Transport.Failed, call: Call): OpenAiError.TransportError => {
  const { code, message } = describeCause(cause)
  return new OpenAiError.TransportError({
    operation: call.operation,
    cursor: call.cursor,
    message: call.redact(message),
    code,
    sent: sent ?? (code === undefined || !unsent.has(code))
  })
}

// -----------------------------------------------------------------------------
// successes
// -----------------------------------------------------------------------------

const decoder = new TextDecoder()

/** Checks an answer of JSON. The parsed value itself is handed out, with whatever else the server sent. */
export const decodeJson = (
  bytes: Uint8Array,
  validate: Validate,
  answer: Answer
): Either.Either<unknown, OpenAiError.InvalidResponseError> => {
  const text = decoder.decode(bytes)
  const { call } = answer
  const json = parseJson(text)
  if (json === undefined) {
    return Either.left(answer.invalid("", `The answer is not JSON: ${shorten(call.redact(text))}`))
  }
  const checked = validate(json)
  if (Either.isRight(checked)) return Either.right(json)
  const found = envelope(json, call)
  if (found !== undefined) {
    return Either.left(answer.invalid("error", `The answer is a success and yet an error: ${found.message}`))
  }
  const { field, message } = describeIssue(checked.left, call.redact)
  return Either.left(
    answer.invalid(field, `The answer does not fit the contract at ${field || "its root"}: ${message}`)
  )
}

// -----------------------------------------------------------------------------
// errors in the middle of a streamed answer
// -----------------------------------------------------------------------------

/** The status that an error in a stream would have had, had it come before the answer began. */
const statusOf = ({ code, type }: { readonly code: string | undefined; readonly type: string | undefined }): number => {
  for (const word of [code, type]) {
    // vLLM writes the status itself.
    if (word !== undefined && /^[45]\d\d$/.test(word)) return Number(word)
    if (word === "rate_limit_exceeded" || word === "insufficient_quota" || word === "rate_limit_error") return 429
    if (word === "invalid_api_key" || word === "authentication_error") return 401
    if (word === "invalid_request_error" || word === "invalid_prompt") return 400
  }
  return 500
}

/** The error that an event stands for: `{"error": {…}}`, `{"error": "…"}`, the error alone, or text. */
export const errorFromEvent = (data: unknown, { call, headers, requestId }: Answer): OpenAiError.OpenAiError => {
  const inner = typeof data === "object" && data !== null && "error" in data ? data.error : data
  const found = envelope({ error: typeof inner === "string" ? { message: inner } : inner }, call) ??
    { message: "The stream ended with an error", type: undefined, param: undefined, code: undefined }
  return errorFromStatus(
    {
      ...found,
      operation: call.operation,
      cursor: call.cursor,
      status: statusOf(found),
      requestId,
      retryAfter: undefined
    },
    headers
  )
}
