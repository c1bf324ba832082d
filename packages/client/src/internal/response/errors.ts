import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type { Failure } from "../execute/retry.js"
import type * as Transport from "../transport/transport.js"
import { rateLimit, retryAfter, shouldRetry } from "./headers.js"
import { shorten } from "./issue.js"
import { type CallContext, parseJson, type Response } from "./response.js"

// -----------------------------------------------------------------------------
// error responses
// -----------------------------------------------------------------------------

/** Maximum size of a text that an error keeps. */
const maxKeptBytes = 4096

/** Returns the first bytes of a text, cut between characters. */
const truncate = (text: string) =>
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  text.length * 3 <= maxKeptBytes
    ? text
    : new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, maxKeptBytes), { stream: true })

const redacted = (body: OpenAiError.ErrorBody, { redact }: CallContext): OpenAiError.ErrorBody => {
  const safe = (text: string) => truncate(redact(text))
  return {
    message: safe(body.message),
    type: body.type && safe(body.type),
    param: body.param && safe(body.param),
    code: body.code && safe(body.code)
  }
}

/** The title of a page of HTML; its text where it has no title. */
export const readableText = (text: string): string => {
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim()
  const readable = title || (/^\s*</.test(text) ? text.replace(/<(script|style)[^]*?<\/\1>|<[^>]*>?/gi, " ") : text)
  return readable.replace(/\s+/g, " ").trim()
}

/** The message of a body that is not an error of a known shape. */
const messageOf = (status: number, text: string, json: unknown): string => {
  const shown = shorten(readableText(text))
  if (shown === "") return `The server responded with status ${status}`
  return json === undefined ? shown : `The server responded with status ${status}: ${shown}`
}

const errors = {
  400: OpenAiError.BadRequestError,
  401: OpenAiError.AuthenticationError,
  403: OpenAiError.PermissionDeniedError,
  404: OpenAiError.NotFoundError,
  409: OpenAiError.ConflictError,
  413: OpenAiError.RequestTooLargeError,
  422: OpenAiError.UnprocessableEntityError
}

/** Makes an error of the class that belongs to the status. */
const fromStatus = (
  fields: OpenAiError.ResponseFields,
  headers: Headers.Headers,
  body: string
): OpenAiError.OpenAiError => {
  const { code, status } = fields
  if (status === 429) {
    const limit = { requests: rateLimit(headers, "requests"), tokens: rateLimit(headers, "tokens") }
    return code === "insufficient_quota"
      ? new OpenAiError.InsufficientQuotaError({ ...fields, limit })
      : new OpenAiError.RateLimitError({ ...fields, limit })
  }
  if (status in errors) return new errors[status as keyof typeof errors](fields)
  return status >= 500
    ? new OpenAiError.InternalServerError(fields)
    : new OpenAiError.UnexpectedStatusError({ ...fields, body })
}

/** Makes the failure of a response whose status is not 2xx, from the bytes of its body that were received. */
export const fromResponse = (
  bytes: Uint8Array,
  response: Response,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Failure => {
  const { call, headers, requestId, status } = response
  const text = response.decode(bytes)
  const json = parseJson(text)
  const beginning = truncate(call.redact(text))
  const body = OpenAiError.parseErrorBody(json)
  const fields = {
    operation: call.operation,
    cursor: call.cursor,
    status,
    requestId,
    ...body === undefined
      ? { message: messageOf(status, beginning, json), type: undefined, param: undefined, code: undefined }
      : redacted(body, call),
    retryAfter: retryAfter(headers, Context.get(fiber.currentDefaultServices, Clock.Clock))
  }
  return { shouldRetry: shouldRetry(headers), error: fromStatus(fields, headers, beginning) }
}

// -----------------------------------------------------------------------------
// error events
// -----------------------------------------------------------------------------

/** The status that the server would have sent, had the error occurred before the stream began. */
const statusOf = ({ code, type }: OpenAiError.ErrorBody): number => {
  for (const word of [code, type]) {
    // vLLM writes the status itself.
    if (word !== undefined && /^[45]\d\d$/.test(word)) return Number(word)
    if (word === "rate_limit_exceeded" || word === "insufficient_quota" || word === "rate_limit_error") return 429
    if (word === "invalid_api_key" || word === "authentication_error") return 401
    if (word === "invalid_request_error" || word === "invalid_prompt") return 400
  }
  return 500
}

/** Makes the error of an event. */
export const fromEvent = (
  body: OpenAiError.ErrorBody | undefined,
  { call, headers, requestId }: Response
): OpenAiError.OpenAiError => {
  const found = body === undefined
    ? { message: "The stream ended with an error", type: undefined, param: undefined, code: undefined }
    : redacted(body, call)
  return fromStatus(
    {
      ...found,
      operation: call.operation,
      cursor: call.cursor,
      status: statusOf(found),
      requestId,
      retryAfter: undefined
    },
    headers,
    found.message
  )
}

// -----------------------------------------------------------------------------
// failures of the transport
// -----------------------------------------------------------------------------

/** Failures to connect: the server received nothing of the request. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** Returns the messages and the code along a chain of causes. Nothing else of a transport's error is kept. */
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

/** Makes the error of a transport's failure. It keeps nothing of the request, whose headers hold the key. */
export const fromTransport = ({ cause, sent }: Transport.Failed, call: CallContext): OpenAiError.TransportError => {
  const { code, message } = describeCause(cause)
  return new OpenAiError.TransportError({
    operation: call.operation,
    cursor: call.cursor,
    message: call.redact(message),
    code,
    sent: sent ?? (code === undefined || !unsent.has(code))
  })
}
