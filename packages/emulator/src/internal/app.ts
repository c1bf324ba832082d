import { ServerError } from "@effect-openai/core/Api"
import * as Headers from "@effect/platform/Headers"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Options } from "../Emulator.js"
import * as Ids from "../Ids.js"
import * as Model from "../Model.js"
import * as Store from "../Store.js"
import * as access from "./access.js"
import { api } from "./api.js"
import * as assistantFiles from "./assistantFiles.js"
import * as assistants from "./assistants.js"
import * as chatCompletions from "./chatCompletions.js"
import * as connections from "./connections.js"
import * as Control from "./control.js"
import * as embeddings from "./embeddings.js"
import * as engine from "./engine/engine.js"
import * as lifecycle from "./engine/lifecycle.js"
import { answerFailures, layerUnanswered, toResponse } from "./envelope.js"
import { Exchange } from "./exchange.js"
import * as faults from "./faults.js"
import * as files from "./files.js"
import * as journal from "./journal.js"
import * as messageFiles from "./messageFiles.js"
import * as messages from "./messages.js"
import * as models from "./models.js"
import { pageAt } from "./pages.js"
import * as rateLimits from "./rateLimits.js"
import * as Request from "./request.js"
import * as runs from "./runs.js"
import * as runSteps from "./runSteps.js"
import * as threads from "./threads.js"

// -----------------------------------------------------------------------------
// services
// -----------------------------------------------------------------------------

/** What an emulator is made of beside its handlers. */
export type Services = Store.Store | Ids.Ids | Model.Model | journal.Journal

export const services = <E, R>({
  ids = Ids.layerRandom,
  model = Model.layerScripted,
  requestLogLevel = LogLevel.Debug,
  store = Layer.fresh(Store.layerMemory)
}: Options<E, R>): Layer.Layer<Services, E, R> => Layer.mergeAll(ids, model, store, journal.layer(requestLogLevel))

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: Number.MAX_SAFE_INTEGER
}

/** The operations of the contract. They fail with whatever a request failed with. */
const makeOperations = (
  options: Options<any, any>,
  limits: Request.Limits,
  checkKey: access.CheckKey,
  worker: engine.Service,
  isInProcess: boolean
) =>
  Effect.gen(function*() {
    // Built on its own: its routes must not meet those of another API in the same program.
    const context = yield* Layer.build(
      Layer.merge(HttpApiBuilder.api(api), layerUnanswered).pipe(
        Layer.provide([
          assistants.layer,
          assistantFiles.layer,
          chatCompletions.layer,
          embeddings.layer,
          files.layer(limits),
          messageFiles.layer,
          messages.layer,
          models.layer,
          runs.layer({
            after: Duration.decode(options.pollAfter ?? (isInProcess ? 0 : "100 millis")),
            patience: Duration.millis(isInProcess && options.pollAfter === undefined ? 50 : 0)
          }),
          runSteps.layer,
          threads.layer
        ]),
        Layer.provide([Layer.succeed(engine.Engine, worker), rateLimits.layer(options.rateLimits ?? {})]),
        Layer.provide([access.layerAuthorization(checkKey), access.layerAssistantsBeta]),
        Layer.provideMerge(Layer.mergeAll(
          HttpApiBuilder.Router.Live,
          HttpApiBuilder.Middleware.layer,
          HttpServer.layerContext
        ))
      )
    )
    const app = yield* Effect.provide(HttpRouter.withRouterConfig(HttpApiBuilder.httpApp, routerConfig), context)
    return Effect.mapInputContext(
      app,
      (request: Context.Context<Scope.Scope | HttpServerRequest.HttpServerRequest>) => Context.merge(context, request)
    )
  })

// -----------------------------------------------------------------------------
// app
// -----------------------------------------------------------------------------

const MB = 1024 * 1024

const closing = new ServerError({
  status: 503,
  type: "server_error",
  message: "The server is closing.",
  headers: { connection: "close" }
})

/** How long it may take to cut answers off. */
const cutting = Duration.seconds(1)

interface App {
  readonly app: HttpApp.Default<never, Scope.Scope>
  /** Takes no more requests, lets those at work end within the time given, and interrupts the others. */
  readonly close: (drain: Duration.Duration) => Effect.Effect<void>
}

