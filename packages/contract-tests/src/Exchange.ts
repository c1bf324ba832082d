/**
 * Exchange: a request, its response, and the deviations of the response.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Contract"
import * as PlatformHeaders from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { isUtf8 } from "node:buffer"
import * as Call from "./Call.js"
import * as Deviation from "./Deviation.js"
import type * as Fixture from "./Fixture.js"
import { messageOf } from "./internal/cause.js"
import { checkResponse } from "./internal/checkResponse.js"
import * as Created from "./internal/created.js"
import { createdKeys } from "./internal/createdKeys.js"
import * as recording from "./internal/recording.js"
import * as Refusal from "./internal/refusal.js"
import * as Scrub from "./internal/scrub.js"
import * as Secrets from "./internal/secrets.js"
import { redacted } from "./internal/secrets.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A body in a report.
 *
 * @since 0.1.0
 * @category models
 */
export const Body = Schema.Struct({
  text: Schema.NullOr(Schema.String).annotations({
    description: "The first 64 KB of the text. null for bytes that are not text or were not kept."
  }),
  bytes: Schema.NullOr(Schema.NonNegativeInt).annotations({
    description: "The number of bytes. null if it is not known."
  }),
  truncated: Schema.Boolean.annotations({ description: "Whether the text was cut off." })
}).annotations({ identifier: "Body", description: "A body in a report." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Body extends Schema.Schema.Type<typeof Body> {}

const Headers = Schema.Record({ key: Schema.String, value: Schema.String })

/**
 * A request, its response, and the deviations of the response. It contains no secrets.
 *
 * @since 0.1.0
 * @category models
 */
export const Exchange = Schema.Struct({
  operation: Schema.NullOr(Schema.NonEmptyString).annotations({
    description: "The operation. null if the request is not in the contract."
  }),
  request: Schema.Struct({
    method: Schema.NonEmptyString,
    url: Schema.NonEmptyString,
    path: Schema.String.annotations({ description: "The path below the base URL, with its query." }),
    headers: Headers.annotations({ description: "Names are in lower case. Secrets are `<redacted>`." }),
    body: Schema.NullOr(Body)
  }),
  response: Schema.NullOr(Schema.Struct({
    status: Schema.Int,
    headers: Headers,
    body: Schema.NullOr(Body).annotations({ description: "null if the body was not read." }),
    complete: Schema.Boolean.annotations({ description: "Whether the body was read to its end." })
  })).annotations({ description: "null if there was no response." }),
  failure: Schema.NullOr(Schema.String).annotations({ description: "Why there was no complete response." }),
  findings: Schema.Array(Deviation.Finding)
}).annotations({
  identifier: "Exchange",
  description: "A request, its response, and the deviations of the response."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Exchange extends Schema.Schema.Type<typeof Exchange> {}

// -----------------------------------------------------------------------------
// recording
// -----------------------------------------------------------------------------

/** An exchange in progress. */
interface Entry {
  readonly request: HttpClientRequest.HttpClientRequest
  response: HttpClientResponse.HttpClientResponse | undefined
  chunks: Array<Uint8Array> | undefined
  complete: boolean
  failure: string | undefined
  /** Whether the request must be refused. */
  readonly mustFail: boolean
}

/**
 * A transport that records exchanges.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorder {
  readonly httpClient: HttpClient.HttpClient
  /** All exchanges so far, in the order of their requests. */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  /** Removes the secrets, and keys that responses so far have created, from plain data. */
  readonly scrub: Effect.Effect<<A>(value: A) => A>
  /** The paths that delete objects that were created and not deleted so far. */
  readonly left: Effect.Effect<ReadonlyArray<string>>
}

/** Maximum size of a response, in bytes. */
const maxBytes = 16 * 1024 * 1024

/** Maximum size of the responses of a recorder together, in bytes: they are kept until they are checked. */
const maxKept = 4 * maxBytes

const megabytes = (bytes: number): string => `${bytes / 1024 / 1024} MB`

/** The beginning of a body that is shown. */
const beginning = (chunks: ReadonlyArray<Uint8Array>): Array<Uint8Array> => {
  let size = 0
  return chunks.filter((chunk) => (size += chunk.length) - chunk.length <= maxShown)
}

/** Whether a body is known to be within the limits, so that it can be buffered. */
const isBounded = (headers: Readonly<Record<string, string>>, recorded: number): boolean => {
  const length = Number(headers["content-length"])
  return headers["content-encoding"] === undefined && length <= maxBytes && recorded + length <= maxKept
}

/** A response that records the bytes that its reader takes. Every read has the same limit. */
const observed = (response: HttpClientResponse.HttpClientResponse, entry: Entry, recorded: { bytes: number }) => {
  const endEarly = (error: HttpClientError.ResponseError, because?: string) => {
    if (error.reason === "EmptyBody") entry.complete = true
    else entry.failure = because ?? `The body ended early: ${messageOf(error)}`
  }
  const stream = () =>
    Stream.suspend(() => {
      const chunks: Array<Uint8Array> = entry.chunks = []
      let size = 0
      const limit = (): string | undefined =>
        size > maxBytes
          ? `The response is larger than ${megabytes(maxBytes)}`
          : recorded.bytes > maxKept
          ? `The responses of the scenario are larger than ${megabytes(maxKept)}`
          : undefined
      return response.stream.pipe(
        Stream.mapChunksEffect((chunk) => {
          for (const bytes of chunk) {
            size += bytes.length
            recorded.bytes += bytes.length
            chunks.push(bytes)
          }
          const description = limit()
          if (description === undefined) return Effect.succeed(chunk)
          entry.chunks = beginning(chunks)
          const { request } = entry
          const cause = new Error(description)
          return new HttpClientError.ResponseError({ request, response, reason: "Decode", cause })
        }),
        Stream.tapError((error) => Effect.sync(() => endEarly(error, limit()))),
        // Not where the reader takes less than there is.
        Stream.concat(Stream.execute(Effect.sync(() => {
          entry.complete = true
        })))
      )
    })
  // Without a Stream, which would cost more than everything else that a request needs.
  const buffered = Effect.suspend(() => {
    entry.chunks = []
    return Effect.mapBoth(response.arrayBuffer, {
      onFailure: (error) => {
        endEarly(error)
        return error
      },
      onSuccess: (buffer) => {
        recorded.bytes += buffer.byteLength
        entry.complete = true
        entry.chunks = [new Uint8Array(buffer)]
      }
    })
  })
  let read: Uint8Array | undefined
  const bytes = Effect.suspend(() =>
    read !== undefined ? Effect.succeed(read) : (
      isBounded(response.headers, recorded.bytes) ? buffered : Stream.runDrain(stream())
    ).pipe(
      Effect.catchIf((error) => error.reason === "EmptyBody", () => Effect.void),
      Effect.map(() => read = Buffer.concat(entry.chunks ?? []))
    )
  )
  const text = Effect.map(bytes, (bytes) => new TextDecoder().decode(bytes))
  const json = Effect.flatMap(text, (text) =>
    Effect.try({
      try: () => text === "" ? null : JSON.parse(text) as unknown,
      catch: (cause) => new HttpClientError.ResponseError({ request: entry.request, response, reason: "Decode", cause })
    }))
  return Object.create(response, {
    text: { value: text },
    json: { value: json },
    arrayBuffer: { value: Effect.map(bytes, (bytes) => new Uint8Array(bytes).buffer) },
    stream: { get: stream }
  }) as HttpClientResponse.HttpClientResponse
}

/** The sent bytes of streamed request bodies. */
type Uploads = WeakMap<HttpBody.HttpBody, ReadonlyArray<Uint8Array>>

/** A request whose streamed body is recorded while it is sent, up to the size that is shown. */
const keeping = (uploads: Uploads) => (request: HttpClientRequest.HttpClientRequest) => {
  const { body } = request
  if (body._tag !== "Stream") return request
  const stream = Stream.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    uploads.set(kept, chunks)
    return Stream.mapChunks(body.stream, (chunk) => {
      for (const bytes of chunk) {
        if (size <= maxShown) chunks.push(bytes)
        size += bytes.length
      }
      return chunk
    })
  })
  const kept = HttpBody.stream(stream, body.contentType, body.contentLength)
  return HttpClientRequest.setBody(request, kept)
}

/**
 * Records the exchanges of a transport. Of a streamed response only the bytes that the reader takes are recorded. Reading
 * fails beyond 16 MB of a response, and beyond 64 MB of all of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const record = (
  httpClient: HttpClient.HttpClient,
  options: {
    /** The base URL, without a slash at its end. */
    readonly baseUrl: string
    /** Secrets that are removed from exchanges. */
    readonly secrets: ReadonlyArray<Redacted.Redacted>
  }
): Recorder => {
  const entries: Array<Entry> = []
  const uploads: Uploads = new WeakMap()
  /** Keys that a response creates are secrets, too. */
  const scrub = Effect.sync(() =>
    Scrub.make([
      ...options.secrets,
      ...entries.flatMap(({ chunks = [], request }) =>
        createdKeys(addressOf(request, options.baseUrl).endpoint?.name, Buffer.concat(chunks).toString())
      ).map((key) => Redacted.make(key))
    ])
  )
  const recorded = { bytes: 0 }
  return {
    scrub,
    httpClient: HttpClient.mapRequest(
      HttpClient.transform(
        httpClient,
        (effect, request) =>
          Effect.flatMap(FiberRef.get(Refusal.isExpected), (mustFail) => {
            const entry: Entry = {
              request,
              response: undefined,
              chunks: undefined,
              complete: false,
              failure: undefined,
              mustFail
            }
            entries.push(entry)
            return Effect.mapBoth(effect, {
              onFailure: (error) => {
                entry.failure = messageOf(error)
                return error
              },
              onSuccess: (response) => {
                entry.response = response
                return observed(response, entry, recorded)
              }
            })
          })
      ),
      keeping(uploads)
    ),
    exchanges: Effect.map(scrub, (scrub) => scrub(entries.map((entry) => exchangeOf(entry, uploads, options.baseUrl)))),
    left: Effect.sync(() => Created.left(entries.map((entry) => sentOf(entry, uploads, options.baseUrl))))
  }
}

