import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Deadline from "./deadline.js"
import { describeIssue, shorten } from "./issue.js"
import type { Failure } from "./retry.js"
import type { Validate } from "./validator.js"

/** What every error of a call begins with. `scrub` takes the secrets out of what servers and transports say. */
export interface Call {
  readonly operation: string
  readonly cursor: string | undefined
  readonly scrub: (text: string) => string
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

/** An answer whose body is still to come; read off its response once, which makes its headers anew each time. */
export interface Answer {
  readonly call: Call
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined
  readonly headers: Headers.Headers
  /** That a success does not fit the contract. */
  readonly invalid: (field: string, message: string) => OpenAiError.InvalidResponseError
}

export const answerOf = ({ headers, status }: HttpClientResponse.HttpClientResponse, call: Call): Answer => {
  const id = headers["x-request-id"]
  const requestId = id === undefined ? undefined : call.scrub(id)
  return {
    call,
    status,
    requestId,
    headers,
    invalid: (field, message) =>
      new OpenAiError.InvalidResponseError({
        operation: call.operation,
        cursor: call.cursor,
        status,
        requestId,
        field: call.scrub(field),
        message: call.scrub(message)
      })
  }
}

// -----------------------------------------------------------------------------
// error answers
// -----------------------------------------------------------------------------

/** An error's body is read up to here; the rest is refused, which closes the connection. */
const maxErrorBytes = 65_536
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
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, maxKeptBytes), { stream: true })

/** The documented `{"error": {"message": …}}`, or undefined. */
const envelope = (json: unknown, { scrub }: Call) => {
  if (typeof json !== "object" || json === null || !("error" in json)) return undefined
  const error = json.error
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined
  const { code, message, param, type }: { [K in "code" | "message" | "param" | "type"]?: unknown } = error
  if (typeof message !== "string") return undefined
  const asText = (u: unknown): string | undefined =>
    typeof u === "string" || typeof u === "number" ? beginning(scrub(String(u))) : undefined
  return { message: beginning(scrub(message)), type: asText(type), param: asText(param), code: asText(code) }
}

/**
 * A body as it comes. Its errors are made ours at once: a Stream runs in fibers of its own, and one that fails is logged,
 * here with the request and its headers.
 */
export const bytesOf = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Stream.Stream<Uint8Array, OpenAiError.TransportError> =>
  Stream.catchAll(
    response.stream,
    (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(transportError(error, call))
  )

/** Hands over a body piece by piece, and tells whether that was all. What is beyond the limit closes the connection. */
const readUpTo = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call,
  limit: number,
  take: (piece: Uint8Array) => void
): Effect.Effect<boolean, OpenAiError.TransportError> =>
  Effect.suspend(() => {
    let size = 0
    return bytesOf(response, call).pipe(
      Stream.runForEachWhile((piece) =>
        Effect.sync(() => {
          size += piece.length
          if (size <= limit) take(piece)
          else take(piece.subarray(0, Math.max(0, limit - size + piece.length)))
          return size <= limit
        })
      ),
      Effect.map(() => size <= limit)
    )
  })

const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0))
  let offset = 0
  for (const piece of pieces) {
    all.set(piece, offset)
    offset += piece.length
  }
  return all
}

/** As much of an error's body as comes: the status is known, and says more than how its body ended. */
const readErrorBody = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Effect.Effect<Uint8Array> =>
  Effect.suspend(() => {
    const pieces: Array<Uint8Array> = []
    const reading = readUpTo(response, call, maxErrorBytes, (piece) => pieces.push(piece))
    return Deadline.interrupting(reading, call.patience, () => undefined).pipe(
      Effect.ignore,
      Effect.map(() => concat(pieces))
    )
  })

/** Reads away an answer that nobody wants, or closes its connection where it is long or slow. */
export const discard = (response: HttpClientResponse.HttpClientResponse, call: Call): Effect.Effect<void> =>
  Effect.asVoid(readErrorBody(response, call))

const errorFromStatus = (fields: OpenAiError.AnswerFields, headers: Headers.Headers): OpenAiError.OpenAiError => {
  switch (fields.status) {
    case 400:
      return new OpenAiError.BadRequestError(fields)
    case 401:
      return new OpenAiError.AuthenticationError(fields)
    case 403:
      return new OpenAiError.PermissionDeniedError(fields)
    case 404:
      return new OpenAiError.NotFoundError(fields)
    case 409:
      return new OpenAiError.ConflictError(fields)
    case 422:
      return new OpenAiError.UnprocessableEntityError(fields)
    case 429: {
      const limit = { requests: rateLimit(headers, "requests"), tokens: rateLimit(headers, "tokens") }
      return fields.code === "insufficient_quota"
        ? new OpenAiError.InsufficientQuotaError({ ...fields, limit })
        : new OpenAiError.RateLimitError({ ...fields, limit })
    }
    default:
      return fields.status >= 500
        ? new OpenAiError.InternalServerError(fields)
        : new OpenAiError.UnexpectedStatusError({ ...fields, body: fields.message })
  }
}

