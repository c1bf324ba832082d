/**
 * The errors of operations: one class for each case that a caller handles differently, matched by `_tag`.
 *
 * No error contains a request, its headers or a secret. Errors can be logged as they are.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import * as Field from "./internal/field.js"
import * as Struct from "./Struct.js"

// -----------------------------------------------------------------------------
// wire
// -----------------------------------------------------------------------------

/**
 * The client also accepts other bodies: see {@link parseErrorBody}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorResponse = Struct.make({
  error: Struct.make({
    message: Field.string("A description of the error."),
    type: Field.string("The type of the error."),
    param: Field.nullableString("The field of the request that caused the error; null without one."),
    code: Field.nullableString("The code of the error; null without one.")
  }).annotations({ identifier: "Error", description: "An error." })
}).annotations({ identifier: "ErrorResponse", description: "The body of an error response." })

export interface ErrorResponse extends Schema.Schema.Type<typeof ErrorResponse> {}

/**
 * The fields of an error response. A field is undefined if the body does not have it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorBody {
  readonly message: string
  readonly type: string | undefined
  readonly param: string | undefined
  readonly code: string | undefined
}

type Members = { readonly [name: string]: unknown }

const isObject = (u: unknown): u is Members => typeof u === "object" && u !== null && !Array.isArray(u)

const asText = (u: unknown): string | undefined =>
  typeof u === "string" && u !== "" ? u : typeof u === "number" ? String(u) : undefined

/** The texts of a list of errors, each with its field: FastAPI's `detail`, and `errors` of other servers. */
const textOf = (u: unknown): string | undefined => {
  if (Array.isArray(u)) return u.map(textOf).filter((text) => text !== undefined).join("; ") || undefined
  if (!isObject(u)) return asText(u)
  const text = textOf(u["message"] ?? u["msg"] ?? u["detail"] ?? u["errors"] ?? u["title"])
  const { loc } = u
  return text !== undefined && Array.isArray(loc) ? `${loc.join(".")}: ${text}` : text
}

/**
 * Reads the body of an error response. It can be the documented envelope, `error` as text, the envelope's fields without an
 * envelope (vLLM, Mistral), the envelope in an array (Gemini), `detail` (FastAPI), or problem details (RFC 9457). Returns
 * undefined for a body without a message.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseErrorBody = (json: unknown): ErrorBody | undefined => {
  if (Array.isArray(json) && json.length > 0 && isObject(json[0]) && "error" in json[0]) return parseErrorBody(json[0])
  const body: Members = isObject(json) ? json : {}
  const error: Members = isObject(body["error"]) ? body["error"] : body
  const message = textOf(error) ?? textOf(body["error"]) ?? textOf(body) ?? (isObject(json) ? undefined : textOf(json))
  return message === undefined ? undefined : {
    message,
    type: asText(error["type"]),
    param: asText(error["param"]),
    code: asText(error["code"])
  }
}

/**
 * Reads the error in a response with a status of 2xx, or in an event of a stream: an object whose `error` is not null, or
 * whose `object` or `type` is `error`. Returns undefined for anything else.
 *
 * @since 0.1.0
 * @category parsing
 */
export const findError = (json: unknown): ErrorBody | undefined => {
  const body = Array.isArray(json) && json.length === 1 ? json[0] : json
  if (!isObject(body)) return undefined
  return (body["error"] ?? undefined) !== undefined || body["object"] === "error" || body["type"] === "error"
    ? parseErrorBody(body)
    : undefined
}

/**
 * Returns the status that belongs to an error which {@link findError} finds, because the status of its response says
 * nothing: the status that is its code or type, such as `429`; otherwise that of a word in them, such as
 * `rate_limit_exceeded`; otherwise 500.
 *
 * @since 0.1.0
 * @category parsing
 */
export const statusOf = ({ code, type }: Partial<ErrorBody>): number => {
  const words = `${code} ${type}`
  const status = /\b[45]\d\d\b/.exec(words)
  if (status !== null) return Number(status)
  if (/rate_?limit|quota/i.test(words)) return 429
  if (/api_key|authentication/.test(words)) return 401
  return /invalid_(request|prompt)/.test(words) ? 400 : 500
}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The fields of every error.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  /** The `operationId`. */
  readonly operation: string
  /** A description of the error. */
  readonly message: string
  /** The cursor of the page that failed. A list can be continued from there. */
  readonly cursor?: string | undefined
}

