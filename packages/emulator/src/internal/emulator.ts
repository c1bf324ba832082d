import * as Api from "@effect-openai/core/Api"
import type * as HttpApp from "@effect/platform/HttpApp"
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
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Options } from "../Emulator.js"
import * as Ids from "../Ids.js"
import * as Model from "../Model.js"
import * as Store from "../Store.js"
import * as access from "./access.js"
import * as Faults from "./activeFaults.js"
import * as addedHeaders from "./addedHeaders.js"
import * as browsers from "./browsers.js"
import * as connections from "./connections.js"
import * as engine from "./engine/engine.js"
import { resume } from "./engine/resume.js"
import * as runEvents from "./engine/runEvents.js"
import { refuseRetry, respondToFailure, toResponse } from "./envelope.js"
import { Exchange } from "./exchange.js"
import * as faults from "./faults.js"
import type * as gallery from "./gallery.js"
import * as idempotency from "./idempotency.js"
import * as journal from "./journal.js"
import { LimitedRequest } from "./limitedRequest.js"
import { Loopback, post } from "./loopback.js"
import * as Operations from "./operations.js"
import { prices } from "./organization/costs.js"
import { Organization } from "./organization/organization.js"
import * as Organizations from "./organization/organization.js"
import * as ownRequests from "./ownRequests.js"
import * as profile from "./profile.js"
import * as rateLimits from "./rateLimits.js"
import * as Request from "./request.js"
import type { HandlerContext, Served } from "./served.js"
import { Settings } from "./settings.js"

// The emulator: its operations, and what every request goes through.

/** The services of an emulator that its options choose. */
export type Services = Store.Store | Ids.Ids | Model.Model | journal.Journal | gallery.Gallery

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/** The operations of an API, and the services that they need. A failure is that of the request, not a response. */
const makeOperations = (
  served: Served,
  options: Options<any, any>,
  limits: Request.Limits,
  keys: access.Access,
  organization: Context.Context<Organization>,
  worker: engine.Service,
  events: runEvents.Service,
  loopback: Context.Tag.Service<Loopback>,
  isInProcess: boolean
) =>
  Effect.gen(function*() {
    const { isImmediate = false } = yield* Model.Model
    const polling = {
      after: Duration.decode(options.pollAfter ?? (isInProcess || isImmediate ? 0 : "100 millis")),
      maxWait: Duration.millis(isInProcess && options.pollAfter === undefined ? 50 : 0)
    }
    const settings = { limits, polling, prices: options.organization?.prices ?? prices }
    // A layer costs more than most services, and these are values.
    const built = yield* Layer.build(Layer.merge(
      rateLimits.layer(options.rateLimits ?? {}, options.clock !== undefined),
      HttpServer.layerContext
    ))
    const services: Context.Context<HandlerContext> = Context.mergeAll(
      yield* Effect.context<Services>(),
      built,
      organization,
      access.authorization(keys)
    ).pipe(
      Context.add(Api.AssistantsBeta, access.assistantsBeta),
      Context.add(engine.Engine, worker),
      Context.add(runEvents.RunEvents, events),
      Context.add(Loopback, loopback),
      Context.add(Settings, settings)
    )
    return { operations: yield* Operations.make(served.layers, services), services }
  })

// -----------------------------------------------------------------------------
// app
// -----------------------------------------------------------------------------

const MB = 1024 * 1024

const closing = new Api.ServerError({
  status: 503,
  type: "server_error",
  message: "The server is closing.",
  headers: { connection: "close" }
})

/** Maximum time to close the connections of unfinished responses. */
const cutting = Duration.seconds(1)

type RequestFiber = Fiber.RuntimeFiber<unknown, unknown>

export interface App {
  readonly app: HttpApp.Default<never, HandlerContext | Scope.Scope>
  /** What every request needs. A fiber that begins with it costs less than one that gets it later. */
  readonly services: Context.Context<HandlerContext>
  /** Accepts no more requests, waits for those in flight, and interrupts what is left after `drain`. */
  readonly close: (drain: Duration.Duration) => Effect.Effect<void>
}

