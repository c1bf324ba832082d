/**
 * Targets: what the suite is pointed at, and what that can do.
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
import * as Fixture from "./Fixture.js"
import { messageOf } from "./internal/cause.js"
import * as documented from "./internal/documented.js"
import * as ManualClock from "./internal/manualClock.js"
import * as Replay from "./Replay.js"
import * as Scenario from "./Scenario.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A target can't be reached, or could not be started.
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
 * How a target is reached once it is there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly httpClient: HttpClient.HttpClient
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
  readonly organization?: Redacted.Redacted | undefined
  readonly project?: Redacted.Redacted | undefined
  /** Moves the target's time, where somebody can. */
  readonly advance?: ((duration: Duration.DurationInput) => Effect.Effect<void>) | undefined
}

/**
 * @since 0.1.0
 * @category context
 */
export class Connection extends Context.Tag("@effect-openai/contract-tests/Target/Connection")<Connection, Service>() {}

/**
 * What a target can do. An operation that is not among `operations` is not served; all are, unless told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities extends Readonly<Record<Scenario.Capability, boolean>> {
  readonly operations?: ReadonlyArray<string> | undefined
}

/**
 * What the suite is pointed at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly name: string
  readonly capabilities: Capabilities
  readonly models: Scenario.Models
  /** Built once for a whole run. */
  readonly layer: Layer.Layer<Connection, TargetError>
  /** Scenarios of its own, besides those of the suite. */
  readonly scenarios: ReadonlyArray<Scenario.Scenario>
}

// -----------------------------------------------------------------------------
// capabilities
// -----------------------------------------------------------------------------

/** What any server may be expected to do that takes itself for the API. */
const server: Capabilities = {
  ...Object.fromEntries(Scenario.capabilities.map((capability) => [capability, true])) as Record<
    Scenario.Capability,
    true
  >,
  scripted: false,
  rateLimits: false,
  clock: false,
  documented: false
}

const nothing = Object.fromEntries(Scenario.capabilities.map((capability) => [capability, false])) as Record<
  Scenario.Capability,
  false
>

const models: Scenario.Models = { chat: "gpt-4-turbo", embedding: "text-embedding-3-small" }

/**
 * What every target may be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How reports call it. */
  readonly name?: string | undefined
  /**
   * What it can do and can't, where that is not the usual: a server is expected to do everything but to follow a script,
   * to limit rates, to let its clock be moved, and to know the documentation's examples.
   */
  readonly capabilities?: Partial<Capabilities> | undefined
  /** The models that scenarios ask for; `gpt-4-turbo` and `text-embedding-3-small` unless told. */
  readonly models?: Partial<Scenario.Models> | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * A target of any kind.
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
 * What a transport as a target is told.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpClientOptions extends Options {
  /** `http://localhost/v1` unless told. */
  readonly baseUrl?: string | undefined
  /** `sk-test` unless told. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Moves the target's time, where somebody can. */
  readonly advance?: Service["advance"]
}

/**
 * A transport as a target: a mock, an emulator, a proxy in the same process.
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
        advance: options.advance
      })),
    { ...options, capabilities: { ...(options.advance === undefined ? {} : { clock: true }), ...options.capabilities } }
  )

/**
 * Whatever answers at a URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const baseUrl = (
  options: Options & {
    readonly baseUrl: string
    readonly apiKey: Redacted.Redacted
    readonly organization?: Redacted.Redacted | undefined
    readonly project?: Redacted.Redacted | undefined
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
        // Whatever it says, it must be there.
        yield* httpClient.get(`${url}/models`, {
          headers: { authorization: `Bearer ${Redacted.value(options.apiKey)}` }
        }).pipe(
          Effect.flatMap((response) => response.text),
          Effect.timeout("30 seconds"),
          Effect.mapError((error) =>
            new TargetError({
              target: name,
              message: `No answer from ${url}: ${error._tag === "TimeoutException" ? error.message : messageOf(error)}`
            })
          )
        )
        const { apiKey, organization, project } = options
        return { httpClient, baseUrl: url, apiKey, organization, project }
      })
    ).pipe(Layer.provide(FetchHttpClient.layer)),
    options
  )
}

/**
 * What the emulator as a target is told.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOptions<E = never> extends Options {
  readonly store?: Layer.Layer<Store.Store, E> | undefined
  readonly ids?: Layer.Layer<Ids.Ids, E> | undefined
  /** How many requests and tokens a model takes a minute; any number unless told. */
  readonly rateLimits?: Emulator.Options["rateLimits"]
  /** What serves it over HTTP; unless told, it is in this process, without a socket. */
  readonly server?: Layer.Layer<HttpServer.HttpServer, unknown> | undefined
}

/**
 * The emulator. Its time runs as everybody's does, and scenarios can move it.
 *
 * @example
 * import { Target } from "@effect-openai/contract-tests"
 * import * as NodeServer from "@effect-openai/emulator/NodeServer"
 * import { NodeHttpServer } from "@effect/platform-node"
 *
 * const inProcess = Target.emulator()
 *
 * const overHttp = Target.emulator({
 *   name: "the emulator over HTTP",
 *   server: NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const emulator = <E = never>(options: EmulatorOptions<E> = {}): Target => {
  const { ids, rateLimits, server, store } = options
  const apiKey = Redacted.make("sk-contract-tests-0123456789")
  const layer = Layer.unwrapEffect(Effect.map(ManualClock.make, (clock) => {
    const settings = { apiKeys: [apiKey], clock, store, ids, rateLimits, pollAfter: 0 }
    const connect = (baseUrl: string) =>
      Effect.map(HttpClient.HttpClient, (httpClient) => ({ httpClient, baseUrl, apiKey, advance: clock.advance }))
    return server === undefined
      ? Layer.provide(Layer.effect(Connection, connect("http://emulator.invalid/v1")), Emulator.layer(settings))
      : Layer.effect(Connection, Effect.flatMap(Emulator.baseUrl, connect)).pipe(
        Layer.provide(Emulator.layerHttp(settings)),
        Layer.provide([server, FetchHttpClient.layer])
      )
  }))
  return make(options.name ?? "emulator", layer, {
    ...options,
    models: { deletable: "ft:gpt-3.5-turbo:acemeco:suffix:abc123", ...options.models },
    capabilities: { scripted: true, clock: true, rateLimits: rateLimits !== undefined, ...options.capabilities }
  })
}

/**
 * Fixtures replayed through nock: each is a scenario, which sends the documented request and takes the documented answer,
 * and may deviate as its verdict says. All other scenarios are skipped, for nothing else is answered.
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
        apiKey: Redacted.make(Fixture.placeholder)
      })),
    { ...options, capabilities: { ...nothing, documented: true } }
  ),
  scenarios: fixtures.map(documented.scenario)
})