/**
 * The fields of errors that are responses of the server.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseFields extends Fields {
  /** The HTTP status. */
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined
  /** The envelope's `type`. */
  readonly type: string | undefined
  /** The envelope's `param`. */
  readonly param: string | undefined
  /** The envelope's `code`. */
  readonly code: string | undefined
  /** The server's `retry-after`: the time to wait before the next request. */
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * The `x-ratelimit-*` headers of one kind of limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  /** The time until the limit is full again. */
  readonly reset: Duration.Duration | undefined
}

/**
 * The fields of rate limit errors.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitFields extends ResponseFields {
  readonly limit: { readonly requests: RateLimit; readonly tokens: RateLimit }
}

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * 400: the request is invalid.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadRequestError extends Data.TaggedError("BadRequestError")<ResponseFields> {}

/**
 * 401: the key is missing or wrong.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthenticationError extends Data.TaggedError("AuthenticationError")<ResponseFields> {}

/**
 * 403: the key does not have the permission.
 *
 * @since 0.1.0
 * @category errors
 */
export class PermissionDeniedError extends Data.TaggedError("PermissionDeniedError")<ResponseFields> {}

/**
 * 404: the object or the route does not exist.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFoundError extends Data.TaggedError("NotFoundError")<ResponseFields> {}

/**
 * 409: the object is in a state, or under a change, that excludes this one.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConflictError extends Data.TaggedError("ConflictError")<ResponseFields> {}

/**
 * 413: the request's body, or a file in it, is too large.
 *
 * @since 0.1.0
 * @category errors
 */
export class RequestTooLargeError extends Data.TaggedError("RequestTooLargeError")<ResponseFields> {}

/**
 * 422: the request is valid and can't be processed.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnprocessableEntityError extends Data.TaggedError("UnprocessableEntityError")<ResponseFields> {}

/**
 * 429: too many requests or tokens.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimitError extends Data.TaggedError("RateLimitError")<RateLimitFields> {}

/**
 * 429 with the code `insufficient_quota`: the account has no quota left. Never retried.
 *
 * @since 0.1.0
 * @category errors
 */
export class InsufficientQuotaError extends Data.TaggedError("InsufficientQuotaError")<RateLimitFields> {}

/**
 * 5xx: the server failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class InternalServerError extends Data.TaggedError("InternalServerError")<ResponseFields> {}

/**
 * Any other status.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatusError extends Data.TaggedError("UnexpectedStatusError")<
  ResponseFields & {
    /** The start of the response body, at most 4,096 bytes. */
    readonly body: string
  }
> {}

/**
 * A timeout.
 *
 * @since 0.1.0
 * @category errors
 */
export class TimeoutError extends Data.TaggedError("TimeoutError")<
  Fields & {
    /**
     * What timed out: the response `headers`, the rest of its `body`, the `next` chunk of a stream, a `run`, or a `batch`.
     */
    readonly phase: "headers" | "body" | "next" | "run" | "batch"
    readonly timeout: Duration.Duration
  }
> {}

/**
 * The connection failed before the response was complete.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Data.TaggedError("TransportError")<
  Fields & {
    /** The transport's code, such as `ECONNRESET`. */
    readonly code: string | undefined
    /** Whether the server may have received the request. */
    readonly sent: boolean
  }
> {}

/**
 * The client's own limits would delay the request for longer than allowed. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class LimitExceededError extends Data.TaggedError("LimitExceededError")<
  Fields & {
    /** The limit that is exceeded. */
    readonly exceeded: "requests" | "tokens"
    /** The maximum time that the request may wait. */
    readonly timeout: Duration.Duration
    /** The remaining time to wait, if it is known. */
    readonly retryAfter: Duration.Duration | undefined
  }
> {}

/**
 * The request does not fit the contract. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRequestError extends Data.TaggedError("InvalidRequestError")<
  Fields & {
    /** The path of the invalid field, such as `tools[3].function.name`. */
    readonly field: string
  }
> {}

/**
 * The response has a status of 2xx and does not fit the contract.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidResponseError extends Data.TaggedError("InvalidResponseError")<
  Fields & {
    readonly status: number
    readonly requestId: string | undefined
    /** The path of the invalid field, such as `data[7].created_at`. Empty if the entire body is invalid. */
    readonly field: string
  }
> {}

