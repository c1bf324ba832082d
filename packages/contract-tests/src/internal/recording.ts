import * as AssistantStream from "@effect-openai/core/AssistantStream"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as Headers from "@effect/platform/Headers"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import * as Zlib from "node:zlib"
import * as Deviation from "../Deviation.js"
import * as Fixture from "../Fixture.js"
import { createdKeys } from "./createdKeys.js"
import { parseJson } from "./json.js"
import * as Secrets from "./secrets.js"
import * as sse from "./sse.js"

/** Bytes, and the milliseconds from the request until they were received. */
export interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

/** A recorded exchange. */
export interface Seen {
  readonly endpoint: Endpoint.Any
  /** The time of the request, in milliseconds since 1970. */
  readonly time: number
  readonly upstream: string
  /** The path below the base URL, encoded, without its query. */
  readonly path: `/${string}`
  readonly query: URLSearchParams
  readonly request: { readonly headers: Headers.Headers; readonly body: Buffer<ArrayBuffer> }
  readonly response: {
    readonly status: number
    readonly headers: Headers.Headers
    readonly pieces: ReadonlyArray<Piece>
  }
}

/** An exchange that can't be recorded. `because` ends the sentence "it was forwarded and not recorded, because …". */
export class Unrecordable extends Data.TaggedError("Unrecordable")<{ readonly because: string }> {
  override get message(): string {
    return this.because
  }
}

// -----------------------------------------------------------------------------
// encodings
// -----------------------------------------------------------------------------

const decoders: Record<string, (first: number) => Zlib.Gunzip | Zlib.Inflate | Zlib.BrotliDecompress> = {
  gzip: () => Zlib.createGunzip({ finishFlush: Zlib.constants.Z_SYNC_FLUSH }),
  // Some servers omit the zlib header.
  deflate: (first) =>
    (first & 0x0f) === 8
      ? Zlib.createInflate({ finishFlush: Zlib.constants.Z_SYNC_FLUSH })
      : Zlib.createInflateRaw({ finishFlush: Zlib.constants.Z_SYNC_FLUSH }),
  br: () => Zlib.createBrotliDecompress({ finishFlush: Zlib.constants.BROTLI_OPERATION_FLUSH })
}

/** The supported encodings, as in `accept-encoding`. */
const understood = new Set([...Object.keys(decoders), "identity"])

/** The encodings that a client accepts, without those that can't be recorded. */
export const acceptEncoding = (accepted: string): string =>
  accepted.split(",").filter((text) => understood.has(text.replace(/;.*$/, "").trim().toLowerCase())).join(",") ||
  "identity"

const decode = (encoding: string, pieces: ReadonlyArray<Piece>, maxBytes: number) =>
  Effect.async<ReadonlyArray<Piece>, Unrecordable>((resume) => {
    const make = decoders[encoding]
    if (make === undefined) {
      return resume(new Unrecordable({ because: `its encoding ${encoding} is not supported` }))
    }
    const stream = make(pieces[0]?.bytes[0] ?? 0)
    const decoded: Array<Piece> = []
    let size = 0
    let came: Array<Buffer> = []
    let at = 0
    const fail = (because: string) => {
      stream.destroy()
      resume(new Unrecordable({ because }))
    }
    const settle = () => {
      if (came.length > 0) decoded.push({ at, bytes: Buffer.concat(came) })
      came = []
    }
    stream.on("error", () => fail(`its body is not ${encoding}`))
    stream.on("data", (bytes: Buffer) => {
      size += bytes.length
      if (size > maxBytes) fail(`its body is larger than ${maxBytes} bytes`)
      came.push(bytes)
    })
    stream.on("end", () => {
      settle()
      resume(Effect.succeed(decoded))
    })
    const write = (index: number): void => {
      const piece = pieces[index]
      if (piece === undefined) return void stream.end()
      at = piece.at
      // The decoder emits the bytes of a chunk before the next turn of the event loop.
      stream.write(piece.bytes, () =>
        setImmediate(() => {
          settle()
          write(index + 1)
        }))
    }
    write(0)
  })

/** The decompressed chunks of a response. */
const decompress = (
  { headers, pieces }: Seen["response"],
  maxBytes: number
): Effect.Effect<ReadonlyArray<Piece>, Unrecordable> =>
  Effect.reduce(encodingsOf(headers).reverse(), pieces, (pieces, encoding) => decode(encoding, pieces, maxBytes))

const encodingsOf = (headers: Headers.Headers): Array<string> =>
  (headers["content-encoding"] ?? "").split(",")
    .map((text) => text.trim().toLowerCase().replace(/^x-/, ""))
    .filter((encoding) => encoding !== "" && encoding !== "identity")

// -----------------------------------------------------------------------------
// bodies
// -----------------------------------------------------------------------------

const concat = (pieces: ReadonlyArray<Piece>) => Buffer.concat(pieces.map(({ bytes }) => bytes))

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Bytes, as text if they are UTF-8. */
const verbatim = (bytes: Uint8Array): Fixture.Content => {
  const text = textOf(bytes)
  return text === undefined ? { base64: Encoding.encodeBase64(bytes) } : { text }
}

