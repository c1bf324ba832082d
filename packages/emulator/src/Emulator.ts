/**
 * The API served for real: every operation of the contract, with state, in-process or over HTTP.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Ids from "./Ids.js"
import { api } from "./internal/api.js"
import * as assistantFiles from "./internal/assistantFiles.js"
import * as assistants from "./internal/assistants.js"
import * as chatCompletions from "./internal/chatCompletions.js"
import * as embeddings from "./internal/embeddings.js"
import * as engine from "./internal/engine.js"
import * as files from "./internal/files.js"
import * as messageFiles from "./internal/messageFiles.js"
import * as messages from "./internal/messages.js"
import * as middleware from "./internal/middleware.js"
import * as models from "./internal/models.js"
import * as runs from "./internal/runs.js"
import * as runSteps from "./internal/runSteps.js"
import * as threads from "./internal/threads.js"
import * as Model from "./Model.js"
import * as Store from "./Store.js"

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

const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: Number.MAX_SAFE_INTEGER
}

const MB = 1024 * 1024

const makeApp = (
  options: Options<any, any>
): Effect.Effect<HttpApp.Default<never, Scope.Scope>, never, Store.Store | Ids.Ids | Model.Model | Scope.Scope> =>
  Effect.gen(function*() {
    const limits = { maxBodyBytes: options.maxBodyBytes ?? 10 * MB, maxFileBytes: options.maxFileBytes ?? 512 * MB }
    // Built on its own: its routes must not meet those of another API in the same program.
    const context = yield* Layer.build(
      Layer.mergeAll(HttpApiBuilder.api(api), middleware.layer(limits)).pipe(
        Layer.provide([
          assistants.layer,
          assistantFiles.layer,
          chatCompletions.layer,
          embeddings.layer,
          files.layer(limits),
          messageFiles.layer,
          messages.layer,
          models.layer,
          runs.layer(Duration.decode(options.pollAfter ?? "100 millis")),
          runSteps.layer,
          threads.layer
        ]),
        Layer.provide(engine.layerDriven),
        Layer.provide([middleware.layerAuthorization(options.apiKeys), middleware.layerAssistantsBeta]),
        Layer.provideMerge(Layer.mergeAll(
          HttpApiBuilder.Router.Live,
          HttpApiBuilder.Middleware.layer,
          HttpServer.layerContext
        ))
      )
    )
    const app = yield* Effect.provide(HttpRouter.withRouterConfig(HttpApiBuilder.httpApp, routerConfig), context)
    const provided = Effect.mapInputContext(
      app,
      (request: Context.Context<Scope.Scope | HttpServerRequest>) => Context.merge(context, request)
    )
    const { clock } = options
    const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      clock === undefined ? effect : Effect.withClock(effect, clock)
    yield* Effect.forkScoped(inTime(Effect.provide(engine.resume, engine.layerDriven)))
    return inTime(provided)
  })

/** What every request is run with: its span lists its headers. */
const withRequestDefaults = Effect.locallyWith(
  Headers.currentRedactedNames,
  (names) => [...names, "openai-organization", "openai-project"]
)

const makeHandler = (options: Options<any, any>) =>
  Effect.gen(function*() {
    const app = yield* makeApp(options)
    const { fiberRefs, runtimeFlags } = yield* Effect.runtime()
    // Nothing in the context of where the emulator is built belongs to a request; the span there would be its parent.
    const runtime = Runtime.make({ context: Context.empty(), fiberRefs, runtimeFlags })
    return HttpApp.toWebHandlerRuntime(runtime)(app)
  }).pipe(withRequestDefaults)

const services = <E, R>({
  ids = Ids.layerRandom,
  model = Model.layerScripted,
  store = Layer.fresh(Store.layerMemory)
}: Options<E, R>) => Layer.mergeAll(ids, model, store)

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
  Effect.flatMap(Layer.build(services(options)), (context) => Effect.provide(makeHandler(options), context))

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
      const handler = yield* makeHandler(options)
      const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
      const client = yield* HttpClient.HttpClient
      return HttpClient.transformResponse(client, Effect.provideService(FetchHttpClient.Fetch, fetch))
    })
  ).pipe(Layer.provide([FetchHttpClient.layer, services(options)]))

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
  Layer.scopedDiscard(
    Effect.flatMap(makeApp(options), (app) => HttpServer.serveEffect(app)).pipe(withRequestDefaults)
  ).pipe(Layer.provide(services(options)))

/**
 * Where the emulator is served, as a client takes it: `http://127.0.0.1:8080/v1`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const baseUrl: Effect.Effect<string, never, HttpServer.HttpServer> = HttpServer.addressFormattedWith((address) =>
  Effect.succeed(`${address}/v1`)
)