/**
 * An upload could not be retried, because its source can be read only once. `reason` is the failure of the only attempt.
 *
 * @since 0.1.0
 * @category errors
 */
export class UploadNotReplayableError extends Data.TaggedError("UploadNotReplayableError")<
  Fields & { readonly field: string; readonly reason: OpenAiError }
> {}

/**
 * A list can't be continued: a cursor occurred twice, or a page that is not the last has no cursor.
 *
 * @since 0.1.0
 * @category errors
 */
export class PaginationError extends Data.TaggedError("PaginationError")<Fields> {}

/**
 * A stream ended, or its connection failed, before its last event. All events before that were emitted.
 *
 * @since 0.1.0
 * @category errors
 */
export class StreamInterruptedError extends Data.TaggedError("StreamInterruptedError")<
  Fields & {
    readonly requestId: string | undefined
    /** The number of events before. */
    readonly events: number
  }
> {}

/**
 * The model called an unknown function, or its arguments do not fit the parameters, or the function's result can't be
 * encoded as JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolCallError extends Data.TaggedError("ToolCallError")<
  Fields & {
    /** The function's name, as the model wrote it. The error's own name is `name`. */
    readonly functionName: string
    readonly toolCallId: string
  }
> {}

/**
 * The model refused to respond, or a content filter removed the response. `message` is the refusal.
 *
 * @since 0.1.0
 * @category errors
 */
export class RefusalError extends Data.TaggedError("RefusalError")<
  Fields & { readonly requestId: string | undefined }
> {}

/**
 * The errors of every operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type OpenAiError =
  | BadRequestError
  | AuthenticationError
  | PermissionDeniedError
  | NotFoundError
  | ConflictError
  | RequestTooLargeError
  | UnprocessableEntityError
  | RateLimitError
  | InsufficientQuotaError
  | InternalServerError
  | UnexpectedStatusError
  | TimeoutError
  | TransportError
  | LimitExceededError
  | InvalidRequestError
  | InvalidResponseError

// -----------------------------------------------------------------------------
// categories
// -----------------------------------------------------------------------------

type AnyError =
  | OpenAiError
  | PaginationError
  | RefusalError
  | StreamInterruptedError
  | ToolCallError
  | UploadNotReplayableError

/**
 * Whether the code of a `TransportError` says that a certificate was not accepted. Another attempt fails as well.
 *
 * @since 0.1.0
 * @category guards
 */
export const isCertificateCode = (code: string | undefined): boolean =>
  /CERT|^(UNABLE_TO|INVALID|PATH|HOSTNAME)_/.test(code ?? "")

/**
 * Whether a later attempt can succeed: a rate limit, a conflict, a failure of the server, a timeout, and a failure of the
 * transport unless a certificate was not accepted.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRetryable = (error: AnyError): boolean =>
  error._tag === "RateLimitError" ||
  error._tag === "ConflictError" ||
  error._tag === "InternalServerError" ||
  error._tag === "TimeoutError" ||
  (error._tag === "TransportError" && !isCertificateCode(error.code)) ||
  error._tag === "LimitExceededError" ||
  (error._tag === "UnexpectedStatusError" && isRetryableStatus(error.status))

/**
 * Whether a later attempt can succeed: 408, 409, 429 and 5xx.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500

/**
 * Whether the caller exceeds a rate limit or its quota.
 *
 * @since 0.1.0
 * @category guards
 */
export const isThrottling = (error: AnyError): error is RateLimitError | InsufficientQuotaError =>
  error._tag === "RateLimitError" || error._tag === "InsufficientQuotaError"

/**
 * Whether the credentials are missing, wrong or not sufficient.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAuthentication = (error: AnyError): error is AuthenticationError | PermissionDeniedError =>
  error._tag === "AuthenticationError" || error._tag === "PermissionDeniedError"

/**
 * Whether the request is invalid. The same request fails again.
 *
 * @since 0.1.0
 * @category guards
 */
export const isInvalidRequest = (error: AnyError): error is
  | BadRequestError
  | InvalidRequestError
  | NotFoundError
  | RequestTooLargeError
  | UnprocessableEntityError =>
  error._tag === "BadRequestError" ||
  error._tag === "InvalidRequestError" ||
  error._tag === "NotFoundError" ||
  error._tag === "RequestTooLargeError" ||
  error._tag === "UnprocessableEntityError"
