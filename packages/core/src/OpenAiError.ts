/**
 * What an operation can fail with: one class a case that a caller would handle differently, matched by `_tag`.
 *
 * No error holds a request, its headers, or a secret: each may be logged as it is.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"

// -----------------------------------------------------------------------------
// wire
// -----------------------------------------------------------------------------

/**
 * The body of every error answer, as documented. Some servers send nothing but the message; the client takes that too.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ErrorResponse = Schema.Struct({
  error: Schema.Struct({
    message: Schema.String.pipe(described("What went wrong, for people.")),
    type: Schema.String.pipe(described("The kind of error.")),
    param: Schema.NullOr(Schema.String).pipe(described("The request's field at fault; null where none is.")),
    code: Schema.NullOr(Schema.String).pipe(described("The error's code; null where it has none."))
  }).annotations({ identifier: "Error", description: "An error." })
}).annotations({ identifier: "ErrorResponse", description: "The body of every error answer." })

/**
 * @since 0.1.0
 * @category schemas
 */
export interface ErrorResponse extends Schema.Schema.Type<typeof ErrorResponse> {}

/**
 * What a server says of an error.
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

/** The texts of a list of errors, as FastAPI's `detail` and others' `errors` have them, each with the field at fault. */
const textOf = (u: unknown): string | undefined => {
  if (Array.isArray(u)) return u.map(textOf).filter((text) => text !== undefined).join("; ") || undefined
  if (!isObject(u)) return asText(u)
  const text = textOf(u["message"] ?? u["msg"] ?? u["detail"] ?? u["errors"] ?? u["title"])
  const { loc } = u
  return text !== undefined && Array.isArray(loc) ? `${loc.join(".")}: ${text}` : text
}

/**
 * Reads the body of an error response, whatever its shape: the documented envelope, `error` as text, the envelope's fields
 * without an envelope (vLLM, Mistral), the envelope in an array (Gemini), `detail` (FastAPI), problem details (RFC 9457).
 * Returns undefined where it says nothing.
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
 * Reads the error that a response with a status of 2xx, or an event of a stream, stands for: an `error` that is not null,
 * or an object that calls itself an error. Returns undefined for anything else.
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

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * What every error tells.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  /** The `operationId`. */
  readonly operation: string
  /** What went wrong, for people. */
  readonly message: string
  /** The cursor that a page was asked with: a list can be taken up again from there. */
  readonly cursor?: string | undefined
}

/**
 * What an answer of the server adds.
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
  /** How long the server asks to wait before the next try. */
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
  /** How long until the limit is whole again. */
  readonly reset: Duration.Duration | undefined
}

/**
 * What a rate-limited answer adds.
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
 * 400: the server refused the request's content.
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
 * 403: the key may not do this.
 *
 * @since 0.1.0
 * @category errors
 */
export class PermissionDeniedError extends Data.TaggedError("PermissionDeniedError")<ResponseFields> {}

/**
 * 404: the object, or the route, does not exist.
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
 * 422: the request was understood and can't be carried out.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnprocessableEntityError extends Data.TaggedError("UnprocessableEntityError")<ResponseFields> {}

/**
 * 429: too many requests or tokens for now.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimitError extends Data.TaggedError("RateLimitError")<RateLimitFields> {}

/**
 * 429 with the code `insufficient_quota`: no waiting helps, only a payment. It is never retried.
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
 * Any other status, or an error answer whose body is not the documented envelope.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatusError extends Data.TaggedError("UnexpectedStatusError")<
  ResponseFields & {
    /** The beginning of the answer's body, at most 4,096 bytes of it. */
    readonly body: string
  }
> {}

/**
 * Nothing came within the time allowed.
 *
 * @since 0.1.0
 * @category errors
 */
export class TimeoutError extends Data.TaggedError("TimeoutError")<
  Fields & {
    /** What was waited for: the answer's `headers`, the rest of its `body`, the `next` piece of a streamed one, a `run`. */
    readonly phase: "headers" | "body" | "next" | "run"
    readonly timeout: Duration.Duration
  }