/** The failure that an answer without success stands for. */
export const failureFromAnswer = (
  response: HttpClientResponse.HttpClientResponse,
  { call, headers, requestId, status }: Answer
): Effect.Effect<Failure> =>
  Effect.clockWith((clock) =>
    Effect.map(readErrorBody(response, call), (bytes) => {
      const text = new TextDecoder().decode(bytes)
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
        retryAfter: retryAfter(headers, clock)
      }
      return {
        shouldRetry: shouldRetry(headers),
        error: found === undefined
          ? new OpenAiError.UnexpectedStatusError({
            ...fields,
            body: beginning(call.scrub(text))
          })
          : errorFromStatus(fields, headers)
      }
    })
  )

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

/** The error that a transport's error stands for. It keeps nothing of the request, whose headers hold the key. */
export const transportError = (error: HttpClientError.HttpClientError, call: Call): OpenAiError.TransportError => {
  const { code, message } = describeCause(error.cause)
  return new OpenAiError.TransportError({
    operation: call.operation,
    cursor: call.cursor,
    message: call.scrub(message),
    code,
    sent: error._tag === "ResponseError" || code === undefined || !unsent.has(code)
  })
}

// -----------------------------------------------------------------------------
// successes
// -----------------------------------------------------------------------------

/** The length that a body is known to have before it is read. One that is compressed has another. */
const lengthOf = (headers: Headers.Headers): number | undefined =>
  headers["content-encoding"] === undefined && headers["transfer-encoding"] === undefined
    ? parseNumber(headers["content-length"])
    : undefined

/**
 * A body that is held whole. It is counted while it is read only where its length is not known, and refused, with its
 * connection closed, where it is beyond the limit.
 */
const readWhole = <A>(
  response: HttpClientResponse.HttpClientResponse,
  { call, headers, invalid }: Answer,
  whole: Effect.Effect<A, HttpClientError.ResponseError>,
  join: (pieces: ReadonlyArray<Uint8Array>) => A
): Effect.Effect<A, OpenAiError.InvalidResponseError | OpenAiError.TransportError> =>
  Effect.suspend(() => {
    const length = lengthOf(headers)
    if (call.limit === Infinity || (length !== undefined && length <= call.limit)) {
      return Effect.mapError(whole, (error) => transportError(error, call))
    }
    const tooLarge = () => invalid("", `The answer is larger than ${call.limit} bytes`)
    if (length !== undefined) return Effect.zipRight(discard(response, call), Effect.suspend(tooLarge))
    const pieces: Array<Uint8Array> = []
    return Effect.flatMap(
      readUpTo(response, call, call.limit, (piece) => pieces.push(piece)),
      (isWhole) => isWhole ? Effect.succeed(join(pieces)) : tooLarge()
    )
  })

/** Reads an answer of bytes. */
export const readBytes = (
  response: HttpClientResponse.HttpClientResponse,
  answer: Answer
): Effect.Effect<Uint8Array, OpenAiError.InvalidResponseError | OpenAiError.TransportError> =>
  readWhole(response, answer, Effect.map(response.arrayBuffer, (buffer) => new Uint8Array(buffer)), concat)

const asText = (pieces: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder()
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode()
}

/** Reads and checks an answer of JSON. The parsed value itself is handed out, with whatever else the server sent. */
export const decodeJson = (
  response: HttpClientResponse.HttpClientResponse,
  validate: Validate,
  answer: Answer
): Effect.Effect<unknown, OpenAiError.InvalidResponseError | OpenAiError.TransportError> =>
  readWhole(response, answer, response.text, asText).pipe(
    Effect.flatMap((text) => {
      const { call, invalid } = answer
      const json = parseJson(text)
      if (json === undefined) return invalid("", `The answer is not JSON: ${shorten(call.scrub(text))}`)
      return Either.match(validate(json), {
        onLeft: (issue) => {
          const found = envelope(json, call)
          if (found !== undefined) return invalid("error", `The answer is a success and yet an error: ${found.message}`)
          const { field, message } = describeIssue(issue, call.scrub)
          return invalid(field, `The answer does not fit the contract at ${field || "its root"}: ${message}`)
        },
        onRight: () => Effect.succeed(json)
      })
    })
  )

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
