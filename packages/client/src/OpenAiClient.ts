/**
 * The client: credentials, base URL and timeouts in one service, over the `HttpClient` that the program provides.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { CurrentIdempotencyKey } from "./internal/execute/idempotencyKey.js"
import { CurrentObserver } from "./internal/execute/observer.js"
import * as internal from "./internal/openAiClient.js"
import type * as Operation from "./Operation.js"

/**
 * Options of a client. At least one of `apiKey` and `adminKey` is required.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The API key, which authorizes all operations except those of administration. Without it they fail with
   * `InvalidRequestError`.
   */
  readonly apiKey?: Redacted.Redacted | undefined
  /** The admin key, which authorizes the operations of administration. Without it they fail with `InvalidRequestError`. */
  readonly adminKey?: Redacted.Redacted | undefined
  /** Default: the organization of the key. The organization that usage is counted for. */
  readonly organization?: Redacted.Redacted | undefined
  /** Default: the project of the key. The project that usage is counted for. */
  readonly project?: Redacted.Redacted | undefined
  /** Default: `https://api.openai.com/v1`. The URL of the API. Its query is part of every request. */
  readonly baseUrl?: string | undefined
  /**
   * Default: 10 minutes. The timeout of an attempt, from connecting to the last byte. A transport may have its own
   * timeout, and then fails with `TransportError`: that of Node's fetch for the headers is 5 minutes.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** Default: 5 minutes. How long a streamed response may be idle: without a byte. */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * Default: unlimited. How long a stream of events may be without an event. Comments, which keep a connection alive,
   * are bytes without an event. The time in which the program does not read does not count.
   */
  readonly eventTimeout?: Duration.DurationInput | undefined
  /** Default: unlimited. How long a streamed response may take, from its headers to its end. */
  readonly streamTimeout?: Duration.DurationInput | undefined
  /**
   * Default: 256 MiB. `Infinity` disables the limit. Maximum size of a buffered response, and of each event of a streamed
   * one. A larger one fails with `InvalidResponseError`, and its connection is closed. A Stream may be of any length.
   */
  readonly maxBodyBytes?: number | undefined
  /**
   * Default: 500. `Infinity` disables the limit. The tokens of the retry budget, which all calls of the client share. A retry
   * costs 5 tokens, 10 after a timeout. A success refunds the cost of its last retry, or 1 without a retry. An outage
   * therefore causes at most 100 retries.
   */
  readonly retryBudget?: number | undefined
  /**
   * Default: false, because the API ignores the header. Whether a request that creates an object has an `Idempotency-Key`, the
   * same for each retry. It is then sent again where the server may have acted on the first one, as with the `replayCreates`
   * of the retry policy. The server must return the first response to a repeated request, as the emulator does. A streamed
   * request has no key.
   */
  readonly idempotencyKeys?: boolean | undefined
  /**
   * Default: unlimited. Maximum number of concurrent requests. Further calls wait in FIFO order and can be interrupted. The
   * delay before a retry does not count. A streamed response counts until the end of its Stream.
   */
  readonly concurrency?: number | undefined
  /**
   * Default: half of `concurrency`, rounded up. Maximum number of concurrent Streams, so that long Streams leave room for
   * calls. Calls can use all of `concurrency`.
   */
  readonly streamConcurrency?: number | undefined
  /**
   * Default: 7 with the API's own base URL, `Infinity` with another one. `Infinity` disables the limit. Maximum number of
   * requests of each operation of administration in a minute: the API admits 7 to 10, and does not say when to retry. Further
   * calls wait in FIFO order and can be interrupted. A 429 without `retry-after` ends the minute's requests.
   */
  readonly administrationRequests?: number | undefined
}

/**
 * The service that runs operations. Programs call the operations of the resource modules instead.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Removes the client's credentials from a text. An identifier without spaces is not changed, unless it contains a key. */
  readonly redact: (text: string, isIdentifier?: boolean) => string
  /** Validates a request, sends it, retries it, and decodes its response, buffered or streamed. */
  readonly run: <A>(runner: internal.Runner<A>, endpoint: Endpoint.Any, request: object) => A
}

/**
 * The client that operations use.
 *
 * @since 0.1.0
 * @category context
 */
export class OpenAiClient extends Context.Tag("@effect-openai/client/OpenAiClient")<OpenAiClient, Service>() {}