// -----------------------------------------------------------------------------
// reading
// -----------------------------------------------------------------------------

const maxShown = 65_536

/** Whether bytes are shown as text: by their media type, or forms of text only. */
const isText = (bytes: Uint8Array, contentType: string | undefined): boolean =>
  contentType === undefined || /json|text|xml|urlencoded|event-stream/.test(contentType) ||
  (contentType.startsWith("multipart/") && isUtf8(bytes))

const bodyOf = (
  bytes: Uint8Array,
  contentType: string | undefined,
  length: number = bytes.length
): Body => {
  const isShown = isText(bytes, contentType)
  return {
    text: isShown ? new TextDecoder().decode(bytes.subarray(0, maxShown)) : null,
    bytes: length,
    truncated: isShown && length > maxShown
  }
}

/** The bytes of a request body, as far as they are known. */
const requestBytesOf = ({ body }: HttpClientRequest.HttpClientRequest, uploads: Uploads): Uint8Array => {
  if (body._tag === "Uint8Array") return body.body
  if (body._tag === "Raw" && typeof body.body === "string") return new TextEncoder().encode(body.body)
  return Buffer.concat(uploads.get(body) ?? [])
}

const requestBodyOf = (
  { body }: HttpClientRequest.HttpClientRequest,
  uploads: Uploads
): Body | null => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Uint8Array":
      return bodyOf(body.body, body.contentType)
    case "Raw":
      return typeof body.body === "string"
        ? bodyOf(new TextEncoder().encode(body.body), body.contentType)
        : { text: null, bytes: body.contentLength ?? null, truncated: false }
    case "FormData":
      return { text: null, bytes: null, truncated: false }
    case "Stream": {
      const bytes = Buffer.concat(uploads.get(body) ?? [])
      return bodyOf(bytes, body.contentType, Math.max(bytes.length, body.contentLength ?? 0))
    }
  }
}

