/**
 * Recording: a proxy forwards each exchange with a real server and writes it to a fixture, without its secrets.
 * Recorded fixtures are replayed like the documentation's examples.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import * as Call from "./Call.js"
import * as Fixture from "./Fixture.js"
import * as Monotonic from "./internal/monotonic.js"
import * as recording from "./internal/recording.js"
import * as Secrets from "./internal/secrets.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The options of a recording.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The base URL of the server: an origin and a path, for example `https://api.openai.com/v1`. */
  readonly upstream: string
  /**
   * The directory that fixtures are written to, as `<operationId>/<name>-0001.json`. It is created if it does not
   * exist.
   */
  readonly directory: string
  /** Default: `recorded`. The prefix of the file names. */
  readonly name?: string | undefined
  /**
   * Default: false. Whether fixtures of an earlier session of the same name are replaced. Otherwise they are an error.
   */
  readonly force?: boolean | undefined
  /**
   * Default: 16 MB. The maximum size in bytes of a body that is recorded. A larger body is forwarded and not recorded.
   */
  readonly maxBodyBytes?: number | undefined
  /** Receives the outcome of each exchange when it has ended. */
  readonly onOutcome?: ((outcome: Outcome) => Effect.Effect<void>) | undefined
}

/**
 * A session can't be recorded, or an exchange can't be written. Nothing was written.
 *
 * @since 0.1.0
 * @category errors
 */
export class RecordingError extends Data.TaggedError("RecordingError")<{
  /** The invalid option, or the fixture that was refused. */
  readonly subject: string
  readonly message: string
}> {}

/**
 * The outcome of an exchange. `Written`: it is a fixture. `Passed`: it was forwarded and not recorded, for a reason.
 * `Refused`: its fixture was refused.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  & {
    /** Method and path, without secrets. */
    readonly request: string
  }
  & (
    | { readonly _tag: "Written"; readonly fixture: Fixture.Fixture }
    | {
      readonly _tag: "Passed"
      /** The end of the sentence "not recorded, because …". */
      readonly because: string
    }
    | { readonly _tag: "Refused"; readonly error: RecordingError | PlatformError }
  )

/**
 * A session in progress.
 *
 * @since 0.1.0
 * @category models
 */
export interface Session {
  /** The base URL for clients. */
  readonly baseUrl: string
}

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

const defaultMaxBodyBytes = 16 * 1024 * 1024

const parseUpstream = (upstream: string): Effect.Effect<URL, RecordingError> => {
  const fail = (message: string) => new RecordingError({ subject: "upstream", message: `The upstream ${message}` })
  if (!URL.canParse(upstream) || !/^https?:/i.test(upstream)) {
    return fail("is not an http or https URL")
  }
  const url = new URL(upstream)
  return url.username + url.password + url.search + url.hash === ""
    ? Effect.succeed(url)
    : fail("holds more than an origin and a path")
}

/** Removes the files of an earlier session of the same name, or fails. */
const prepare = (
  directory: string,
  name: string,
  force: boolean
): Effect.Effect<void, RecordingError | PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      yield* new RecordingError({
        subject: "name",
        message: `${JSON.stringify(name)} can't be the prefix of a file name`
      })
    }
    yield* fileSystem.makeDirectory(directory, { recursive: true })
    const own = (file: string) => file.startsWith(`${name}-`) && /^\d+\.json$/.test(file.slice(name.length + 1))
    for (const operation of yield* fileSystem.readDirectory(directory)) {
      const folder = path.join(directory, operation)
      if ((yield* fileSystem.stat(folder)).type !== "Directory") continue
      for (const file of (yield* fileSystem.readDirectory(folder)).filter(own)) {
        if (!force) {
          yield* new RecordingError({
            subject: "name",
            message: `${path.join(folder, file)} exists. Use another name, or replace it with --force.`
          })
        }
        yield* fileSystem.remove(path.join(folder, file))
      }
    }
  })

// -----------------------------------------------------------------------------
// passing on
// -----------------------------------------------------------------------------