const mediaTypeOf = (headers: Headers.Headers) =>
  (headers["content-type"] ?? "").replace(/;.*$/, "").trim().toLowerCase()

const saysDone = (text: string): boolean => /^data: ?\[DONE\]\r?$/m.test(text)

/** Whether a response is a stream that has ended with [DONE]. */
export const isDone = (response: Seen["response"], maxBytes: number): Effect.Effect<boolean, Unrecordable> =>
  mediaTypeOf(response.headers) === "text/event-stream"
    ? Effect.map(decompress(response, maxBytes), (pieces) => saysDone(String(concat(pieces))))
    : Effect.succeed(false)

/** The events of a stream. undefined if the data of one is not JSON, or if there are no events. */
const eventsOf = (text: string): Fixture.Events | undefined => {
  const events = sse.parse(text).filter(({ data }) => data !== "[DONE]").map(({ data, event }) =>
    Either.map(parseJson(data), (data): Fixture.Event => ({ ...event !== undefined && { event }, data }))
  )
  const all = Either.getOrUndefined(Either.all(events))
  return all !== undefined && Arr.isNonEmptyReadonlyArray(all) ? { events: all, done: saysDone(text) } : undefined
}

/** The content of a response, and how a fixture stores it: events and files as bytes, JSON as a value. */
const contentOf = ({ response: { headers }, endpoint }: Seen, bytes: Uint8Array, secrets: Secrets.Secrets) => {
  const mediaType = mediaTypeOf(headers)
  const text = textOf(bytes)
  if (text !== undefined && mediaType === "text/event-stream") {
    const events = eventsOf(text)
    const same = events !== undefined && Buffer.compare(Fixture.bytes(events), bytes) === 0
    return { said: events, content: same ? events : verbatim(bytes) }
  }
  const isJson = mediaType.endsWith("json") && (endpoint.success._tag === "Json" || mediaType === "application/json")
  const json = text !== undefined && isJson ? parseJson(text) : Either.left(undefined)
  if (Either.isLeft(json)) return { said: undefined, content: verbatim(bytes) }
  const content = { json: secrets.json(json.right) }
  return { said: content, content }
}

interface Sent {
  readonly body: Fixture.Request["body"]
  readonly files?: Readonly<Record<string, Fixture.Content>>
}

const requestBodyOf = (
  { request: { body, headers } }: Seen,
  secrets: Secrets.Secrets
): Effect.Effect<Sent, Unrecordable> => {
  if (body.length === 0) return Effect.succeed({ body: null })
  if (mediaTypeOf(headers) === "multipart/form-data") {
    return Effect.tryPromise(async () => {
      const form = await new Response(body, { headers: { "content-type": headers["content-type"]! } }).formData()
      const files: Record<string, Fixture.Content> = {}
      const parts = await Promise.all([...form].map(async ([name, value]): Promise<Fixture.Part> => {
        if (typeof value === "string") return { name: secrets.text(name), value: secrets.text(value) }
        const fileName = secrets.text(value.name)
        files[fileName] = verbatim(secrets.bytes(new Uint8Array(await value.arrayBuffer())).bytes)
        return { name: secrets.text(name), fileName }
      }))
      if (!Arr.isNonEmptyReadonlyArray(parts)) throw new Error("The form has no parts")
      return { body: { multipart: parts }, files }
    }).pipe(Effect.mapError(() => new Unrecordable({ because: "the form of its request can't be parsed" })))
  }
  const json = Either.flatMap(Either.fromNullable(textOf(body), () => undefined), parseJson)
  return Either.match(json, {
    onLeft: () => new Unrecordable({ because: "the body of its request is neither JSON nor a form" }),
    onRight: (json) => Effect.succeed({ body: { json: secrets.json(json) } })
  })
}

// -----------------------------------------------------------------------------
// headers
// -----------------------------------------------------------------------------

/** The headers of a request that fixtures keep. Secrets are placeholders. */
const requestHeaders = (endpoint: Endpoint.Any, headers: Headers.Headers): Fixture.Request["headers"] => {
  const beta = headers["openai-beta"]
  const mediaType = mediaTypeOf(headers)
  return {
    ...bearerOf(headers) !== undefined && { authorization: `Bearer ${keyPlaceholder(endpoint)}` },
    ...mediaType !== "" && { "content-type": mediaType },
    ...beta !== undefined && { "openai-beta": beta },
    ...Object.fromEntries(
      Object.entries(placeholders).flatMap(([name, text]) => headers[name] === undefined ? [] : [[name, text]])
    )
  }
}

const placeholders = { "openai-organization": "$OPENAI_ORG_ID", "openai-project": "$OPENAI_PROJECT_ID" } as const

/** The placeholder for the key that authorizes an operation. */
export const keyPlaceholder = (endpoint: Endpoint.Any | undefined): string =>
  endpoint !== undefined && Endpoint.families[endpoint.family].credential === "adminKey"
    ? Secrets.adminKeyPlaceholder
    : Fixture.placeholder

const bearerOf = (headers: Headers.Headers): string | undefined =>
  /^bearer +(\S+(?:\s+\S+)*)\s*$/i.exec(headers["authorization"] ?? "")?.[1]

