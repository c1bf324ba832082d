import { ServerError } from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { withBeta } from "./access.js"

/** How much of a body is taken, in bytes. */
export interface Limits {
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
}

/** What the fields beside a file, and the lines between the parts, may take. */
const maxFormBytes = 1024 * 1024
const maxFieldBytes = 64 * 1024
const maxParts = 100
const maxHeaderBytes = 16 * 1024

/** What JSON may nest; a serializer that recurses gives up some thousands of levels deeper. */
const maxDepth = 256

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

export const tooLarge = (limit: number): ServerError =>
  new ServerError({
    status: 413,
    message: `The request is too large: its content may have at most ${limit} bytes.`
  })

const unsupportedContentType = (request: HttpServerRequest.HttpServerRequest, expected: string): ServerError =>
  new ServerError({
    status: 400,
    message: `Invalid Content-Type header (${request.headers["content-type"] ?? "none"}), expected ${expected}.`,
    summary: `Invalid Content-Type header, expected ${expected}.`
  })

/** Bodies are taken as they are, and not unpacked. */
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

const notMultipart = new ServerError({
  status: 400,
  message: "We could not parse the multipart/form-data body of your request."
})

const tooManyParts = new ServerError({
  status: 400,
  message: `We could not parse the multipart/form-data body of your request: it has more than ${maxParts} parts.`
})

// -----------------------------------------------------------------------------
// bytes
// -----------------------------------------------------------------------------

/**
 * The bytes of a body up to a limit, and whether there were more. What is beyond is read away, for to stop reading would
 * close the connection before the answer is out; but not without end.
 */
const limited = (request: HttpServerRequest.HttpServerRequest, limit: number) => {
  let size = 0
  const bytes = request.stream.pipe(
    // A body that isn't there at all is the one failure without a cause.
    Stream.catchAll((error) => error.cause === undefined ? Stream.empty : Stream.fail(error)),
    Stream.takeWhile((chunk) => (size += chunk.length) <= 2 * limit + maxFormBytes),
    Stream.filter(() => size <= limit)
  )
  return { bytes, exceeded: () => size > limit }
}

const declaredSize = (request: HttpServerRequest.HttpServerRequest): number =>
  Number(request.headers["content-length"] ?? 0)

/** Decodes what is percent-encoded, or leaves it where it is not. */
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

/** What an object with a `toString` of its own inherits, since Schemas turn discriminators of any type to strings. */
const printable = Object.defineProperty({}, Symbol.toPrimitive, { value: () => "[object Object]" })

/** Whether JSON nests no deeper than it may. */
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
// multipart
// -----------------------------------------------------------------------------

/** What one field of a form brings: a text, or a file where it has a file's name. */
export interface Part {
  readonly name: string
  readonly filename: string | undefined
  readonly content: Stream.Stream<Uint8Array, ServerError>
}

const [space, tab, hyphen] = [0x20, 0x09, 0x2d]
const lineBreak = new TextEncoder().encode("\r\n")
const emptyLine = new TextEncoder().encode("\r\n\r\n")

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

const indexOf = (bytes: Uint8Array, needle: Uint8Array): number => {
  let index = bytes.indexOf(needle[0]!)
  while (index !== -1 && needle.some((byte, offset) => bytes[index + offset] !== byte)) {
    index = bytes.indexOf(needle[0]!, index + 1)
  }
  return index
}

/** The parameters of a header, as `form-data; name="file"; filename="a.txt"`. */
const parametersOf = (header: string): ReadonlyMap<string, string> =>
  new Map(Array.from(
    header.matchAll(/;\s*([^\s=;"]+)=(?:"((?:\\"|[^"])*)"|([^;"\s]*))/g),
    ([, name, quoted, token]) => [name!.toLowerCase(), quoted?.replaceAll("\\\"", "\"") ?? token ?? ""]
  ))

const dispositionOf = (headers: string): Omit<Part, "content"> | undefined => {
  const header = headers.split("\r\n").find((line) => /^content-disposition:\s*form-data\s*;/i.test(line))
  if (header === undefined) return undefined
  const parameters = parametersOf(header)
  const name = parameters.get("name")
  const extended = /^utf-8''(.*)$/i.exec(parameters.get("filename*") ?? "")?.[1]
  const filename = extended === undefined ? parameters.get("filename") : decodeUri(extended)
  return name === undefined ? undefined : { name, filename }
}

/**
 * Reads a form part by part; what `onPart` leaves of a part is passed over. Whatever happens, the body is read to its
 * end, as far as {@link limited} goes.
 */
