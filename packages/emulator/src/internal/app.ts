import * as Contract from "@effect-openai/core/Contract"
import * as Headers from "@effect/platform/Headers"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import type { Options } from "../Emulator.js"
import * as Ids from "../Ids.js"
import * as Model from "../Model.js"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as browsers from "./browsers.js"
import * as connections from "./connections.js"
import * as Emulator from "./emulator.js"
import * as gallery from "./gallery.js"
import { handlers } from "./handlers.js"
import * as InProcess from "./inProcess.js"
import * as journal from "./journal.js"
import { directOf } from "./nodeServer.js"
import * as replies from "./replies.js"
import { forkEach, forkEachWithSpan } from "./requestFiber.js"
import { scoped, timeOf } from "./scoped.js"
import * as Served from "./served.js"

// The emulator as a transport, as a web handler, and on a server.

export const services = <E, R>({
  ids = Ids.layerRandom,
  model = Model.layerScripted,
  pages = false,
  requestLogLevel = LogLevel.Debug,
  store = Layer.fresh(Store.layerMemory),
  tokenizer
}: Options<E, R>): Layer.Layer<Emulator.Services, E, R> =>
  Layer.mergeAll(
    ids,
    Layer.map(model, (context) => Context.make(Model.Model, replies.bounded(Context.get(context, Model.Model)))),
    Layer.provideMerge(
      Layer.merge(journal.layer(requestLogLevel, pages), gallery.layer(pages)),
      Layer.map(store, (context) => Context.make(Store.Store, scoped(Context.get(context, Store.Store))))
    ),
    tokenizer ?? Layer.empty
  )

/** The API of the contract. */
const contract = Served.make(Contract.resources, api, handlers)

/** The default tracer, which keeps nothing. */
const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Redacts headers in the spans of requests. Without a tracer there are no spans. */
const withRequestDefaults = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.tracer, (tracer) =>
    effect.pipe(
      Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, "openai-organization", "openai-project"]),
      tracer === silent ? HttpMiddleware.withTracerDisabledWhenEffect(() => true) : identity
    ))

/** A request does not run in the context that builds the emulator, whose span would be its parent. */
const runtimeOf = <R>(context: Context.Context<R>): Effect.Effect<Runtime.Runtime<R>> =>
  Effect.map(Effect.runtime(), ({ fiberRefs, runtimeFlags }) => Runtime.make({ context, fiberRefs, runtimeFlags }))

/** Requests run by the clock of the store, or of the program that builds the emulator. It is set here once. */
const inTime =
  ({ clock }: Options<any, any>) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Store.Store> =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      const time = timeOf(store)
      yield* Effect.catchAll(
        time.restore,
        (error) => Effect.logWarning("The time of the store can't be read. Lists may be out of order", error)
      )
      return yield* Effect.withClock(effect, time.clock(clock ?? store.clock ?? (yield* Effect.clock)))
    })

/** The emulator as a web handler. */
export const makeHandler = (options: Options<any, any>, served = contract) =>
  Effect.gen(function*() {
    const { app, services } = yield* Emulator.make(options, served, true, browsers.policyOf(options, undefined))
    return connections.breakable(HttpApp.toWebHandlerRuntime(yield* runtimeOf(services))(app))
  }).pipe(inTime(options), withRequestDefaults)

/** The emulator as the transport of a client. */
export const makeClient = (options: Options<any, any>) =>
  Effect.gen(function*() {
    const { app, services } = yield* Emulator.make(options, contract, true, browsers.policyOf(options, undefined))
    const runtime = yield* runtimeOf(services)
    const isSilent = (yield* Effect.tracer) === silent
    return InProcess.makeClient((isSilent ? forkEach : forkEachWithSpan)(app, runtime), runtime)
  }).pipe(inTime(options), withRequestDefaults)

/** The emulator on a server, as long as the scope lasts. */
export const serve = (options: Options<any, any>, served = contract) =>
  Effect.gen(function*() {
    const server = yield* HttpServer.HttpServer
    const { app, close, services } = yield* Emulator.make(
      options,
      served,
      false,
      browsers.policyOf(options, server.address)
    )
    // A profile may send bodies of other kinds, and a tracer needs spans.
    const isPlain = options.profile === undefined && (yield* Effect.tracer) === silent
    const direct = isPlain ? directOf(server) : undefined
    yield* direct === undefined
      ? HttpServer.serveEffect(Effect.provide(app, services))
      : direct(app, yield* runtimeOf(services))
    yield* Effect.addFinalizer(() => close(Duration.decode(options.drain ?? "10 seconds")))
  }).pipe(inTime(options), withRequestDefaults)