/** The secrets in the headers of a request. */
export const secretsIn = (
  endpoint: Endpoint.Any | undefined,
  headers: Headers.Headers
): ReadonlyArray<Secrets.Known> => {
  const bearer = bearerOf(headers)
  const credentials = bearer === undefined ? headers["authorization"]?.replace(/^\S+\s+/, "") : undefined
  return [
    ...bearer === undefined ? [] : [[bearer, keyPlaceholder(endpoint)] as const],
    ...Object.entries(placeholders).map(([name, text]) => [headers[name] ?? "", text] as const),
    ...[credentials, headers["api-key"], headers["x-api-key"]].filter(Predicate.isNotNullable)
      .map((secret) => [secret, Secrets.redacted] as const)
  ]
}

/** The documented headers of a response. */
const documentedHeaders =
  /^(?:x-request-id|x-should-retry|x-ratelimit-.*|retry-after(?:-ms)?|openai-(?:processing-ms|version|poll-after-ms))$/

const responseHeaders = (headers: Headers.Headers, secrets: Secrets.Secrets) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      documentedHeaders.test(name) ? [[name, secrets.text(value)]] : []
    )
  )

// -----------------------------------------------------------------------------
// fixtures
// -----------------------------------------------------------------------------

/** The deviations of a response from the contract. */
const deviationsOf = (
  { response: { status }, endpoint }: Seen,
  said: Fixture.Events | { readonly json: unknown } | undefined
): ReadonlyArray<Deviation.Deviation> => {
  if (said === undefined) {
    return status < 300 && endpoint.success._tag === "Bytes" ? [] : [{ field: "", what: "is neither JSON nor events" }]
  }
  if ("json" in said) {
    return status < 300
      ? Deviation.inResponse(endpoint, said.json)
      : Deviation.find(OpenAiError.ErrorResponse, said.json)
  }
  const [events, errors] = Arr.partition(said.events, ({ data, event }) => sse.isError(event, data))
  return [
    ...Deviation.inEvents(endpoint, endpoint.events?.named ? events : events.map(({ data }) => data)),
    ...errors.flatMap((error) =>
      error.event === undefined
        ? Deviation.find(OpenAiError.ErrorResponse, error.data)
        : Deviation.find(AssistantStream.ErrorEvent, error)
    )
  ]
}

/** The chunks after secrets were removed. */
const chunksOf = (pieces: ReadonlyArray<Piece>, moved: (offset: number) => number): Array<Fixture.Chunk> => {
  let offset = 0
  return pieces.flatMap(({ at, bytes }) => {
    const start = moved(offset)
    offset += bytes.length
    const length = moved(offset) - start
    return length === 0 ? [] : [{ at, length }]
  })
}

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`

/** The contents of a fixture: decompressed, and without secrets. */
export const contents = (
  seen: Seen,
  others: Secrets.Secrets,
  maxBytes: number
): Effect.Effect<Fixture.Contents, Unrecordable> =>
  Effect.gen(function*() {
    const { response: { headers, status }, endpoint } = seen
    const pieces = yield* decompress(seen.response, maxBytes)
    const whole = concat(pieces)
    const keys = createdKeys(endpoint.name, Buffer.from(whole).toString("latin1"))
    const secrets = others.and(keys.map((key) => [key, Secrets.redacted]))
    const { bytes, moved } = secrets.bytes(whole)
    const { content, said } = contentOf(seen, bytes, secrets)
    const chunks = mediaTypeOf(headers) === "text/event-stream" ? chunksOf(pieces, moved) : []
    const { body, files } = yield* requestBodyOf(seen, secrets)
    const documented = responseHeaders(headers, secrets)
    const type = headers["content-type"]

    const repaired: Fixture.Contents["repaired"] = {
      request: {
        method: endpoint.method,
        path: secrets.text(seen.path) as `/${string}`,
        query: [...seen.query].map(([name, value]) => [secrets.text(name), secrets.text(value)] as const),
        headers: requestHeaders(endpoint, seen.request.headers),
        body
      },
      response: {
        status,
        contentType: type === undefined ? null : secrets.text(type),
        ...Object.keys(documented).length > 0 && { headers: documented },
        body: content,
        ...Arr.isNonEmptyReadonlyArray(chunks) && { chunks }
      }
    }
    const repairs = encodingsOf(headers).map((encoding) => `decompressed from ${encoding}`)
    const deviations = deviationsOf(seen, said)
    return {
      operationId: endpoint.name,
      title: `${endpoint.summary}: ${status}`,
      source: { recorded: new Date(seen.time).toISOString(), upstream: seen.upstream },
      documented: { request: null, response: null },
      repaired,
      ...files !== undefined && Object.keys(files).length > 0 && { supplied: { files } },
      verdict: {
        kind: deviations.length > 0 ? "deviates" : repairs.length > 0 ? "repaired" : "exact",
        reason: deviations.length === 0
          ? "Recorded from a server. It is as the contract documents."
          : `Recorded from a server, with ${plural(deviations.length, "deviation")} from the contract.`,
        repairs,
        deviations
      }
    }
  })
