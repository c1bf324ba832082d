/**
 * The client: credentials, base URL and timeouts in one service, over whatever `HttpClient` the program provides.
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
import { CurrentObserver } from "./internal/execute/observer.js"
import * as internal from "./internal/openAiClient.js"
import type * as Operation from "./Operation.js"

/**
 * What a client is made from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The key that every operation but administration's is authorized by. */
  readonly apiKey: Redacted.Redacted
  /** The key that administration is authorized by. */
  readonly adminKey?: Redacted.Redacted | undefined
  /** The organization that usage is counted for, where the key belongs to several. */
  readonly organization?: Redacted.Redacted | undefined
  /** The project that usage is counted for. */
  readonly project?: Redacted.Redacted | undefined
  /** Where the API is served; `https://api.openai.com/v1` unless told. */
  readonly baseUrl?: string | undefined
  /**
   * How long one attempt may take from connecting to the last byte; 10 minutes unless told. A transport may have a limit
   * of its own, and fails with `TransportError` then: Node's fetch waits 5 minutes for the headers.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** How long a streamed answer may stay silent; 5 minutes unless told. */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * How many bytes of an answer are held in memory at the most; 256 MiB unless told, `Infinity` for no limit. It bounds
   * what is read whole, and each event of a stream; a larger one fails with `InvalidResponseError`, and its connection is
   * closed. What is handed out piece by piece may be of any length in all.
   */
  readonly maxBodyBytes?: number | undefined
  /**
   * The tokens of the retry budget, which all calls of this client share; 500 unless told, `Infinity` for no limit. A
   * retry costs 5 (10 after a timeout); a success earns what its last retry cost, or 1 where it needed none. So an outage
   * costs at most a hundred requests more than there are calls.
   */
  readonly retryBudget?: number | undefined
  /**
   * How many requests may be in flight at once; as many as there are unless told. Who comes further waits, as long as its
   * fiber does, and is served in the order of arrival. A request that waits to be sent again is not in flight, one whose
   * answer is streamed is until the Stream ends.
   */
  readonly concurrency?: number | undefined
  /**
   * How many of those may be streams; half of `concurrency`, rounded up, unless told. The rest stays free for calls,
   * however long the streams take; what streams leave free calls use too.
   */
  readonly streamConcurrency?: number | undefined
}

/**
 * What operations are run by. Programs call the operations of the resource modules and not this.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Takes the client's credentials out of what a server said, for an error that is to quote it. */
  readonly redact: (text: string) => string
  /** Checks a request, sends it, retries it, and checks its answer, which is read whole or handed out as it comes. */
  readonly run: <A>(runner: internal.Runner<A>, endpoint: Endpoint.Any, request: object) => A
}

/**
 * @since 0.1.0
 * @category context
 */
export class OpenAiClient extends Context.Tag("@effect-openai/client/OpenAiClient")<OpenAiClient, Service>() {}

/**
 * Makes a client. It fails with a `ConfigError` where a credential can't be sent as a header (it is empty, or holds a
 * line break) or the base URL is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (httpClient) => internal.make(options, httpClient))

/**
 * A client as a layer.
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

const defaultConfig = {
  apiKey: Config.redacted(Config.nonEmptyString("OPENAI_API_KEY")),
  adminKey: optional(Config.redacted(Config.nonEmptyString("OPENAI_ADMIN_KEY"))),
  organization: optional(Config.redacted(Config.nonEmptyString("OPENAI_ORG_ID"))),
  project: optional(Config.redacted(Config.nonEmptyString("OPENAI_PROJECT_ID"))),
  baseUrl: optional(Config.nonEmptyString("OPENAI_BASE_URL"))
}

/**
 * A client configured by `Config`. What is left out is read from the environment's `OPENAI_API_KEY`, `OPENAI_ADMIN_KEY`,
 * `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID` and `OPENAI_BASE_URL`, of which only the first must be there. One that is empty
 * counts as missing.
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
    Effect.flatMap(Config.all({ ...defaultConfig, ...options }) as Config.Config<Options>, make)
  )

/**
 * Serves one operation by a function of the caller's, and all others as before: for tests that need one resource to
 * answer, or to fail, in a runner of their own. A `.stream` of events is not the function's, and stays as before.
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
 * What an answer says besides its body.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  /** The header `x-request-id`. */
  readonly requestId: string | undefined
  /** All headers, their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Gives what the last answer to the calls of an effect said besides its body: its status, its request ID, its headers,
 * the rate limits among them.
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
      Effect.provideService(CurrentObserver, (answer) => {
        outer(answer)
        last = { status: answer.status, requestId: answer.requestId, headers: answer.headers }
      }),
      Effect.map((value) => [value, last] as const)
    )
  })
