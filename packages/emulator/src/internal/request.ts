import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { withBeta } from "./access.js"

/** Maximum sizes in bytes. */
export interface Limits {
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
}

/** Maximum depth of JSON. A recursive serializer fails some thousands of levels deeper. */
const maxDepth = 256

/** Maximum size of what is read beyond a limit, in bytes. */
const maxExcessBytes = 1024 * 1024

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

export const tooLarge = (limit: number): ServerError =>
  new ServerError({
    status: 413,
    message: `The request is too large: its content may have at most ${limit} bytes.`
  })

export const unsupportedContentType = (request: HttpServerRequest.HttpServerRequest, expected: string): ServerError =>
  new ServerError({
    status: 400,
    message: `Invalid Content-Type header (${request.headers["content-type"] ?? "none"}), expected ${expected}.`,
    summary: `Invalid Content-Type header, expected ${expected}.`
  })

/** Fails for an encoded body. Bodies are not unpacked. */
export const checkEncoding = ({ headers }: HttpServerRequest.HttpServerRequest): Effect.Effect<void, ServerError> => {
  const { "content-encoding": encoding = "identity" } = headers
  return /^\s*identity\s*$/i.test(encoding) ? Effect.void : Effect.fail(
    new ServerError({
      status: 415,
      message: `Unsupported Content-Encoding header (${encoding}): bodies must not be encoded.`,
      summary: "Unsupported Content-Encoding header."
    })
  )
}

const notJson = new ServerError({
  status: 400,
  message: "We could not parse the JSON body of your request: what was sent is not valid JSON."
})

const tooDeep = new ServerError({
  status: 400,
  message: `We could not parse the JSON body of your request: it nests more than ${maxDepth} levels.`
})

// -----------------------------------------------------------------------------
// bytes
// -----------------------------------------------------------------------------

/**
 * The bytes of a body up to a limit, and whether there were more. What is beyond the limit is drained, because a connection
 * is closed before its response is sent where the body is not read. Draining has a limit too.
 */
export const limited = (request: HttpServerRequest.HttpServerRequest, limit: number) => {
  let size = 0
  const bytes = request.stream.pipe(
    // An absent body is the only failure without a cause.
    Stream.catchAll((error) => error.cause === undefined ? Stream.empty : Stream.fail(error)),
    Stream.takeWhile((chunk) => (size += chunk.length) <= 2 * limit + maxExcessBytes),
    Stream.filter(() => size <= limit)
  )
  return { bytes, exceeded: () => size > limit }
}

export const declaredSize = (request: HttpServerRequest.HttpServerRequest): number =>
  Number(request.headers["content-length"] ?? 0)

/** Decodes percent-encoding. Returns a text unchanged that is not valid. */
export const decodeUri = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// -----------------------------------------------------------------------------
// JSON
// -----------------------------------------------------------------------------

/** The prototype of objects that have their own `toString`. Schemas convert discriminators of any type to strings. */
const printable = Object.defineProperty({}, Symbol.toPrimitive, { value: () => "[object Object]" })

/** Returns whether JSON is not too deep, and replaces prototypes where a conversion to a string would fail. */
const makeSafe = (json: unknown): boolean => {
  let level: Array<object> = typeof json === "object" && json !== null ? [json] : []
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return false
    const next: Array<object> = []
    for (const value of level) {
      if (Object.hasOwn(value, "toString") || Object.hasOwn(value, "valueOf")) Object.setPrototypeOf(value, printable)
      for (const child of Object.values(value)) if (typeof child === "object" && child !== null) next.push(child)
    }
    level = next
  }
  return true
}

const parseJson = (bytes: ReadonlyArray<Uint8Array>): Effect.Effect<unknown, ServerError> => {
  let json: unknown
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    const text = bytes.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
    if (text.trim() === "") return Effect.succeed(undefined)
    json = JSON.parse(text)
  } catch {
    return Effect.fail(notJson)
  }
  return makeSafe(json) ? Effect.succeed(json) : Effect.fail(tooDeep)
}

const readJson = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<unknown, ServerError> =>
  Effect.suspend(() => {
    if (declaredSize(request) > limit) return Effect.fail(tooLarge(limit))
    const { bytes, exceeded } = limited(request, limit)
    return Stream.runCollect(bytes).pipe(
      Effect.mapError(() => notJson),
      Effect.flatMap((chunks) => exceeded() ? Effect.fail(tooLarge(limit)) : parseJson([...chunks]))
    )
  })

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/**
 * The same request, whose body is read within limits and as JSON only. A form is read by `Form.read`. `nothing` is the
 * value of an absent body.
 */
export const withLimits = (
  request: HttpServerRequest.HttpServerRequest,
  limits: Limits,
  nothing?: {}
): Effect.Effect<HttpServerRequest.HttpServerRequest> =>
  Effect.map(
    Effect.cached(Effect.map(readJson(request, limits.maxBodyBytes), (json) => json === undefined ? nothing : json)),
    (json) => {
      // `HttpApiBuilder` turns every failure of reading into a defect. The error middleware recognizes it.
      const unsupported = Effect.dieSync(() => unsupportedContentType(request, "application/json"))
      return Object.create(request, {
        headers: { value: withBeta(request) },
        // Clients of proxies send the origin too. The router would begin the query at a semicolon or a fragment.
        url: { value: request.url.replace(/^https?:\/\/[^/]*|#.*$/gis, "").replaceAll(";", "%3B") },
        json: { value: Effect.orDie(json) },
        text: { value: unsupported },
        urlParamsBody: { value: unsupported },
        arrayBuffer: { value: unsupported },
        multipart: { value: unsupported }
      })
    }
  )