/**
 * Makes a client. Fails with `ConfigError` where both keys are missing, where a credential can't be the value of a header
 * (it is empty, or has a line break), and where the base URL or another option is invalid.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (httpClient) => internal.make(options, httpClient))

/**
 * A client as a layer. Fails like {@link make}.
 *
 * @example
 * import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
 * import { Layer, Redacted } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layer({
 *   apiKey: Redacted.make("sk-test"),
 *   baseUrl: "http://127.0.0.1:8080/v1"
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(OpenAiClient, make(options))

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> => Config.withDefault(config, undefined)

const apiKeyConfig = Config.redacted(Config.nonEmptyString("OPENAI_API_KEY"))

const defaultConfig = {
  apiKey: optional(apiKeyConfig),
  adminKey: optional(Config.redacted(Config.nonEmptyString("OPENAI_ADMIN_KEY"))),
  organization: optional(Config.redacted(Config.nonEmptyString("OPENAI_ORG_ID"))),
  project: optional(Config.redacted(Config.nonEmptyString("OPENAI_PROJECT_ID"))),
  baseUrl: optional(Config.nonEmptyString("OPENAI_BASE_URL"))
}

/**
 * A client with options from `Config`. Default: the variables `OPENAI_API_KEY`, `OPENAI_ADMIN_KEY`, `OPENAI_ORG_ID`,
 * `OPENAI_PROJECT_ID` and `OPENAI_BASE_URL`. At least one of the keys is required. An empty variable counts as missing.
 *
 * @example
 * import { OpenAiClient } from "@effect-openai/client"
 * import { Config } from "effect"
 *
 * const fromEnvironment = OpenAiClient.layerConfig()
 *
 * const fromElsewhere = OpenAiClient.layerConfig({ apiKey: Config.redacted("MY_KEY") })
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: { readonly [K in keyof Options]?: Config.Config<Options[K]> }
): Layer.Layer<OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    OpenAiClient,
    Effect.gen(function*() {
      const config = yield* Config.all({ ...defaultConfig, ...options }) as Config.Config<Options>
      // Without any key the error names the missing variable.
      if (config.apiKey === undefined && config.adminKey === undefined) yield* apiKeyConfig
      return yield* make(config)
    })
  )

/**
 * Replaces one operation by a function, for tests that need it to return a certain value or to fail. All other operations
 * stay as they are, and so does a `.stream` of events.
 *
 * @example
 * import { Assistants, OpenAiClient } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const empty = OpenAiClient.replace(
 *   Assistants.list,
 *   () => Effect.succeed({ object: "list", data: [], first_id: null, last_id: null, has_more: false })
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const replace = <Request, Success, E>(
  operation: Operation.Operation<Request, Success, E>,
  handler: (request: Request) => Effect.Effect<Success, E>
): Layer.Layer<OpenAiClient, never, OpenAiClient> =>
  Layer.effect(
    OpenAiClient,
    Effect.map(OpenAiClient, (service): Service => ({
      redact: service.redact,
      run: (runner, endpoint, request) => {
        const replaced = endpoint === operation.endpoint
          ? runner.replaced(Effect.suspend(() => handler(request as Request)) as Effect.Effect<unknown, any>)
          : undefined
        return replaced ?? service.run(runner, endpoint, request)
      }
    }))
  )

/**
 * A response without its body.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined
  /** All headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Returns the last response to the calls within an effect: its status, its request ID and its headers, for example the rate
 * limits. Undefined where there was none.
 *
 * @example
 * import { Assistants, OpenAiClient } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const remaining = Assistants.retrieve({ assistant_id: "asst_abc123" }).pipe(
 *   OpenAiClient.withResponse,
 *   Effect.map(([assistant, response]) => [assistant.name, response?.headers["x-ratelimit-remaining-requests"]])
 * )
 *
 * @since 0.1.0
 * @category combinators
 */
export const withResponse = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<readonly [A, Response | undefined], E, R> =>
  Effect.flatMap(CurrentObserver, (outer) => {
    let last: Response | undefined
    return self.pipe(
      Effect.provideService(CurrentObserver, (response) => {
        outer(response)
        last = { status: response.status, requestId: response.requestId, headers: response.headers }
      }),
      Effect.map((value) => [value, last] as const)
    )
  })

/**
 * Sends an `Idempotency-Key` with the request within an effect that creates an object. A later call with the same key, also
 * from another process, then returns the first response. The API ignores the header. A server that supports it refuses the
 * key with another request, so the effect should have one such request. A streamed request has no key.
 *
 * The client sends the request again after an ambiguous failure only with its option `idempotencyKeys`.
 *
 * @example
 * import { OpenAiClient, Threads } from "@effect-openai/client"
 *
 * const thread = Threads.create({}).pipe(OpenAiClient.withIdempotencyKey("thread-of-ticket-1234"))
 *
 * @since 3.0.0
 * @category combinators
 */
export const withIdempotencyKey = (key: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(self, CurrentIdempotencyKey, key)
