import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { withBeta } from "./access.js"
import * as bounds from "./bounds.js"

/** Maximum sizes in bytes. */
export interface Limits {
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
}

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

const parseJson = (
  bytes: ReadonlyArray<Uint8Array>,
  schema: Schema.Schema.All | undefined
): Effect.Effect<unknown, ServerError> => {
  let text: string
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    text = bytes.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
  } catch {
    return Effect.fail(bounds.notJson)
  }
  const parsed = bounds.parse(text, schema)
  return parsed instanceof ServerError ? Effect.fail(parsed) : Effect.succeed(parsed.json)
}

const readJson = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  schema: Schema.Schema.All | undefined
): Effect.Effect<unknown, ServerError> =>
  Effect.suspend(() => {
    if (declaredSize(request) > limit) return Effect.fail(tooLarge(limit))
    const { bytes, exceeded } = limited(request, limit)
    return Stream.runCollect(bytes).pipe(
      Effect.mapError(() => bounds.notJson),
      Effect.flatMap((chunks) => exceeded() ? Effect.fail(tooLarge(limit)) : parseJson([...chunks], schema))
    )
  })

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/**
 * The same request, whose body is read within limits and as JSON only. A form is read by `Form.read`. `nothing` is the
 * value of an absent body, and `schema` that of a body of JSON.
 */
export const withLimits = (
  request: HttpServerRequest.HttpServerRequest,
  limits: Limits,
  nothing?: {},
  schema?: Schema.Schema.All
): Effect.Effect<HttpServerRequest.HttpServerRequest> =>
  Effect.map(
    Effect.cached(
      Effect.map(readJson(request, limits.maxBodyBytes, schema), (json) => json === undefined ? nothing : json)
    ),
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
