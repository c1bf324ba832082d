import { ServerError } from "@effect-openai/core/Api"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as Faults from "../Faults.js"
import { invalid, methodNotAllowed } from "./errors.js"
import { ActiveFaults } from "./faults.js"
import { pathOf } from "./routes.js"
import * as Validation from "./validation.js"

/** Where the emulator itself is asked for something, and no operation of the API. */
export const prefix = "/_emulator/"

const read = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })
  return Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    // Within limits, reading fails with what is answered.
    (request) => Effect.flatMap(request.json, (json) => Either.mapLeft(decode(json), bodyInvalid))
  )
}

const bodyInvalid = (issue: ParseResult.ParseIssue): ServerError => invalid(Validation.violations(issue, ["body"]))

const noFault = (id: string): ServerError =>
  new ServerError({ status: 404, message: `No fault found with id '${id}'.` })

const answer = HttpServerResponse.unsafeJson

const listOf = (data: ReadonlyArray<Faults.ActiveRule>) => answer({ object: "list", data })

type Handlers<R> = Readonly<Record<string, HttpApp.Default<unknown, R>>>

/** All rules. */
const faults: Handlers<ActiveFaults> = {
  GET: Effect.flatMap(ActiveFaults, ({ list }) => Effect.map(list, listOf)),
  POST: Effect.flatMap(
    ActiveFaults,
    ({ add }) => Effect.map(Effect.flatMap(read(Faults.Rule), add), (rule) => answer(rule))
  ),
  PUT: Effect.flatMap(ActiveFaults, ({ replace }) => Effect.map(Effect.flatMap(read(Faults.Rules), replace), listOf)),
  DELETE: Effect.flatMap(ActiveFaults, ({ replace }) => Effect.map(replace({ rules: [] }), listOf))
}

/** One rule. */
const fault = (id: string): Handlers<ActiveFaults> => ({
  GET: Effect.flatMap(ActiveFaults, ({ list }) =>
    Effect.flatMap(list, (rules) => {
      const found = rules.find((rule) => rule.id === id)
      return found === undefined ? Effect.fail(noFault(id)) : Effect.succeed(answer(found))
    })),
  DELETE: Effect.flatMap(ActiveFaults, ({ remove }) =>
    Effect.flatMap(
      remove(id),
      (deleted) =>
        deleted ? Effect.succeed(answer({ id, object: "emulator.fault", deleted })) : Effect.fail(noFault(id))
    ))
})

const handlersAt = (path: string): Handlers<ActiveFaults> | undefined => {
  const [resource, id, ...rest] = path.slice(prefix.length).split("/")
  if (resource !== "faults" || rest.length > 0) return undefined
  return id === undefined ? faults : fault(id)
}

/** The control of faults, over HTTP. */
export const app: HttpApp.Default<unknown, ActiveFaults> = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  (request): HttpApp.Default<unknown, ActiveFaults> => {
    const path = pathOf(request)
    const handlers = handlersAt(path)
    if (handlers === undefined) {
      return Effect.fail(new ServerError({ status: 404, message: `Invalid URL (${request.method} ${path})` }))
    }
    const method = request.method === "HEAD" ? "GET" : request.method
    return handlers[method] ?? Effect.fail(methodNotAllowed(request.method, path, Object.keys(handlers)))
  }
)