export const readForm = <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  onPart: (part: Part) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | ServerError, R> =>
  Effect.scoped(Effect.gen(function*() {
    const contentType = request.headers["content-type"] ?? ""
    const boundary = parametersOf(contentType).get("boundary")
    if (!/^\s*multipart\/form-data\s*;/i.test(contentType) || !boundary) {
      return yield* unsupportedContentType(request, "multipart/form-data")
    }
    if (declaredSize(request) > limit + maxFormBytes) return yield* tooLarge(limit)

    const { bytes, exceeded } = limited(request, limit + maxFormBytes)
    const pull = yield* Stream.toPull(bytes)
    const delimiter = new TextEncoder().encode(`\r\n--${boundary}`)
    // The first delimiter may stand at the very start, where no line ends.
    let buffer: Uint8Array = lineBreak

    let isOver = false
    const fill = Effect.suspend(() =>
      isOver ? Effect.succeed(false) : Effect.match(pull, {
        // That the caller is gone, or stopped early, shows in what is missing.
        onFailure: () => {
          isOver = true
          return false
        },
        onSuccess: (chunks) => {
          buffer = concat([buffer, ...chunks])
          return true
        }
      })
    )

    const take = (size: number): Uint8Array => {
      const taken = buffer.subarray(0, size)
      buffer = buffer.subarray(size)
      return taken
    }

    /** The bytes up to a needle, which is passed over. */
    const takeUntil = (needle: Uint8Array): Effect.Effect<Uint8Array, ServerError> =>
      Effect.suspend(() => {
        const index = indexOf(buffer, needle)
        if (index === -1) {
          return buffer.length > maxHeaderBytes
            ? Effect.fail(notMultipart)
            : Effect.flatMap(fill, (more) => more ? takeUntil(needle) : Effect.fail(notMultipart))
        }
        const taken = take(index)
        take(needle.length)
        return Effect.succeed(taken)
      })

    /** The bytes up to the next delimiter as they come, once. */
    const content = () => {
      let ended = false
      const next: Effect.Effect<Uint8Array, Option.Option<ServerError>> = Effect.suspend(() => {
        if (ended) return Effect.fail(Option.none())
        const index = indexOf(buffer, delimiter)
        ended = index !== -1
        const size = ended ? index : buffer.length - delimiter.length + 1
        if (size > 0 || ended) {
          const taken = take(size)
          if (ended) take(delimiter.length)
          return Effect.succeed(taken)
        }
        return Effect.flatMap(fill, (more) => more ? next : Effect.fail(Option.some(notMultipart)))
      })
      return Stream.repeatEffectOption(next)
    }

    const readParts = Effect.gen(function*() {
      yield* Stream.runDrain(content())
      for (let parts = 1;; parts++) {
        while (buffer.length < 2 && (yield* fill));
        if (buffer[0] === hyphen && buffer[1] === hyphen) return
        if (parts > maxParts) return yield* tooManyParts
        const padding = yield* takeUntil(lineBreak)
        // A part may have no headers at all, and then begins with the empty line.
        buffer = concat([lineBreak, buffer])
        const headers = new TextDecoder().decode(yield* takeUntil(emptyLine))
        const disposition = dispositionOf(headers)
        if (disposition === undefined || !padding.every((byte) => byte === space || byte === tab)) {
          return yield* notMultipart
        }
        const part = { ...disposition, content: content() }
        yield* onPart(part)
        yield* Stream.runDrain(part.content)
      }
    })

    const drain = Effect.suspend(() => {
      buffer = new Uint8Array()
      return Effect.repeat(
        Effect.tap(fill, () => {
          buffer = new Uint8Array()
        }),
        { while: (more) => more }
      )
    })
    const result = yield* Effect.either(readParts)
    yield* drain
    if (exceeded()) return yield* tooLarge(limit)
    return yield* result
  }))

/** The text of a part. */
export const textOf = ({ content }: Part): Effect.Effect<string, ServerError> => {
  let size = 0
  return content.pipe(
    Stream.mapEffect((chunk) =>
      (size += chunk.length) > maxFieldBytes ? Effect.fail(tooLarge(maxFieldBytes)) : Effect.succeed(chunk)
    ),
    Stream.runCollect,
    Effect.map((chunks) => new TextDecoder().decode(concat([...chunks])))
  )
}

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/**
 * The same request, read within limits, as JSON and as nothing else; a form is read by {@link readForm}. Where there is
 * no body, `nothing` stands for it.
 */
export const withLimits = (
  request: HttpServerRequest.HttpServerRequest,
  limits: Limits,
  nothing?: {}
): Effect.Effect<HttpServerRequest.HttpServerRequest> =>
  Effect.map(
    Effect.cached(Effect.map(readJson(request, limits.maxBodyBytes), (json) => json === undefined ? nothing : json)),
    (json) => {
      // `HttpApiBuilder` makes a defect of whatever reading fails with; the error middleware knows it again.
      const unsupported = Effect.dieSync(() => unsupportedContentType(request, "application/json"))
      return Object.create(request, {
        // Proxies are sent the origin too; the router would begin the query at a semicolon.
        headers: { value: withBeta(request) },
        url: { value: request.url.replace(/^https?:\/\/[^/]*/i, "").replaceAll(";", "%3B") },
        json: { value: Effect.orDie(json) },
        text: { value: unsupported },
        urlParamsBody: { value: unsupported },
        arrayBuffer: { value: unsupported },
        multipart: { value: unsupported }
      })
    }
  )