/** Headers of a connection, which are not forwarded. */
const hopByHop = [
  "connection",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

const withoutHops = (headers: Headers.Headers): Headers.Headers =>
  Headers.remove(headers, [...hopByHop, ...(headers["connection"] ?? "").split(",").map((name) => name.trim())])

/** An error of the proxy, in the documented envelope. */
const errorAnswer = (status: number, message: string) =>
  HttpServerResponse.unsafeJson(
    { error: { message, type: status === 502 ? "server_error" : "invalid_request_error", param: null, code: null } },
    { status }
  )

/** Keeps forwarded bytes, up to a limit. */
class Tap {
  readonly pieces: Array<recording.Piece> = []
  size = 0
  /** Whether the body has ended. */
  ended = false

  constructor(private readonly start: number, private readonly maxBytes: number) {}

  readonly through = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
    stream.pipe(
      Stream.mapEffect((bytes) =>
        Effect.map(Monotonic.currentMillis, (now) => {
          this.size += bytes.length
          if (this.size <= this.maxBytes) this.pieces.push({ at: Math.max(0, now - this.start), bytes })
          return bytes
        })
      ),
      Stream.concat(Stream.execute(Effect.sync(() => {
        this.ended = true
      })))
    )

  get isTooLarge(): boolean {
    return this.size > this.maxBytes
  }

  get bytes(): Buffer<ArrayBuffer> {
    return Buffer.concat(this.pieces.map(({ bytes }) => bytes))
  }
}

const hasBody = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

/** The forwarded request. */
const forwarded = (request: HttpServerRequest.HttpServerRequest, url: string, tap: Tap) => {
  const { "accept-encoding": accepted, ...headers } = withoutHops(request.headers)
  const onward = HttpClientRequest.make(request.method)(url)
  return (hasBody(request) ? HttpClientRequest.bodyStream(onward, tap.through(request.stream)) : onward).pipe(
    HttpClientRequest.setHeaders({
      ...headers,
      ...accepted !== undefined && { "accept-encoding": recording.acceptEncoding(accepted) }
    })
  )
}

/**
 * The returned response. A Stream that fails would end the response normally. A Readable that fails breaks the
 * connection.
 */
const returned = (response: HttpClientResponse.HttpClientResponse, tap: Tap, onBroken: Effect.Effect<void>) => {
  const { "set-cookie": _, ...headers } = withoutHops(response.headers)
  // An empty chunk sends the headers before the first byte of the body.
  const body = Stream.concat(Stream.succeed(new Uint8Array(0)), tap.through(response.stream))
  return Effect.map(
    Stream.toAsyncIterableEffect(Stream.tapErrorCause(body, () => onBroken)),
    (iterable) =>
      HttpServerResponse.raw(Readable.from(iterable), {
        status: response.status,
        headers,
        cookies: response.cookies
      })
  )
}

// -----------------------------------------------------------------------------
// writing
// -----------------------------------------------------------------------------

/** Writes a fixture, unless it contains what looks like a key. */
const write = (
  contents: Fixture.Contents,
  secrets: Secrets.Secrets,
  name: string,
  { directory }: Options
): Effect.Effect<Fixture.Fixture, RecordingError | PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const subject = `${contents.operationId}/${name}`
    const found = secrets.find(contents)
    if (found !== undefined) {
      yield* new RecordingError({ subject, message: `${subject} is not written: its ${found} looks like a key` })
    }
    const text = yield* Effect.mapError(
      Fixture.format(contents),
      (error) => {
        const [{ message, path }] = ParseResult.ArrayFormatter.formatErrorSync(error) as [
          ParseResult.ArrayFormatterIssue
        ]
        const why = `${path.join(".") || "it"}: ${message}`
        return new RecordingError({
          subject,
          message: `${subject} is not written, because it is not a valid fixture: ${why}`
        })
      }
    )
    const folder = path.join(directory, contents.operationId)
    yield* fileSystem.makeDirectory(folder, { recursive: true })
    yield* fileSystem.writeFileString(path.join(folder, `${name}.json`), text, { flag: "wx" })
    return { ...contents, name: subject }
  })

// -----------------------------------------------------------------------------
// serving
// -----------------------------------------------------------------------------

/** An exchange in progress. */
interface Passing {
  readonly found: { readonly endpoint: Endpoint.Any; readonly number: number } | undefined
  readonly method: string
  readonly path: `/${string}`
  readonly query: URLSearchParams
  readonly headers: Headers.Headers
  readonly time: number
  readonly sent: Tap
  readonly came: Tap
  response: HttpClientResponse.HttpClientResponse | undefined
  failure: string | undefined
}

/** Whether the response was received completely, even if its connection was closed afterwards. */
const isWhole = ({ came, response }: Passing): boolean =>
  came.ended || came.size === Number(response?.headers["content-length"] ?? NaN)

