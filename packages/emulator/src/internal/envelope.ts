import * as Api from "@effect-openai/core/Api"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiError from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { invalid, methodNotAllowed, serverFailed } from "./errors.js"
import { refusalOf } from "./recorded.js"
import * as Request from "./request.js"
import { pathOf, type Routes } from "./routes.js"
import * as Validation from "./validation.js"

const notFound = (request: HttpServerRequest.HttpServerRequest, routes: Routes): Api.ServerError => {
  const path = pathOf(request)
  const allowed = routes.at(path).map(({ method }) => method)
  return allowed.length === 0 || allowed.includes(request.method)
    ? new Api.ServerError({ status: 404, message: `Invalid URL (${request.method} ${path})` })
    : methodNotAllowed(request.method, path, allowed)
}

// -----------------------------------------------------------------------------
// validation
// -----------------------------------------------------------------------------

const queryOf = ({ url }: HttpServerRequest.HttpServerRequest): unknown => {
  const start = url.indexOf("?")
  const query: Record<string, unknown> = Object.create(null)
  const params = new URLSearchParams(start === -1 ? "" : url.slice(start))
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name)
    query[name] = values.length === 1 ? values[0] : values
  }
  return query
}

/**
 * The error of a request that did not decode. The error of `HttpApiBuilder` has only the first violation, and not its
 * limit, so the request is decoded again.
 */
const invalidRequest = (
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes
): Effect.Effect<Api.ServerError | undefined> =>
  Effect.gen(function*() {
    const path = pathOf(request)
    const route = routes.find(request.method, path)
    // The router accepts an empty identifier.
    if (route === undefined) return notFound(request, routes)
    const { pathSchema, payloadSchema, urlParamsSchema } = route.endpoint
    let found: ReadonlyArray<Validation.Violation> = []
    const check = (location: string, schema: Option.Option<Schema.Schema.All>, value: unknown) => {
      if (Option.isNone(schema)) return
      const decode = ParseResult.decodeUnknownEither(schema.value as Schema.Schema<unknown>, { errors: "all" })
      Either.mapLeft(decode(value), (issue) => {
        found = found.concat(Validation.violations(issue, [location]))
      })
    }
    const parameters = Object.entries(route.pattern.exec(path)?.groups ?? {})
    check("path", pathSchema, Object.fromEntries(parameters.map(([name, value]) => [name, Request.decodeUri(value)])))
    check("query", urlParamsSchema, queryOf(request))
    // The handler reads a form. A body that can't be read comes here only behind another error.
    if (route.isJson) {
      const body = yield* Effect.exit(request.json)
      if (Exit.isSuccess(body)) {
        check("body", payloadSchema, body.value)
        const refusal = found.length === 0 ? undefined : refusalOf(route.operation, body.value)
        if (refusal !== undefined) return refusal
      }
    }
    return found.length === 0 ? undefined : invalid(found)
  })

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/** Hides a failure from `HttpApiBuilder`. */
class Hidden {
  constructor(readonly cause: Cause.Cause<unknown>) {}
}

/** The error response of any failure. */
const toServerError = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes
): Effect.Effect<Api.ServerError> => {
  const error = Cause.squash(cause)
  if (error instanceof Hidden) return toServerError(error.cause, request, routes)
  if (error instanceof Api.ServerError) return Effect.succeed(error)
  if (error instanceof HttpServerError.RouteNotFound) return Effect.succeed(notFound(request, routes))
  if (error instanceof HttpApiError.HttpApiDecodeError) {
    // A response that can't be encoded fails with this error too, and is the server's fault.
    return Effect.flatMap(invalidRequest(request, routes), (invalid) => {
      const fields = error.issues.map(({ path }) => path.map(String).join(" -> ")).join(", ")
      return invalid === undefined
        ? serverFailed(Cause.die(new Error(`The response does not fit the contract: ${fields}`)))
        : Effect.succeed(invalid)
    })
  }
  return serverFailed(cause)
}

/** An error as a response. */
export const toResponse = (error: Api.ServerError): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(error.body, {
    status: error.status,
    ...(error.headers && { headers: error.headers })
  })

/** Keeps failures from `HttpApiBuilder`, whose responses to them are not the documented envelope. */
export const layerHidden: Layer.Layer<never> = HttpApiBuilder.middleware((app) =>
  Effect.catchAllCause(
    app,
    (cause) => Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.die(new Hidden(cause))
  )
)

/** Turns every failure of a request into the documented envelope. */
export const withErrorResponses = <E, R>(
  app: HttpApp.Default<E, R>,
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes,
  onError: (error: Api.ServerError) => void
): HttpApp.Default<never, R> =>
  Effect.catchAllCause(app, (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause as Cause.Cause<never>)
      : Effect.map(Effect.catchAllCause(toServerError(cause, request, routes), serverFailed), (error) => {
        onError(error)
        return toResponse(error)
      }))
