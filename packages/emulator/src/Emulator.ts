/**
 * The API served for real: every operation of the contract, with state, in-process or over HTTP.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as LogLevel from "effect/LogLevel"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Faults from "./Faults.js"
import type * as Ids from "./Ids.js"
import * as app from "./internal/app.js"
import type * as Model from "./Model.js"
import type * as Profile from "./Profile.js"
import type * as Store from "./Store.js"

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

/**
 * How the emulator is set up. All of it may be left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> {
  /** The keys that are accepted; any, unless told. A request without a key is refused in either case. */
  readonly apiKeys?: ReadonlyArray<Redacted.Redacted> | undefined
  /**
   * The admin keys that operations of administration accept. Other operations refuse them. Default: any key that is not
   * one of `apiKeys`.
   */
  readonly adminKeys?: ReadonlyArray<Redacted.Redacted> | undefined
  /** What documents and files are kept by; a memory of this emulator's own unless told. */
  readonly store?: Layer.Layer<Store.Store, E, R> | undefined
  /** Where identifiers come from; random unless told. */
  readonly ids?: Layer.Layer<Ids.Ids, E, R> | undefined
  /** What answers; the one that follows a script unless told. */
  readonly model?: Layer.Layer<Model.Model, E, R> | undefined
  /** What time it is; the `Clock` of the program that builds the layer unless told. */
  readonly clock?: Clock.Clock | undefined
  /** How large a body of JSON may be, in bytes; 10 MB unless told. */
  readonly maxBodyBytes?: number | undefined
  /** How large an uploaded file may be, in bytes; 512 MB unless told. */
  readonly maxFileBytes?: number | undefined
  /** How long the header `openai-poll-after-ms` asks to wait before a run is looked at again; 100 ms unless told. */
  readonly pollAfter?: Duration.DurationInput | undefined
  /**
   * Whether pages for people are served: at `/` what the emulator holds and does, live, and at `/docs` the documentation
   * of the API; not unless told. Where keys are set, the first shows nothing without one of them.
   */
  readonly pages?: boolean | undefined
  /** Default: none, the emulator follows the documentation. The known server that the emulator plays. */
  readonly profile?: Profile.Profile | undefined
  /** What fails on purpose; nothing unless told. */
  readonly faults?: Faults.Options | undefined
  /**
   * How many requests and tokens a model takes a minute before they are answered with 429; any number unless told. The
   * headers `x-ratelimit-…` tell what is left in either case. A limit fills evenly, by the emulator's clock.
   */
  readonly rateLimits?: {
    readonly requestsPerMinute?: number | undefined
    readonly tokensPerMinute?: number | undefined
  } | undefined
  /**
   * The level at which each request is logged, in one line without keys or contents; `Debug` unless told. What the
   * emulator itself fails at is logged as a warning.
   */
  readonly requestLogLevel?: LogLevel.LogLevel | undefined
  /**
   * How long answers that are on their way may take to end when the server closes, before they are cut off; 10 seconds
   * unless told. Meant for streams; without a server it says nothing.
   */
  readonly drain?: Duration.DurationInput | undefined
}

/**
 * A clock that stands still, for answers that are the same in each run.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 *
 * const OpenAiTest = Emulator.layer({ clock: Emulator.clockAt("2024-04-15T00:00:00Z") })
 *
 * @since 0.1.0
 * @category options
 */
export const clockAt = (time: DateTime.DateTime.Input): Clock.Clock => {
  const millis = DateTime.toEpochMillis(DateTime.unsafeMake(time))
  const nanos = BigInt(millis) * 1_000_000n
  const clock = Clock.make()
  return {
    ...clock,
    sleep: (duration) => clock.sleep(duration),
    unsafeCurrentTimeMillis: () => millis,
    unsafeCurrentTimeNanos: () => nanos,
    currentTimeMillis: Effect.succeed(millis),
    currentTimeNanos: Effect.succeed(nanos)
  }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * The emulator as a function from a web `Request` to its `Response`, for whatever speaks these. The origin of the URL
 * is not looked at, its path begins with `/v1`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E = never, R = never>(
  options: Options<E, R> = {}
): Effect.Effect<(request: Request) => Promise<Response>, E, R | Scope.Scope> =>
  Effect.flatMap(Layer.build(app.services(options)), (context) => Effect.provide(app.makeHandler(options), context))

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * The emulator as the transport of a client, without a socket. Whatever the client's base URL, as long as its path is
 * `/v1`, its requests end here.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import { Emulator } from "@effect-openai/emulator"
 * import { Layer, Redacted } from "effect"
 *
 * const OpenAiTest = OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(
 *   Layer.provide(Emulator.layer())
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E = never, R = never>(options: Options<E, R> = {}): Layer.Layer<HttpClient.HttpClient, E, R> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const handler = yield* app.makeHandler(options)
      const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
      const client = yield* HttpClient.HttpClient
      return HttpClient.transformResponse(client, Effect.provideService(FetchHttpClient.Fetch, fetch))
    })
  ).pipe(Layer.provide([FetchHttpClient.layer, app.services(options)]))

/**
 * The emulator over HTTP, by whatever `HttpServer` the program provides.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import { createServer } from "node:http"
 *
 * const program = Effect.flatMap(Emulator.baseUrl, Effect.log).pipe(
 *   Effect.provide(Layer.provideMerge(
 *     Emulator.layerHttp(),
 *     NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
 *   ))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttp = <E = never, R = never>(
  options: Options<E, R> = {}
): Layer.Layer<never, E, R | HttpServer.HttpServer> =>
  Layer.scopedDiscard(app.serve(options)).pipe(Layer.provide(app.services(options)))

/**
 * Where the emulator is served, as a client takes it: `http://127.0.0.1:8080/v1`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const baseUrl: Effect.Effect<string, never, HttpServer.HttpServer> = HttpServer.addressFormattedWith((address) =>
  Effect.succeed(`${address}/v1`)
)