> {}

/**
 * The connection failed before the answer was whole.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Data.TaggedError("TransportError")<
  Fields & {
    /** What the transport calls it, `ECONNRESET` say. */
    readonly code: string | undefined
    /** Whether the server may have received the request. */
    readonly sent: boolean
  }
> {}

/**
 * The client's own limits would have kept the request waiting for longer than allowed. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class LimitExceededError extends Data.TaggedError("LimitExceededError")<
  Fields & {
    /** The limit that had no room. */
    readonly exceeded: "requests" | "tokens"
    /** How long the request was allowed to wait. */
    readonly timeout: Duration.Duration
    /** How long it would have had to wait further, where that is known. */
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
    /** The field at fault, `tools[3].function.name` say. */
    readonly field: string
  }
> {}

/**
 * The answer does not fit the contract, although its status says success.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidResponseError extends Data.TaggedError("InvalidResponseError")<
  Fields & {
    readonly status: number
    readonly requestId: string | undefined
    /** The field at fault, `data[7].created_at` say; empty where the whole body is. */
    readonly field: string
  }
> {}

/**
 * An upload should have been tried again, but its source can be read only once. The failure of the only try is `reason`.
 *
 * @since 0.1.0
 * @category errors
 */
export class UploadNotReplayableError extends Data.TaggedError("UploadNotReplayableError")<
  Fields & { readonly field: string; readonly reason: OpenAiError }
> {}

/**
 * A list can't be walked on: a cursor came twice, or a page that is not the last has no cursor.
 *
 * @since 0.1.0
 * @category errors
 */
export class PaginationError extends Data.TaggedError("PaginationError")<Fields> {}

/**
 * A streamed answer ended before it said that it was done, or its connection did. Everything before that was handed out.
 *
 * @since 0.1.0
 * @category errors
 */
export class StreamInterruptedError extends Data.TaggedError("StreamInterruptedError")<
  Fields & {
    readonly requestId: string | undefined
    /** How many events came before. */
    readonly events: number
  }
> {}

/**
 * The model asked for a function that is none of the tools, or with arguments that do not fit; or what the function
 * answers is no JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolCallError extends Data.TaggedError("ToolCallError")<
  Fields & {
    /** The function's name, as the model wrote it. `name` alone is the error's own. */
    readonly functionName: string
    readonly toolCallId: string
  }
> {}

/**
 * What every operation can fail with.
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

type AnyError = OpenAiError | PaginationError | StreamInterruptedError | ToolCallError | UploadNotReplayableError

/**
 * The failure passes with time: throttling, a conflict, a server's or a transport's fault, a timeout.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRetryable = (error: AnyError): boolean =>
  error._tag === "RateLimitError" ||
  error._tag === "ConflictError" ||
  error._tag === "InternalServerError" ||
  error._tag === "TimeoutError" ||
  error._tag === "TransportError" ||
  error._tag === "LimitExceededError" ||
  (error._tag === "UnexpectedStatusError" && isRetryableStatus(error.status))

/**
 * The statuses that pass with time: 408, 409, 429 and 5xx.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500

/**
 * The caller sends more than it is allowed to, for now or for good.
 *
 * @since 0.1.0
 * @category guards
 */
export const isThrottling = (error: AnyError): error is RateLimitError | InsufficientQuotaError =>
  error._tag === "RateLimitError" || error._tag === "InsufficientQuotaError"

/**
 * The credentials are at fault.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAuthentication = (error: AnyError): error is AuthenticationError | PermissionDeniedError =>
  error._tag === "AuthenticationError" || error._tag === "PermissionDeniedError"

/**
 * The request is at fault: sent again it fails again.
 *
 * @since 0.1.0
 * @category guards
 */
export const isInvalidRequest = (
  error: AnyError
): error is
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