/**
 * Serves the proxy on the program's `HttpServer`. The session ends with the server's scope. All fixtures are written by
 * then. Clients use {@link Session.baseUrl} as their base URL and receive each response as the upstream sends it. If
 * the upstream can't be reached, they receive a 502 in the documented envelope. Exchanges of the contract's operations
 * become fixtures, numbered in the order of their requests. `onOutcome` receives the outcome of each exchange.
 *
 * Keys, organization and project are replaced by placeholders. Anything else that looks like a key is replaced by
 * `<redacted>`. A fixture that still contains what looks like a key is refused with a {@link RecordingError}.
 *
 * @example
 * import { Recording } from "@effect-openai/contract-tests"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { NodeContext, NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
 * import { Console, Effect, Layer } from "effect"
 *
 * const program = Recording.serve({ upstream: "https://api.openai.com/v1", directory: "fixtures" }).pipe(
 *   Effect.flatMap(({ baseUrl }) => Console.log(`OPENAI_BASE_URL=${baseUrl}`)),
 *   Effect.zipRight(Effect.never),
 *   Effect.scoped,
 *   Effect.provide(Layer.mergeAll(
 *     NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 }),
 *     NodeHttpClient.layerUndici,
 *     NodeContext.layer
 *   ))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (
  options: Options
): Effect.Effect<
  Session,
  RecordingError | PlatformError,
  HttpServer.HttpServer | HttpClient.HttpClient | FileSystem.FileSystem | Path.Path | Scope.Scope
> =>
  Effect.gen(function*() {
    const { maxBodyBytes = defaultMaxBodyBytes, name = "recorded", onOutcome = () => Effect.void } = options
    const upstream = yield* parseUpstream(options.upstream)
    const basePath = upstream.pathname.replace(/\/+$/, "")
    const baseUrl = `${upstream.origin}${basePath}`
    yield* prepare(options.directory, name, options.force ?? false)
    const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const client = (yield* HttpClient.HttpClient).pipe(
      HttpClient.withTracerDisabledWhen(() => true),
      HttpClient.withTracerPropagation(false)
    )
    // A key is a secret for the rest of the session.
    const known = new Map<string, string>()
    let count = 0

    const begin = (request: HttpServerRequest.HttpServerRequest) =>
      Effect.zipWith(Clock.currentTimeMillis, Monotonic.currentMillis, (time, start): Passing => {
        const [path = "", ...query] = request.url.slice(basePath.length).split("?")
        const found = Call.endpointOf({ method: request.method, path })
        for (const [secret, placeholder] of recording.secretsIn(found?.endpoint, request.headers)) {
          known.set(secret, placeholder)
        }
        return {
          found: found && { endpoint: found.endpoint, number: ++count },
          method: request.method,
          path: path as `/${string}`,
          query: new URLSearchParams(query.join("?")),
          headers: request.headers,
          time,
          sent: new Tap(start, maxBodyBytes),
          came: new Tap(start, maxBodyBytes),
          response: undefined,
          failure: undefined
        }
      })

    const unrecorded = (because: string) => new recording.Unrecordable({ because })

    const record = (passing: Passing, secrets: Secrets.Secrets) =>
      Effect.gen(function*() {
        const { came, failure, found, headers, path, query, response, sent, time } = passing
        if (found === undefined) return yield* unrecorded("it is not a request of the contract")
        if (response === undefined) {
          return yield* unrecorded(failure ?? "the client closed the connection before the response")
        }
        if (sent.isTooLarge || came.isTooLarge) return yield* unrecorded(`a body is larger than ${maxBodyBytes} bytes`)
        const seen: recording.Seen = {
          endpoint: found.endpoint,
          time,
          upstream: baseUrl,
          path,
          query,
          request: { headers, body: sent.bytes },
          response: { status: response.status, headers: response.headers, pieces: came.pieces }
        }
        // A client may close the connection after [DONE].
        if (!isWhole(passing) && !(yield* recording.isDone(seen.response, maxBodyBytes))) {
          return yield* unrecorded(failure ?? "the client closed the connection before the end of the response")
        }
        if (Number(headers["content-length"] ?? 0) > sent.size) {
          return yield* unrecorded("the response began before the request body had been read")
        }
        const contents = yield* recording.contents(seen, secrets, maxBodyBytes)
        return yield* write(contents, secrets, `${name}-${String(found.number).padStart(4, "0")}`, options)
      })

    const settle = (passing: Passing) =>
      Effect.suspend(() => {
        const secrets = Secrets.make([...known])
        const request = secrets.text(`${passing.method} ${passing.path}`)
        return record(passing, secrets).pipe(
          Effect.match({
            onFailure: (error): Outcome =>
              error._tag === "Unrecordable"
                ? { _tag: "Passed", request, because: error.because }
                : { _tag: "Refused", request, error },
            onSuccess: (fixture): Outcome => ({ _tag: "Written", request, fixture })
          }),
          Effect.flatMap(onOutcome),
          Effect.provide(context)
        )
      })

    const pass = (request: HttpServerRequest.HttpServerRequest) =>
      Effect.gen(function*() {
        const passing = yield* Effect.acquireRelease(begin(request), settle)
        const answered = yield* client.execute(forwarded(request, `${upstream.origin}${request.url}`, passing.sent))
          .pipe(
            Effect.interruptible,
            Effect.either
          )
        if (Either.isLeft(answered)) {
          passing.failure = "the upstream could not be reached"
          return errorAnswer(502, `The upstream ${baseUrl} could not be reached.`)
        }
        const response = passing.response = answered.right
        return yield* returned(
          response,
          passing.came,
          Effect.sync(() => {
            passing.failure = "the upstream closed the connection before the end of the response"
          })
        )
      })

    // The end of the session waits for exchanges in progress.
    const underWay = yield* Effect.makeSemaphore(Number.MAX_SAFE_INTEGER)
    yield* Effect.addFinalizer(() => underWay.take(Number.MAX_SAFE_INTEGER))

    yield* HttpServer.serveEffect(
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        request.url.startsWith(`${basePath}/`)
          ? Effect.zipRight(
            Effect.acquireRelease(underWay.take(1), () => underWay.release(1)),
            pass(request)
          )
          : Effect.succeed(errorAnswer(404, `Only requests below ${basePath}/ are forwarded.`)))
    ).pipe(HttpMiddleware.withTracerDisabledWhenEffect(() => true))
    return { baseUrl: yield* HttpServer.addressFormattedWith((address) => Effect.succeed(`${address}${basePath}`)) }
  })
