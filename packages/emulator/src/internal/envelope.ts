import * as Api from "@effect-openai/core/Api"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { failed, invalid, methodNotAllowed, serverFailed } from "./errors.js"
import * as idempotency from "./idempotency.js"
import { queryOf, RouteNotFound, Undecodable } from "./operations.js"
import { refusalOf } from "./recorded.js"
import { pathOf, type Routes } from "./routes.js"
import * as Validation from "./validation.js"

const notFound = (request: HttpServerRequest.HttpServerRequest, routes: Routes): Api.ServerError => {
  const path = pathOf(request)
  const allowed = routes.methodsAt(path)
  return allowed.length === 0 || allowed.includes(request.method)
    ? new Api.ServerError({ status: 404, message: `Invalid URL (${request.method} ${path})` })
    : methodNotAllowed(request.method, path, allowed)
}

// -----------------------------------------------------------------------------
// validation
// -----------------------------------------------------------------------------

/**
 * The error of a request that did not decode, with all violations: the request is decoded again.
 */
const invalidRequest = (
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes
): Effect.Effect<Api.ServerError | undefined> =>
  Effect.gen(function*() {
    const path = pathOf(request)
    const match = routes.match(request.method, path)
    if (match === undefined) return notFound(request, routes)
    const { parameters, route } = match
    const { pathSchema, payloadSchema, urlParamsSchema } = route.endpoint
    let found: ReadonlyArray<Validation.Violation> = []
    const check = (location: string, schema: Option.Option<Schema.Schema.All>, value: unknown) => {
      if (Option.isNone(schema)) return
      const decode = ParseResult.decodeUnknownEither(schema.value as Schema.Schema<unknown>, { errors: "all" })
      Either.mapLeft(decode(value), (issue) => {
        found = found.concat(Validation.violations(issue, [location]))
      })
    }
    check("path", pathSchema, parameters)
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

/** The error response of any failure. */
const toServerError = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes
): Effect.Effect<Api.ServerError> => {
  const error = Cause.squash(cause)
  if (error instanceof Api.ServerError) return Effect.succeed(error)
  if (error instanceof RouteNotFound) return Effect.succeed(notFound(request, routes))
  if (error instanceof Undecodable) {
    return Effect.flatMap(
      invalidRequest(request, routes),
      (invalid) => invalid === undefined ? serverFailed(cause) : Effect.succeed(invalid)
    )
  }
  return serverFailed(cause)
}

/**
 * States that a request that failed in the middle must not be repeated where that could do something twice: what it has
 * changed is unknown.
 */
export const refuseRetry = (
  error: Api.ServerError,
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes
): Effect.Effect<Api.ServerError> => {
  const route = routes.match(request.method, pathOf(request))?.route
  if (request.method !== "POST" || route?.replayable === true) return Effect.succeed(error)
  return Effect.map(idempotency.hasKey(request, route), (hasKey) =>
    hasKey
      ? error
      : new Api.ServerError({
        ...error,
        message: error.message,
        headers: { ...error.headers, "x-should-retry": "false" }
      }))
}

/** An error as a response. */
export const toResponse = (error: Api.ServerError): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(error.body, {
    status: error.status,
    ...(error.headers && { headers: error.headers })
  })

/** The response to a request that failed. */
export const respondToFailure = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest,
  routes: Routes,
  onError: (error: Api.ServerError) => void
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Cause.isInterruptedOnly(cause)
    ? Effect.failCause(cause as Cause.Cause<never>)
    : Effect.catchAllCause(toServerError(cause, request, routes), serverFailed).pipe(
      Effect.flatMap((error) => error === failed ? refuseRetry(error, request, routes) : Effect.succeed(error)),
      Effect.map((error) => {
        onError(error)
        return toResponse(error)
      })
    )
