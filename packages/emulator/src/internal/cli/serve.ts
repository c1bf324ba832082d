import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as Emulator from "../../Emulator.js"
import * as NodeServer from "../../NodeServer.js"
import { optionsOf, UsageError } from "./emulator.js"
import * as log from "./log.js"
import type { Given } from "./options.js"

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not listen there",
  EADDRINUSE: "another server listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host"
}

const cantListen = ({ host, port }: Given) => ({ cause }: HttpServerError.ServeError) => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : ""
  return new UsageError({ message: `Can't listen on port ${port} of ${host}: ${reasons[code] ?? String(cause)}` })
}

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(host)

const credentials = new Set(Contract.endpoints.map(({ family }) => Endpoint.families[family].credential))

/** The options without which any key gives access to operations. */
export const missingKeys = (
  { adminKeys, apiKeys }: Pick<Emulator.Options, "adminKeys" | "apiKeys">,
  needed: ReadonlySet<Endpoint.Credential>
): ReadonlyArray<string> => [
  ...(apiKeys === undefined && needed.has("apiKey") ? ["no --api-key"] : []),
  ...(adminKeys === undefined && needed.has("adminKey") ? ["no --admin-key"] : [])
]

/** Serves until it is interrupted. Then it accepts no more requests, and waits for open responses within the deadline. */
export const serve = (interrupted: Effect.Effect<void>) => (given: Given) =>
  Effect.gen(function*() {
    const options = yield* optionsOf(given)
    const server = NodeServer.createServer()
    yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
    const listening = NodeServer.layer({ host: given.host, port: given.port }, () => server)
    const context = yield* Layer.build(
      Layer.provideMerge(Emulator.layerHttp(options), Layer.mapError(listening, cantListen(given)))
    )
    // Runs before every other finalizer: new connections are refused immediately.
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.logInfo("Closing: open responses have their time to end"),
        Effect.sync(() => server.close())
      )
    )
    yield* Console.log(`Listening on ${yield* Effect.provide(Emulator.baseUrl, context)}`)
    const missing = isLoopback(given.host) ? [] : missingKeys(options, credentials)
    if (missing.length > 0) {
      yield* Effect.logWarning(`Other machines have access, with any key: there is ${missing.join(" and ")}`)
    }
    yield* interrupted
  }).pipe(
    Effect.scoped,
    Effect.provide(log.layer),
    Logger.withMinimumLogLevel(given.logLevel)
  )