/** Response headers that may contain secrets. */
const secretHeaders = new Set(["openai-organization", "openai-project", "set-cookie"])

const withoutSecrets = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name) ? redacted : value]))

/** The URL of a request, its path below the base URL, and its operation. */
const addressOf = (request: HttpClientRequest.HttpClientRequest, baseUrl: string) => {
  const query = UrlParams.toString(request.urlParams)
  const url = `${request.url}${query === "" ? "" : `${request.url.includes("?") ? "&" : "?"}${query}`}`
  const path = url.startsWith(baseUrl) ? url.slice(baseUrl.length) : url
  const endpoint = Call.endpointOf({ method: request.method, path: path.replace(/[?#].*$/, "") })?.endpoint
  return { url, path, endpoint }
}

/** Bodies are decoded only for requests that may create objects. */
const sentOf = ({ chunks, request, response }: Entry, uploads: Uploads, baseUrl: string): Created.Sent => ({
  ...addressOf(request, baseUrl),
  method: request.method,
  request: () => new TextDecoder().decode(requestBytesOf(request, uploads)),
  status: response?.status,
  response: () => new TextDecoder().decode(Buffer.concat(chunks ?? []))
})

const exchangeOf = (
  { chunks, complete, failure, mustFail, request, response }: Entry,
  uploads: Uploads,
  baseUrl: string
): Exchange => {
  const { endpoint, path, url } = addressOf(request, baseUrl)
  const bytes = chunks === undefined ? undefined : Buffer.concat(chunks)
  return {
    operation: endpoint?.name ?? null,
    request: {
      method: request.method,
      url,
      path,
      headers: { ...request.headers },
      body: requestBodyOf(request, uploads)
    },
    response: response === undefined ? null : {
      status: response.status,
      headers: withoutSecrets(response.headers),
      body: bytes === undefined ? null : bodyOf(bytes, response.headers["content-type"]),
      complete
    },
    failure: failure ?? null,
    findings: response === undefined || (mustFail && response.status < 400) ? [] : checkResponse(
      endpoint?.name ?? `${request.method} ${path.replace(/[?#].*$/, "")}`,
      endpoint,
      { status: response.status, headers: response.headers, bytes, complete }
    )
  }
}

// -----------------------------------------------------------------------------
// keeping
// -----------------------------------------------------------------------------

/**
 * An exchange can't be written as a fixture.
 *
 * @since 0.1.0
 * @category errors
 */
export class ExchangeError extends Data.TaggedError("ExchangeError")<{
  readonly message: string
}> {}

/**
 * Makes a fixture of an exchange, so that a failed request can be replayed without its server. `time` is the time of
 * the request, in milliseconds since 1970. Fails if there was no complete response, if the body is larger than an
 * exchange keeps, or if the request is not in the contract.
 *
 * @since 0.1.0
 * @category combinators
 */
export const toFixture = (
  { response, operation, request }: Exchange,
  options: { readonly upstream: string; readonly time: number }
): Effect.Effect<Fixture.Contents, ExchangeError> =>
  Effect.suspend(() => {
    const fail = (message: string) => new ExchangeError({ message })
    const endpoint = Contract.endpoints.find(({ name }) => name === operation)
    if (endpoint === undefined) return fail(`${request.method} ${request.path} is not an operation of the contract`)
    if (response === null || !response.complete || typeof response.body?.text !== "string") {
      return fail(`${operation} has no complete response of text`)
    }
    if (response.body.truncated || request.body?.truncated === true || request.body?.text === null) {
      return fail(`A body of ${operation} is larger than 64 KB or not text`)
    }
    const [path = "", query] = request.path.split("?", 2)
    const bytes = (text: string | undefined) => Buffer.from(text ?? "")
    const authorization = request.headers["authorization"] === undefined ? {} : {
      authorization: `Bearer ${recording.keyPlaceholder(endpoint)}`
    }
    return Effect.mapError(
      recording.contents(
        {
          endpoint,
          ...options,
          path: path as `/${string}`,
          query: new URLSearchParams(query),
          request: {
            headers: PlatformHeaders.fromInput({ ...request.headers, ...authorization }),
            body: bytes(request.body?.text)
          },
          response: {
            status: response.status,
            headers: PlatformHeaders.fromInput(response.headers),
            pieces: [{ at: 0, bytes: bytes(response.body.text) }]
          }
        },
        Secrets.make([]),
        maxShown
      ),
      ({ message }) => fail(`${operation} can't be written: ${message}`)
    )
  })
