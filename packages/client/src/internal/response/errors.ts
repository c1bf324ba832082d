import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
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

/** Makes the error of a response. Status and code decide its class, before anything is redacted. */
const make = (
  status: number,
  body: Partial<OpenAiError.ErrorBody>,
  message: string,
  { call, headers, requestId }: Response,
  beginning?: string,
  retryAfter?: Duration.Duration
): OpenAiError.OpenAiError => {
  const identifier = (text: string | undefined) => text && truncate(call.redact(text, true))
  const fields: OpenAiError.ResponseFields = {
    operation: call.operation,
    cursor: call.cursor,
    status,
    requestId,
    message: truncate(call.redact(message)),
    type: identifier(body.type),
    param: identifier(body.param),
    code: identifier(body.code),
    retryAfter
  }
  if (status === 429) {
    const limit = { requests: rateLimit(headers, "requests"), tokens: rateLimit(headers, "tokens") }
    return body.code === "insufficient_quota"
      ? new OpenAiError.InsufficientQuotaError({ ...fields, limit })
      : new OpenAiError.RateLimitError({ ...fields, limit })
  }
  if (status in errors) return new errors[status as keyof typeof errors](fields)
  return status >= 500
    ? new OpenAiError.InternalServerError(fields)
    : new OpenAiError.UnexpectedStatusError({ ...fields, body: beginning ?? fields.message })
}

/** Makes the failure of a response whose status is not 2xx, from the bytes of its body that were received. */
export const fromResponse = (
  bytes: Uint8Array,
  response: Response,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Failure => {
  const { call, headers, status } = response
  const text = response.decode(bytes)
  const json = parseJson(text)
  const beginning = truncate(call.redact(text))
  const body = OpenAiError.parseErrorBody(json)
  const message = body?.message ?? messageOf(status, beginning, json)
  const delay = retryAfter(headers, Context.get(fiber.currentDefaultServices, Clock.Clock))
  return { shouldRetry: shouldRetry(headers), error: make(status, body ?? {}, message, response, beginning, delay) }
}

/** Makes the error in a response with a status of 2xx, or in an event. */
export const fromEvent = (
  body: Partial<OpenAiError.ErrorBody> = {},
  response: Response
): OpenAiError.OpenAiError =>
  make(OpenAiError.statusOf(body), body, body.message ?? "The stream ended with an error", response)

// -----------------------------------------------------------------------------
// failures of the transport
// -----------------------------------------------------------------------------

/** Failures to connect: the server received nothing of the request. */
const unsent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(?:NET|HOST)UNREACH|UND_ERR_CONNECT_TIMEOUT)$/

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
    sent: sent ?? (code === undefined || !unsent.test(code))
  })
}
