/**
 * Target: a server that the suite tests, and its capabilities.
 *
 * @since 0.1.0
 */
import * as Emulator from "@effect-openai/emulator/Emulator"
import type * as Ids from "@effect-openai/emulator/Ids"
import type * as Store from "@effect-openai/emulator/Store"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Fixture from "./Fixture.js"
import { messageOf } from "./internal/cause.js"
import * as documented from "./internal/documented.js"
import * as Emulated from "./internal/emulated.js"
import * as ManualClock from "./internal/manualClock.js"
import * as Secrets from "./internal/secrets.js"
import * as Replay from "./Replay.js"
import * as Scenario from "./Scenario.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A target can't be reached or could not be started.
 *
 * @since 0.1.0
 * @category errors
 */
export class TargetError extends Data.TaggedError("TargetError")<{
  /** The target's name. */
  readonly target: string
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * The connection to a target.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly httpClient: HttpClient.HttpClient
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
  /** Authorizes the operations of administration. Default: these are skipped. */
  readonly adminKey?: Redacted.Redacted | undefined
  readonly organization?: Redacted.Redacted | undefined
  readonly project?: Redacted.Redacted | undefined
  /** Advances the time of the target. Default: the time can't be advanced. */
  readonly advance?: ((duration: Duration.DurationInput) => Effect.Effect<void>) | undefined
}

/**
 * @since 0.1.0
 * @category context
 */
export class Connection extends Context.Tag("@effect-openai/contract-tests/Target/Connection")<Connection, Service>() {}

/**
 * The capabilities of a target.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities extends Readonly<Record<Scenario.Capability, boolean>> {}

/**
 * A server that the suite tests.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly name: string
  readonly capabilities: Capabilities
  /** undefined: all operations of the contract. Scenarios that need others are skipped. */
  readonly operations: ReadonlyArray<string> | undefined
  readonly models: Scenario.Models
  /** Built once for a run. */
  readonly layer: Layer.Layer<Connection, TargetError>
  /** Additional scenarios of this target. */
  readonly scenarios: ReadonlyArray<Scenario.Scenario>
}

// -----------------------------------------------------------------------------
// capabilities
// -----------------------------------------------------------------------------

/** The default capabilities of a server. */
const server: Capabilities = {
  ...Object.fromEntries(Scenario.capabilities.map((capability) => [capability, true])) as Record<
    Scenario.Capability,
    true
  >,
  jobs: false,
  scripted: false,
  rateLimits: false,
  clock: false,
  administration: false,
  documented: false
}

const nothing = Object.fromEntries(Scenario.capabilities.map((capability) => [capability, false])) as Record<
  Scenario.Capability,
  false
>

const models: Scenario.Models = {
  chat: "gpt-4-turbo",
  completion: "gpt-3.5-turbo-instruct",
  embedding: "text-embedding-3-small"
}

/**
 * The options of every target.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The name in reports. */
  readonly name?: string | undefined
  /**
   * Default: everything but `jobs`, `scripted`, `rateLimits`, `clock`, `administration` without an admin key, and `documented`.
   */
  readonly capabilities?: Partial<Capabilities> | undefined
  /** Default: all. The operations that the target has. Scenarios that need others are skipped. */
  readonly operations?: ReadonlyArray<string> | undefined
  /** Default: `gpt-4-turbo`, `gpt-3.5-turbo-instruct` and `text-embedding-3-small`. The models that scenarios use. */
  readonly models?: Partial<Scenario.Models> | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Makes a target of a layer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(
  name: string,
  layer: Layer.Layer<Connection, E>,
  options: Omit<Options, "name"> = {}
): Target => ({
  name,
  capabilities: { ...server, ...options.capabilities },
  operations: options.operations,
  models: { ...models, ...options.models },
  layer: Layer.mapError(
    layer,
    (cause) =>
      cause instanceof TargetError
        ? cause
        : new TargetError({
          target: name,
          message: cause instanceof Error ? cause.message : `The target could not be started`,
          cause
        })
  ),
  scenarios: []
})

/**
 * The options of a transport as a target.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpClientOptions extends Options {
  /** Default: `http://localhost/v1`. */
  readonly baseUrl?: string | undefined
  /** Default: `sk-test`. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Authorizes the operations of administration. Default: these are skipped. */
  readonly adminKey?: Redacted.Redacted | undefined
  /** Advances the time of the target. Default: the time can't be advanced. */
  readonly advance?: Service["advance"]
}

