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
import { parseJson } from "./json.js"
import * as Secrets from "./secrets.js"
import * as sse from "./sse.js"

/** Bytes, and when they came, in milliseconds after the request. */
export interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

/** An exchange as it passed. */
export interface Seen {
  readonly endpoint: Endpoint.Any
  /** When the request came, in milliseconds since the epoch. */
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

/** An exchange that can't be written down, and why: "it was passed on and not recorded, because …". */
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
  // Some servers leave out the header that the name promises.
  deflate: (first) =>
    (first & 0x0f) === 8
      ? Zlib.createInflate({ finishFlush: Zlib.constants.Z_SYNC_FLUSH })
      : Zlib.createInflateRaw({ finishFlush: Zlib.constants.Z_SYNC_FLUSH }),
  br: () => Zlib.createBrotliDecompress({ finishFlush: Zlib.constants.BROTLI_OPERATION_FLUSH })
}

/** The encodings that are understood, as `accept-encoding` names them. */
const understood = new Set([...Object.keys(decoders), "identity"])

/** What a client accepts, without the encodings that could not be recorded. */
export const acceptEncoding = (accepted: string): string =>
  accepted.split(",").filter((text) => understood.has(text.replace(/;.*$/, "").trim().toLowerCase())).join(",") ||
  "identity"

const decode = (encoding: string, pieces: ReadonlyArray<Piece>, maxBytes: number) =>
  Effect.async<ReadonlyArray<Piece>, Unrecordable>((resume) => {
    const make = decoders[encoding]
    if (make === undefined) {
      return resume(new Unrecordable({ because: `its encoding ${encoding} is not understood` }))
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
    stream.on("error", () => fail(`its body is no ${encoding}`))
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
      // What a piece decodes to is handed out by the time the next turn begins.
      stream.write(piece.bytes, () =>
        setImmediate(() => {
          settle()
          write(index + 1)
        }))
    }
    write(0)
  })

/** The pieces of an response as they are meant, whatever they are compressed by. */
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

/** Bytes as they are. */
const verbatim = (bytes: Uint8Array): Fixture.Content => {
  const text = textOf(bytes)
  return text === undefined ? { base64: Encoding.encodeBase64(bytes) } : { text }
}

const mediaTypeOf = (headers: Headers.Headers) =>
  (headers["content-type"] ?? "").replace(/;.*$/, "").trim().toLowerCase()

const saysDone = (text: string): boolean => /^data: ?\[DONE\]\r?$/m.test(text)

/** Whether an response is a stream that says it is at its end. */
export const isDone = (response: Seen["response"], maxBytes: number): Effect.Effect<boolean, Unrecordable> =>
  mediaTypeOf(response.headers) === "text/event-stream"
    ? Effect.map(decompress(response, maxBytes), (pieces) => saysDone(String(concat(pieces))))
    : Effect.succeed(false)

/** The events of a transcript; undefined where one is no JSON, or there is none. */
const eventsOf = (text: string): Fixture.Events | undefined => {
  const events = sse.parse(text).filter(({ data }) => data !== "[DONE]").map(({ data, event }) =>
    Either.map(parseJson(data), (data): Fixture.Event => ({ ...event !== undefined && { event }, data }))
  )
  const all = Either.getOrUndefined(Either.all(events))
  return all !== undefined && Arr.isNonEmptyReadonlyArray(all) ? { events: all, done: saysDone(text) } : undefined
}

/** What an response says, and how a fixture writes it down: events and files byte for byte, JSON by its value. */
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
      if (!Arr.isNonEmptyReadonlyArray(parts)) throw new Error("It has no part")
      return { body: { multipart: parts }, files }
    }).pipe(Effect.mapError(() => new Unrecordable({ because: "its request's form can't be read" })))
  }
  const json = Either.flatMap(Either.fromNullable(textOf(body), () => undefined), parseJson)
  return Either.match(json, {
    onLeft: () => new Unrecordable({ because: "its request's body is neither JSON nor a form" }),
    onRight: (json) => Effect.succeed({ body: { json: secrets.json(json) } })
  })
}

// -----------------------------------------------------------------------------
// headers
// -----------------------------------------------------------------------------

/** The headers of a request that say something, with a placeholder for each secret among them. */
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
  /^bearer +(.*\S)\s*$/i.exec(headers["authorization"] ?? "")?.[1]

/** The secrets in a request's headers. */
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

/** The headers of an response that the documentation knows. */
const told =
  /^(?:x-request-id|x-should-retry|x-ratelimit-.*|retry-after(?:-ms)?|openai-(?:processing-ms|version|poll-after-ms))$/

const responseHeaders = (headers: Headers.Headers, secrets: Secrets.Secrets) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => told.test(name) ? [[name, secrets.text(value)]] : [])
  )

// -----------------------------------------------------------------------------
// fixtures
// -----------------------------------------------------------------------------

/** Where an response and the contract part. */
const deviationsOf = (
  { response: { status }, endpoint }: Seen,
  said: Fixture.Events | { readonly json: unknown } | undefined
): ReadonlyArray<Deviation.Deviation> => {
  if (said === undefined) {
    return status < 300 && endpoint.success._tag === "Bytes" ? [] : [{ field: "", what: "is no JSON and no events" }]
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

/** The pieces' ends, after secrets have gone. */
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

/** What a fixture holds of an exchange: decompressed, and without the secrets that are known or look like one. */
export const contents = (
  seen: Seen,
  secrets: Secrets.Secrets,
  maxBytes: number
): Effect.Effect<Fixture.Contents, Unrecordable> =>
  Effect.gen(function*() {
    const { response: { headers, status }, endpoint } = seen
    const pieces = yield* decompress(seen.response, maxBytes)
    const { bytes, moved } = secrets.bytes(concat(pieces))
    const { content, said } = contentOf(seen, bytes, secrets)
    const chunks = mediaTypeOf(headers) === "text/event-stream" ? chunksOf(pieces, moved) : []
    const { body, files } = yield* requestBodyOf(seen, secrets)
    const told = responseHeaders(headers, secrets)
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
        ...Object.keys(told).length > 0 && { headers: told },
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
          ? "A server answered so, as the contract has it."
          : `A server answered so, with ${plural(deviations.length, "deviation")} from the contract.`,
        repairs,
        deviations
      }
    }
  })
