import * as Api from "@effect-openai/core/Api"
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiError from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { Ids } from "../Ids.js"
import { api } from "./api.js"
import { invalid, serverFailed } from "./errors.js"
import * as Request from "./request.js"
import * as Validation from "./validation.js"

// -----------------------------------------------------------------------------
// authorization
// -----------------------------------------------------------------------------

/** A key that only its owner knows again. */
const mask = (key: string): string => key.length < 20 ? "****" : `${key.slice(0, 5)}****${key.slice(-4)}`

/** Accepts the keys given, or any where none are. */
export const layerAuthorization = (
  apiKeys: ReadonlyArray<Redacted.Redacted> | undefined
): Layer.Layer<Api.Authorization> => {
  const known = apiKeys && new Set(apiKeys.map(Redacted.value))
  return Layer.succeed(Api.Authorization, {
    apiKey: () =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
        const key = /^bearer +(.*\S)\s*$/i.exec(headers["authorization"] ?? "")?.[1]
        if (key === undefined) {
          return Effect.fail(
            new Api.ServerError({
              status: 401,
              message: "You didn't provide an API key. You need to provide your API key in an Authorization header " +
                "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
            })
          )
        }
        return known === undefined || known.has(key) ? Effect.void : Effect.fail(
          new Api.ServerError({
            status: 401,
            code: "invalid_api_key",
            message: `Incorrect API key provided: ${mask(key)}. You can find your API key at ` +
              "https://platform.openai.com/account/api-keys."
          })
        )
      })
  })
}

export const layerAssistantsBeta: Layer.Layer<Api.AssistantsBeta> = Layer.succeed(
  Api.AssistantsBeta,
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ headers }) =>
      headers["openai-beta"] === "assistants=v1" ? Effect.void : Effect.fail(
        new Api.ServerError({
          status: 400,
          code: "invalid_beta",
          message:
            "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting " +
            "the header 'OpenAI-Beta: assistants=v1'."
        })
      )
  )
)

// -----------------------------------------------------------------------------
// routes
// -----------------------------------------------------------------------------

interface Route {
  readonly method: string
  readonly isJson: boolean
  readonly pattern: RegExp
  /** Whether nothing at all stands for an empty object. */
  readonly takesNothing: boolean
  readonly endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
}

const routes: ReadonlyArray<Route> = (Object.keys(Contract.resources) as Array<Contract.Resource>).flatMap((resource) =>
  Contract.endpointsOf(resource).map(({ body, method, name, path }: Endpoint.Any) => ({
    method,
    isJson: body._tag === "Json",
    takesNothing: body._tag === "Json" && ParseResult.is(body.schema)({}),
    pattern: new RegExp(`^/v1${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
    // The type of each endpoint says its own path and payload; here they are all alike.
    endpoint: api.groups[resource]!.endpoints[name] as unknown as HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
  }))
)

/** The routes that a path may mean, those with fewer parameters first, as the router has it: `/threads/runs` is no thread. */
const routesAt = (path: string): ReadonlyArray<Route> =>
  routes.filter(({ pattern }) => pattern.test(path)).sort((self, that) =>
    Object.keys(self.pattern.exec(path)?.groups ?? {}).length -
    Object.keys(that.pattern.exec(path)?.groups ?? {}).length
  )

const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => url.split(/[?#]/, 1)[0]!

const notFound = (request: HttpServerRequest.HttpServerRequest): Api.ServerError => {
  const path = pathOf(request)
  const allowed = routesAt(path).map(({ method }) => method)
  return allowed.length === 0 || allowed.includes(request.method)
    ? new Api.ServerError({ status: 404, message: `Invalid URL (${request.method} ${path})` })
    : new Api.ServerError({
      status: 405,
      message: `Not allowed to ${request.method} on ${path}.`,
      headers: { allow: allowed.join(", ") }
    })
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
 * What is wrong with a request that did not decode. The error of `HttpApiBuilder` has lost which limit was exceeded, and
 * knows of the first one only, so the request is decoded once more.
 */
const invalidRequest = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Api.ServerError | undefined> =>
  Effect.gen(function*() {
    const path = pathOf(request)
    const route = routesAt(path).find(({ method }) => method === request.method || request.method === "HEAD")
    // The router takes an empty identifier for one.
    if (route === undefined) return notFound(request)
    const { pathSchema, payloadSchema, urlParamsSchema } = route.endpoint
    const found: Array<Validation.Violation> = []
    const check = (location: string, schema: Option.Option<Schema.Schema.All>, value: unknown) => {
      if (Option.isNone(schema)) return
      const decode = ParseResult.decodeUnknownEither(schema.value as Schema.Schema<unknown>, { errors: "all" })
      Either.mapLeft(decode(value), (issue) => found.push(...Validation.violations(issue, [location])))
    }
    const parameters = Object.entries(route.pattern.exec(path)?.groups ?? {})
    check("path", pathSchema, Object.fromEntries(parameters.map(([name, value]) => [name, Request.decodeUri(value)])))
    check("query", urlParamsSchema, queryOf(request))
    // A form is its handler's matter. A body that can't be read is only met here behind another error.
    if (route.isJson) {
      const body = yield* Effect.exit(request.json)
      if (Exit.isSuccess(body)) check("body", payloadSchema, body.value)
    }
    return found.length === 0 ? undefined : invalid(found)
  })

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/** The error that any failure is answered with. */
const toServerError = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Api.ServerError> => {
  const error = Cause.squash(cause)
  if (error instanceof Api.ServerError) return Effect.succeed(error)
  if (error instanceof HttpServerError.RouteNotFound) return Effect.succeed(notFound(request))
  if (error instanceof HttpApiError.HttpApiDecodeError) {
    // An answer that does not encode ends in this error too, and is the server's fault.
    return Effect.flatMap(
      invalidRequest(request),
      (invalid) => invalid === undefined ? serverFailed(cause) : Effect.succeed(invalid)
    )
  }
  return serverFailed(cause)
}

const toResponse = (error: Api.ServerError): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeJson(error.envelope, {
    status: error.status,
    ...(error.headers && { headers: error.headers })
  })

/** Reads requests within limits, answers every failure with the documented envelope, and numbers and times answers. */
export const layer = (limits: Request.Limits): Layer.Layer<never, never, Ids> =>
  HttpApiBuilder.middleware(Effect.map(Ids, (ids) => (app: HttpApp.Default) =>
    Effect.gen(function*() {
      const requestId = yield* ids.next("req_")
      const start = yield* Clock.currentTimeMillis
      const request = yield* Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) => {
          const takesNothing = routesAt(pathOf(request)).find(({ method }) => method === request.method)?.takesNothing
          return Request.withLimits(request, limits, takesNothing === true ? {} : undefined)
        }
      )
      const response = yield* app.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, request),
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.failCause(cause)
            : Effect.map(
              Effect.catchAllCause(toServerError(cause, request), serverFailed),
              toResponse
            )
        )
      )
      return HttpServerResponse.setHeaders(response, {
        "x-request-id": requestId,
        "openai-processing-ms": String((yield* Clock.currentTimeMillis) - start)
      })
    })))