/** The emulator: its operations, and what every request goes through. */
export const make = (
  options: Options<any, any>,
  served: Served,
  isInProcess: boolean,
  policy: browsers.Policy
): Effect.Effect<App, never, Services | Scope.Scope> =>
  Effect.gen(function*() {
    const limits = { maxBodyBytes: options.maxBodyBytes ?? 10 * MB, maxFileBytes: options.maxFileBytes ?? 512 * MB }
    const organization = yield* Layer.build(Organizations.layer(options))
    const keys = access.make(
      { apiKey: options.apiKeys, adminKey: options.adminKeys },
      Context.get(organization, Organization),
      yield* Store.Store
    )
    const worker = Context.get(yield* Layer.build(engine.layer), engine.Engine)
    const events = Context.get(yield* Layer.build(runEvents.layer), runEvents.RunEvents)
    const loopback: Context.Tag.Service<Loopback> = {
      post: (path, body) =>
        Effect.suspend(() => isClosing ? Effect.never : post(Effect.provide(app, services), path, body)).pipe(
          // What a server that closes responds is not the result of the request.
          Effect.flatMap((answer) => isClosing ? Effect.never : Effect.succeed(answer))
        )
    }
    const { operations, services } = yield* makeOperations(
      served,
      options,
      limits,
      keys,
      organization,
      worker,
      events,
      loopback,
      isInProcess
    )
    const ids = yield* Ids.Ids
    const { end: endChanges, record } = yield* journal.Journal
    const once = yield* idempotency.make
    const activeFaults = Context.get(yield* Layer.build(Faults.layer(options.faults)), Faults.ActiveFaults)
    const ownAt = yield* ownRequests.make(options, policy, keys, Context.get(organization, Organization)).pipe(
      Effect.provideService(Faults.ActiveFaults, activeFaults),
      Effect.provideService(runEvents.RunEvents, events)
    )

    const inFlight = new Map<RequestFiber, Exchange>()
    const idle = yield* Deferred.make<void>()
    let isClosing = false

    const allowOrigins = browsers.allowOrigins(policy)

    const operate = (exchange: Exchange, request: HttpServerRequest.HttpServerRequest) => {
      if (request.method === "OPTIONS") return Effect.succeed(browsers.preflight(request))
      const operation = operations(request, exchange.match)
      // Only with a key does a caller learn which operations exist.
      const permitted = exchange.route === undefined
        ? Effect.zipRight(keys.any(request), operation)
        : once(request, exchange.route, keys.any(request), operation)
      if (!faults.mayMeet(activeFaults, request)) return permitted
      return Effect.flatMap(
        faults.faultOf(activeFaults, request, exchange.route?.operation),
        Option.match({
          onNone: () => permitted,
          onSome: (chosen) => {
            exchange.fault = faults.nameOf(chosen)
            exchange.isReset = chosen.fault.type === "reset"
            return faults.inject(chosen, request, permitted, exchange.route?.operation, isInProcess ? 0 : 1000)
          }
        })
      )
    }

    /** Records the request of a fiber, whose response has ended. */
    const end = (fiber: RequestFiber): Effect.Effect<void> => {
      const exchange = inFlight.get(fiber)
      inFlight.delete(fiber)
      const recorded = exchange === undefined || exchange.isOwn
        ? Effect.void
        : record(fiber, exchange, () => exchange.entry(isClosing))
      return isClosing && inFlight.size === 0
        ? Effect.zipRight(recorded, Deferred.succeed(idle, void 0))
        : recorded
    }

    const respondTo = (fiber: RequestFiber, exchange: Exchange, request: HttpServerRequest.HttpServerRequest) => {
      const refusal = isClosing ? closing : browsers.refusalOf(exchange.request, policy)
      const own = refusal === undefined ? ownAt(exchange) : undefined
      exchange.isOwn = own !== undefined
      const operation = own === undefined
        ? operate(exchange, request)
        : Effect.provideService(own, HttpServerRequest.HttpServerRequest, request)
      const app = refusal !== undefined
        ? Effect.fail(refusal)
        : request.headers["content-encoding"] === undefined
        ? operation
        : Effect.zipRight(Request.checkEncoding(request), operation)
      const setProblem = ({ message, summary = message }: Api.ServerError) => {
        exchange.problem = summary
      }
      const finish = (given: HttpServerResponse.HttpServerResponse) => {
        exchange.begin(given)
        const headers = {
          "x-request-id": exchange.id,
          "openai-processing-ms": String(exchange.elapsed),
          ...addedHeaders.of(fiber),
          ...(isClosing ? { connection: "close" } : undefined),
          ...(own === undefined ? allowOrigins(request, given) : undefined)
        }
        // A profile changes the response.
        const sent = options.profile === undefined
          ? connections.sendNow(exchange.request, given, headers, (exit) => exchange.ended(exit))
          : undefined
        const ending = Effect.suspend(() => end(fiber))
        const ended = sent !== undefined
          ? sent === Effect.void ? end(fiber) : Effect.ensuring(sent, ending)
          : isInProcess
          ? exchange.isWhole ? end(fiber) : Effect.void
          // The scope of a request ends after the last chunk of its response.
          : Scope.addFinalizer(Context.unsafeGet(fiber.currentContext, Scope.Scope), ending)
        const result = sent === undefined
          ? exchange.follow(HttpServerResponse.setHeaders(given, headers), isInProcess ? ending : Effect.void)
          : given
        // Mostly nothing is left to do.
        return ended === Effect.void ? Effect.succeed(result) : Effect.as(ended, result)
      }
      return Effect.matchCauseEffect(app, {
        onSuccess: finish,
        onFailure: (cause) =>
          respondToFailure(cause, request, served.routes, setProblem).pipe(
            // An interruption by the caller needs no response.
            Effect.catchAllCause((cause) => {
              if (!isClosing) return Effect.zipRight(Effect.suspend(() => end(fiber)), Effect.failCause(cause))
              setProblem(closing)
              return Effect.map(refuseRetry(closing, request, served.routes), toResponse)
            }),
            Effect.flatMap(finish)
          )
      })
    }

    const respond = (fiber: RequestFiber, exchange: Exchange) => {
      const { request: given, route } = exchange
      const request = new LimitedRequest(given, limits, route?.takesNothing ? {} : undefined, route?.schema)
      return options.profile === undefined
        ? respondTo(fiber, exchange, request)
        : Effect.flatMap(profile.receive(request), (received) => respondTo(fiber, exchange, received))
    }

    const app = Effect.withFiberRuntime<
      HttpServerResponse.HttpServerResponse,
      never,
      HandlerContext | HttpServerRequest.HttpServerRequest | Scope.Scope
    >((fiber) => {
      const request = Context.unsafeGet(fiber.currentContext, HttpServerRequest.HttpServerRequest)
      const clock = Context.get(fiber.getFiberRef(DefaultServices.currentServices), Clock.Clock)
      return Effect.flatMap(ids.next("req_"), (id) => {
        const exchange = new Exchange(id, request, clock, served.routes)
        inFlight.set(fiber, exchange)
        return respond(fiber, exchange)
      })
    })

    const resumed = yield* Effect.forkScoped(
      resume.pipe(
        Effect.provideService(engine.Engine, worker),
        Effect.provideService(runEvents.RunEvents, events),
        Effect.provideService(Loopback, loopback)
      )
    )
    return {
      app: profile.play(options.profile)(app),
      services,
      close: (drain) =>
        Effect.suspend(() => {
          isClosing = true
          // Closing can't be interrupted, but waiting must be.
          const ended = Effect.suspend(() =>
            inFlight.size === 0 ? Effect.void : Effect.interruptible(Deferred.await(idle))
          )
          // Other processes continue the work immediately, and the requests that follow it receive the rest from there.
          const left = Effect.zipRight(Fiber.interrupt(resumed), worker.leave)
          return Effect.zipRight(left, Effect.zipRight(endChanges, ended)).pipe(
            Effect.timeoutOption(drain),
            Effect.zipRight(Effect.forEach(inFlight.values(), (exchange) => exchange.cut, { discard: true })),
            Effect.zipRight(Effect.suspend(() => Effect.forkDaemon(Fiber.interruptAll(inFlight.keys())))),
            // A caller that does not read its response would delay this without end.
            Effect.zipRight(Effect.timeoutOption(ended, cutting)),
            // In real time, whatever the clock of the emulator.
            Effect.withClock(Clock.make())
          )
        })
    }
  })
