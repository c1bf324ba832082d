import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import * as bounds from "./bounds.js"
import { Direct } from "./direct.js"

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

const whole = new TextDecoder("utf-8", { fatal: true })

/** Throws for bytes that are not UTF-8. */
const decode = (bytes: ReadonlyArray<Uint8Array>): string => {
  if (bytes.length === 1) return whole.decode(bytes[0])
  const decoder = new TextDecoder("utf-8", { fatal: true })
  return bytes.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
}

const parseJson = (
  bytes: ReadonlyArray<Uint8Array>,
  schema: Schema.Schema.All | undefined
): Effect.Effect<unknown, ServerError> => {
  let text: string
  try {
    text = decode(bytes)
  } catch {
    return Effect.fail(bounds.notJson)
  }
  const parsed = bounds.parse(text, schema)
  return parsed instanceof ServerError ? Effect.fail(parsed) : Effect.succeed(parsed.json)
}

/**
 * Reads a body whose length is known to be within the limit, without a Stream. The rest of it is also read where the fiber is
 * interrupted meanwhile: undoing that would cost each request more effects than reading.
 */
const readWhole = (source: Readable, schema: Schema.Schema.All | undefined): Effect.Effect<unknown, ServerError> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    const fail = () => resume(Effect.fail(bounds.notJson))
    source.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk)
    }).on("end", () => resume(parseJson(chunks, schema))).on("error", fail).on("close", fail)
  })

/** Reads the body of a request as JSON within a limit. An absent one is undefined. */
export const readJson = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  schema?: Schema.Schema.All
): Effect.Effect<unknown, ServerError> =>
  Effect.suspend(() => {
    const size = declaredSize(request)
    if (size > limit) return Effect.fail(tooLarge(limit))
    const { source } = request
    if (source instanceof Direct) {
      return source.bytes.length > limit ? Effect.fail(tooLarge(limit)) : parseJson([source.bytes], schema)
    }
    if (size > 0 && source instanceof Readable && !source.readableEnded && !source.destroyed) {
      return readWhole(source, schema)
    }
    const { bytes, exceeded } = limited(request, limit)
    return Stream.runCollect(bytes).pipe(
      Effect.mapError(() => bounds.notJson),
      Effect.flatMap((chunks) => exceeded() ? Effect.fail(tooLarge(limit)) : parseJson([...chunks], schema))
    )
  })