/**
 * A transport as a target: a mock, an emulator, or a proxy in the same process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromHttpClient = <E>(
  layer: Layer.Layer<HttpClient.HttpClient, E>,
  options: HttpClientOptions = {}
): Target =>
  make(
    options.name ?? "an HttpClient",
    Layer.map(layer, (context) =>
      Context.make(Connection, {
        httpClient: Context.get(context, HttpClient.HttpClient),
        baseUrl: options.baseUrl ?? "http://localhost/v1",
        apiKey: options.apiKey ?? Redacted.make("sk-test"),
        adminKey: options.adminKey,
        advance: options.advance
      })),
    {
      ...options,
      capabilities: {
        clock: options.advance !== undefined,
        administration: options.adminKey !== undefined,
        ...options.capabilities
      }
    }
  )

/**
 * A server at a base URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const baseUrl = (
  options: Options & {
    readonly baseUrl: string
    readonly apiKey: Redacted.Redacted
    /** Authorizes the operations of administration. Default: these are skipped. */
    readonly adminKey?: Redacted.Redacted | undefined
    readonly organization?: Redacted.Redacted | undefined
    readonly project?: Redacted.Redacted | undefined
    /** Default: `FetchHttpClient.layer`. The transport. */
    readonly httpClient?: Layer.Layer<HttpClient.HttpClient> | undefined
  }
): Target => {
  const url = options.baseUrl.replace(/\/+$/, "")
  const name = options.name ?? url
  return make(
    name,
    Layer.effect(
      Connection,
      Effect.gen(function*() {
        const httpClient = yield* HttpClient.HttpClient
        // Any response shows that the server is reachable.
        yield* httpClient.get(`${url}/models`, {
          headers: { authorization: `Bearer ${Redacted.value(options.apiKey)}` }
        }).pipe(
          // Closes the connection of a response that is larger than its first chunk.
          Effect.flatMap((response) => Effect.ignore(Stream.runHead(response.stream))),
          Effect.timeout("30 seconds"),
          Effect.mapError((error) =>
            new TargetError({
              target: name,
              message: `No response from ${url}: ${
                error._tag === "TimeoutException" ? error.message : messageOf(error)
              }`
            })
          )
        )
        const { adminKey, apiKey, organization, project } = options
        return { httpClient, baseUrl: url, apiKey, adminKey, organization, project }
      })
    ).pipe(Layer.provide(options.httpClient ?? FetchHttpClient.layer)),
    { ...options, capabilities: { administration: options.adminKey !== undefined, ...options.capabilities } }
  )
}

/**
 * The options of the emulator as a target.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOptions<E = never> extends Options {
  readonly store?: Layer.Layer<Store.Store, E> | undefined
  readonly ids?: Layer.Layer<Ids.Ids, E> | undefined
  /** Default: unlimited. The maximum number of requests and tokens a minute for each model. */
  readonly rateLimits?: Emulator.Options["rateLimits"]
  /** Failures on demand. Default: none. */
  readonly faults?: Emulator.Options["faults"]
  /** Default: the emulator runs in this process, without a socket. The HTTP server that serves it. */
  readonly server?: Layer.Layer<HttpServer.HttpServer, unknown> | undefined
  /** Default: `FetchHttpClient.layer`. The transport to `server`. */
  readonly httpClient?: Layer.Layer<HttpClient.HttpClient> | undefined
}

/**
 * The emulator. Scenarios can advance its time.
 *
 * @example
 * import { Target } from "@effect-openai/contract-tests"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 *
 * const inProcess = Target.emulator()
 *
 * const overHttp = Target.emulator({
 *   name: "the emulator over HTTP",
 *   server: NodeServer.layer({ host: "127.0.0.1", port: 0 })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const emulator = <E = never>(options: EmulatorOptions<E> = {}): Target => {
  const { faults, ids, rateLimits, server, store } = options
  const layer = Layer.unwrapEffect(Effect.map(ManualClock.make, (clock) => {
    const settings = { ...Emulated.settings(clock), store, ids, rateLimits, faults }
    const connect = (baseUrl: string) =>
      Effect.map(HttpClient.HttpClient, (httpClient) => ({
        httpClient,
        baseUrl,
        ...Emulated.keys,
        advance: clock.advance
      }))
    return server === undefined
      ? Layer.provide(Layer.effect(Connection, connect("http://emulator.invalid/v1")), Emulator.layer(settings))
      : Layer.effect(Connection, Effect.flatMap(Emulator.baseUrl, connect)).pipe(
        Layer.provide(Emulator.layerHttp(settings)),
        Layer.provide([server, options.httpClient ?? FetchHttpClient.layer])
      )
  }))
  return make(options.name ?? "emulator", layer, {
    ...options,
    models: { ...Emulated.models, ...options.models },
    capabilities: { ...Emulated.capabilities, rateLimits: rateLimits !== undefined, ...options.capabilities }
  })
}

/**
 * Fixtures replayed through nock. Each fixture is a scenario that sends the documented request and checks the
 * documented response, apart from the deviations of its verdict. All other scenarios are skipped.
 *
 * @since 0.1.0
 * @category constructors
 */
export const replay = (
  fixtures: ReadonlyArray<Fixture.Fixture>,
  options: Replay.Options & Omit<Options, "capabilities"> = {}
): Target => ({
  ...make(
    options.name ?? "nock replay",
    Layer.map(Replay.layer(fixtures, options), (context) =>
      Context.add(context, Connection, {
        httpClient: Context.get(context, HttpClient.HttpClient),
        baseUrl: options.baseUrl ?? "https://api.openai.com/v1",
        apiKey: Redacted.make(Fixture.placeholder),
        adminKey: Redacted.make(Secrets.adminKeyPlaceholder)
      })),
    { ...options, capabilities: { ...nothing, administration: true, documented: true } }
  ),
  scenarios: fixtures.map(documented.scenario)
})