/** The emulator: its operations, and all that every request has to do with. */
const make = (options: Options<any, any>, isInProcess: boolean): Effect.Effect<App, never, Services | Scope.Scope> =>
  Effect.gen(function*() {
    const limits = { maxBodyBytes: options.maxBodyBytes ?? 10 * MB, maxFileBytes: options.maxFileBytes ?? 512 * MB }
    const checkKey = access.makeCheckKey(options.apiKeys)
    const worker = Context.get(yield* Layer.build(engine.layer), engine.Engine)
    const operations = yield* makeOperations(options, limits, checkKey, worker, isInProcess)
    const ids = yield* Ids.Ids
    const { end, record } = yield* journal.Journal
    const kept = yield* Effect.context<journal.Journal | Store.Store>()
    const activeFaults = yield* Effect.provide(faults.ActiveFaults, faults.layer(options.faults ?? {}))

    const inFlight = new Map<Fiber.RuntimeFiber<unknown, unknown>, Exchange>()
    const idle = yield* Deferred.make<void>()
    let isClosing = false

    const hasPages = options.pages ?? false
    const control = Control.make({ faults: activeFaults.hasControl, pages: hasPages }).pipe(
      Effect.provideService(faults.ActiveFaults, activeFaults),
      Effect.provide(kept)
    )

    /** What answers where no operation of the API is asked for, but the emulator itself. */
    const ownAt = ({ path, request }: Exchange) => {
      const page = hasPages && (request.method === "GET" || request.method === "HEAD") ? pageAt(path) : undefined
      if (page !== undefined) return page
      if (!(hasPages || activeFaults.hasControl) || !path.startsWith(Control.prefix)) return undefined
      return access.refuseOtherOrigins(request).pipe(
        Effect.zipRight(options.apiKeys === undefined ? Effect.void : checkKey(request)),
        Effect.zipRight(control)
      )
    }

    const operate = (exchange: Exchange, request: HttpServerRequest.HttpServerRequest) =>
      Effect.flatMap(
        faults.faultOf(activeFaults, request, exchange.route?.operation),
        Option.match({
          onNone: () => operations,
          onSome: (chosen) => {
            exchange.fault = faults.nameOf(chosen)
            exchange.isReset = chosen.fault.type === "reset"
            return faults.inject(chosen, request, operations, isInProcess ? 0 : 1000)
          }
        })
      ).pipe(access.allowAnyOrigin)

    const answer = (exchange: Exchange) =>
      Effect.gen(function*() {
        const request = yield* Request.withLimits(
          exchange.request,
          limits,
          exchange.route?.takesNothing ? {} : undefined
        )
        const own = ownAt(exchange)
        exchange.isOwn = own !== undefined
        const app = isClosing
          ? Effect.fail(closing)
          : Effect.zipRight(
            Request.checkEncoding(request),
            own ?? operate(exchange, request)
          )
        const tell = ({ message, summary = message }: ServerError) => {
          exchange.problem = summary
        }
        const response = yield* answerFailures(
          Effect.provideService(app, HttpServerRequest.HttpServerRequest, request),
          request,
          tell
        ).pipe(
          // Closing has no more time for it; a caller who left would not read this.
          Effect.catchAllCause((cause) => {
            if (!isClosing) return Effect.failCause(cause)
            tell(closing)
            return Effect.succeed(toResponse(closing))
          })
        )
        return HttpServerResponse.setHeaders(exchange.follow(response), {
          "x-request-id": exchange.id,
          "openai-processing-ms": String(exchange.elapsed),
          ...(isClosing ? { connection: "close" } : undefined)
        })
      })

    const app = Effect.withFiberRuntime<
      HttpServerResponse.HttpServerResponse,
      never,
      HttpServerRequest.HttpServerRequest | Scope.Scope
    >((fiber) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const exchange = new Exchange(yield* ids.next("req_"), request, yield* Effect.clock)
        inFlight.set(fiber, exchange)
        // The scope of a request ends when the last of its answer is out.
        yield* Effect.addFinalizer(() => {
          inFlight.delete(fiber)
          return Effect.zipRight(
            exchange.isOwn ? Effect.void : record(exchange.entry(isClosing)),
            isClosing && inFlight.size === 0 ? Deferred.succeed(idle, void 0) : Effect.void
          )
        })
        return yield* answer(exchange)
      })
    )

    const { clock } = options
    const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      clock === undefined ? effect : Effect.withClock(effect, clock)

    yield* Effect.forkScoped(inTime(Effect.provideService(lifecycle.resume, engine.Engine, worker)))
    return {
      app: inTime(app),
      close: (drain) =>
        Effect.suspend(() => {
          isClosing = true
          // Closing itself can't be interrupted, but waiting must be.
          const ended = Effect.suspend(() =>
            inFlight.size === 0 ? Effect.void : Effect.interruptible(Deferred.await(idle))
          )
          return Effect.zipRight(end, ended).pipe(
            Effect.timeoutOption(drain),
            Effect.zipRight(Effect.forEach(inFlight.values(), (exchange) => exchange.cut, { discard: true })),
            Effect.zipRight(Effect.suspend(() => Effect.forkDaemon(Fiber.interruptAll(inFlight.keys())))),
            // A caller who does not read would be waited for without end.
            Effect.zipRight(Effect.timeoutOption(ended, cutting)),
            // It is people and process managers who wait.
            Effect.withClock(Clock.make())
          )
        })
    }
  })

/** The tracer that keeps nothing, which is there where a program has set none. */
const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** What every request is run with: its span lists its headers. Where nobody sees it, there is none. */
const withRequestDefaults = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.tracer, (tracer) =>
    effect.pipe(
      Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, "openai-organization", "openai-project"]),
      tracer === silent ? HttpMiddleware.withTracerDisabledWhenEffect(() => true) : identity
    ))

/** The emulator as a web handler. */
export const makeHandler = (options: Options<any, any>) =>
  Effect.gen(function*() {
    const { app } = yield* make(options, true)
    const { fiberRefs, runtimeFlags } = yield* Effect.runtime()
    // Nothing in the context of where the emulator is built belongs to a request; the span there would be its parent.
    const runtime = Runtime.make({ context: Context.empty(), fiberRefs, runtimeFlags })
    return connections.breakable(HttpApp.toWebHandlerRuntime(runtime)(app))
  }).pipe(withRequestDefaults)

/** The emulator on a server, as long as the scope lasts. */
export const serve = (options: Options<any, any>) =>
  Effect.gen(function*() {
    const { app, close } = yield* make(options, false)
    yield* HttpServer.serveEffect(app)
    yield* Effect.addFinalizer(() => close(Duration.decode(options.drain ?? "10 seconds")))
  }).pipe(withRequestDefaults)
