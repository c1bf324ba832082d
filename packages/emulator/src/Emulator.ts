/**
 * A server of the API: every operation of the contract, with state, in process or over HTTP.
 *
 * @since 0.1.0
 */
import * as Retry from "@effect-openai/client/Retry"
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
import { withTimes } from "./internal/clocks.js"
import type * as Model from "./Model.js"
import type * as Profile from "./Profile.js"
import type * as Store from "./Store.js"

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

/**
 * The options of an emulator. All of them are optional.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> {
  /**
   * Default: any key. The keys that are accepted, besides those of service accounts. They lead to the default project, and
   * with the header `OpenAI-Project` to any project of their owner. A request without a key is refused in either case.
   */
  readonly apiKeys?: ReadonlyArray<Redacted.Redacted> | undefined
  /**
   * The admin keys that operations of administration accept. Other operations refuse them. Default: any key that is not
   * one of `apiKeys`.
   */
  readonly adminKeys?: ReadonlyArray<Redacted.Redacted> | undefined
  /**
   * The organization at its beginning. A store that has one already keeps it. Default: the owner
   * `owner@example.com`, no other users.
   */
  readonly organization?: {
    /** The first owner, who owns `apiKeys` and `adminKeys`. */
    readonly owner?: { readonly name: string; readonly email: string } | undefined
    /** Default: none. Other users, who are also members of the default project. Default role: `reader`. */
    readonly users?:
      | ReadonlyArray<{
        readonly name: string
        readonly email: string
        readonly role?: "owner" | "reader" | undefined
      }>
      | undefined
    /**
     * Dollars for a million tokens, by the beginning of a model's name; the longest that fits counts. Default: the prices of
     * 2024. A model without a price costs nothing.
     */
    readonly prices?: { readonly [model: string]: { readonly input: number; readonly output: number } } | undefined
  } | undefined
  /** Default: the memory of this emulator. Keeps documents and files. */
  readonly store?: Layer.Layer<Store.Store, E, R> | undefined
  /** Default: random. Makes identifiers. */
  readonly ids?: Layer.Layer<Ids.Ids, E, R> | undefined
  /** Default: the built-in model. Replies to prompts. */
  readonly model?: Layer.Layer<Model.Model, E, R> | undefined
  /**
   * Default: the clock of the store, or the `Clock` of the program that builds the layer. The time of the emulator. It never
   * goes back in a store: where the clock is before the latest time of the store, time continues from there.
   */
  readonly clock?: Clock.Clock | undefined
  /** Default: 10 MB. The maximum size of a body of JSON, in bytes. */
  readonly maxBodyBytes?: number | undefined
  /** Default: 512 MB. The maximum size of an uploaded file, in bytes. */
  readonly maxFileBytes?: number | undefined
  /**
   * Default: 0 in process and where the model is immediate, 100 ms over HTTP with any other model. The time in the header
   * `openai-poll-after-ms`, after which a client polls a run again. With the default in process, the response to `getRun`
   * waits up to 50 ms of real time for a running model.
   */
  readonly pollAfter?: Duration.DurationInput | undefined
  /**
   * Default: false. Whether pages for people are served: at `/` the state and the requests, live, at `/organization` the
   * organization, and at `/docs` the documentation of the API. Where keys are set, the first two show nothing without one of
   * them: the organization needs an admin key where there are any.
   */
  readonly pages?: boolean | undefined
  /**
   * Default: where {@link layerHttp} listens on a loopback address and not both `apiKeys` and `adminKeys` are set, only
   * `localhost` and loopback addresses; otherwise any. The names, without a port, that the header `Host` may have besides
   * these; `*` is any. A request with another one gets 403: it may be of a web page whose DNS name leads to this machine.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /**
   * Default: where {@link layerHttp} listens and not both `apiKeys` and `adminKeys` are set, only origins of loopback;
   * otherwise any. The origins whose web pages may read responses besides these, such as `https://app.example`; `*` is any.
   */
  readonly cors?: ReadonlyArray<string> | undefined
  /** Default: none, the emulator follows the documentation. The known server to play. */
  readonly profile?: Profile.Profile | undefined
  /** Default: none. Failures on purpose. */
  readonly faults?: Faults.Options | undefined
  /**
   * Default: unlimited. The number of requests and tokens of a model in a minute; beyond it the response is 429. The headers
   * `x-ratelimit-…` report what is left in either case. A limit fills evenly, by the emulator's clock. Emulators that share a
   * PostgreSQL database share the limits.
   */
  readonly rateLimits?: {
    readonly requestsPerMinute?: number | undefined
    readonly tokensPerMinute?: number | undefined
  } | undefined
  /**
   * Default: `Debug`. The level of the log entry of each request: one line without keys or contents. A request at which the
   * emulator itself fails is logged as a warning. `None` logs no request.
   */
  readonly requestLogLevel?: LogLevel.LogLevel | undefined
  /**
   * Default: 10 seconds. How long responses may take to end when the server closes, before they are cut off. It has no
   * effect in process.
   */
  readonly drain?: Duration.DurationInput | undefined
}

/**
 * A clock whose time never changes, for responses that are the same in each run. A run then takes a step only when a
 * request reads it.
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
  return withTimes(Clock.make(), () => millis, () => nanos)
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * The emulator as a function from a web `Request` to its `Response`. The path of the URL begins with `/v1`; its origin is
 * ignored. It waits as little as {@link layer} does.
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
 * The emulator as the transport of a client, without a socket. It handles every request whose path begins with `/v1`,
 * whatever the origin of the client's base URL.
 *
 * Nothing waits: runs are polled without a pause, and the policy it provides to the client retries without a delay. So
 * `Runs.createAndPoll`, `Runs.runTools` and retried faults need neither real time nor `TestClock.adjust`. What a program
 * asks for explicitly still takes its time by the `Clock`: a `pollAfter`, a `retry_after_ms`, a `latency_ms`, a rate limit,
 * the delays of a script, a policy of the client's own.
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
export const layer = <E = never, R = never>(
  options: Options<E, R> = {}
): Layer.Layer<HttpClient.HttpClient | Retry.CurrentPolicy, E, R> =>
  Layer.scoped(HttpClient.HttpClient, app.makeClient(options)).pipe(
    Layer.provide(app.services(options)),
    Layer.merge(Retry.layer({ delay: 0 }))
  )

/**
 * The emulator over HTTP, on the `HttpServer` that the program provides.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.flatMap(Emulator.baseUrl, Effect.log).pipe(
 *   Effect.provide(Layer.provideMerge(
 *     Emulator.layerHttp(),
 *     NodeServer.layer({ host: "127.0.0.1", port: 0 })
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
 * The base URL at which the emulator is served, for a client: `http://127.0.0.1:8080/v1`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const baseUrl: Effect.Effect<string, never, HttpServer.HttpServer> = HttpServer.addressWith((address) =>
  Effect.succeed(
    address._tag === "TcpAddress" && address.hostname.includes(":")
      ? `http://[${address.hostname}]:${address.port}/v1`
      : `${HttpServer.formatAddress(address)}/v1`
  )
)
