import type { ServerError } from "@effect-openai/core/Api"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Multipart from "@effect/platform/Multipart"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as codec from "./codec.js"
import { type Handler, Handlers } from "./httpApiBuilder.js"
import * as Request from "./request.js"
import type { Match, Route } from "./routes.js"
import type { HandlerContext, Served } from "./served.js"

// Runs the operation of a request as `HttpApiBuilder` does, in few steps: an effect costs more than most of what a request
// needs. A failure is that of the request, not a response.

/** A request that no operation takes. */
export class RouteNotFound extends Data.TaggedClass("RouteNotFound") {}

/** A request that does not fit the Schemas of its operation. */
export class Undecodable extends Data.TaggedClass("Undecodable") {}

const undecodable = Effect.fail(new Undecodable())

/** A response that does not fit its Schema, which is the server's fault. */
const unencodable = (issue: ParseResult.ParseIssue) => {
  const fields = ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ path }) => path.map(String).join(" -> "))
  return new Error(`The response does not fit the contract: ${fields.join(", ")}`)
}

type Run = (
  request: HttpServerRequest.HttpServerRequest,
  parameters: Readonly<Record<string, string>>
) => Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  unknown,
  HandlerContext | HttpServerRequest.HttpServerRequest
>

// -----------------------------------------------------------------------------
// middleware
// -----------------------------------------------------------------------------

type Check = Effect.Effect<void, ServerError, HttpServerRequest.HttpServerRequest>

/** The checks of an endpoint. Those of keys read the headers themselves. */
const checksOf = (
  { middlewares }: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps,
  context: Context.Context<any>
): ReadonlyArray<Check> =>
  Array.from(middlewares, (tag): Check => {
    const service: any = Context.unsafeGet(context, tag as Context.Tag<any, any>)
    if (!(HttpApiMiddleware.SecurityTypeId in tag)) return service
    const [check]: Array<any> = Object.values(service)
    return check(undefined)
  })

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/** The parameters of a query, each a text or an array of texts. */
export const queryOf = ({ url }: HttpServerRequest.HttpServerRequest): object => {
  const start = url.indexOf("?")
  const query: Record<string, unknown> = Object.create(null)
  if (start === -1) return query
  const params = new URLSearchParams(url.slice(start))
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name)
    query[name] = values.length === 1 ? values[0] : values
  }
  return query
}

/** Whether a body is JSON. Without a content type it is. */
const isJson = ({ headers }: HttpServerRequest.HttpServerRequest): boolean => {
  const type = headers["content-type"]
  return type === undefined || type === "" || type === "application/json" ||
    type.toLowerCase().includes("application/json")
}

/** Decodes path, query and body. Undefined where the operation has none. */
const decodersOf = ({ pathSchema, payloadSchema, urlParamsSchema }: Route["endpoint"]) => {
  const ofPath = Option.getOrUndefined(Option.map(pathSchema, codec.decoder))
  const ofQuery = Option.getOrUndefined(Option.map(urlParamsSchema, codec.decoder))
  let absent: Either.Either<unknown, ParseResult.ParseIssue> | undefined
  return {
    path: ofPath,
    query: ofQuery &&
      ((request: HttpServerRequest.HttpServerRequest) =>
        request.url.includes("?") ? ofQuery(queryOf(request)) : absent ??= ofQuery(queryOf(request))),
    payload: Option.map(payloadSchema, codec.decoder)
  }
}

// -----------------------------------------------------------------------------
// responses
// -----------------------------------------------------------------------------

/** Encodes a body by the first of its Schemas that it fits. */
const responderOf = ({ successSchema }: Route["endpoint"]) => {
  const schemas = new Set<Schema.Schema.Any>()
  HttpApiSchema.deunionize(schemas, successSchema)
  const cases = Array.from(schemas, (schema) => ({
    encode: codec.encoder(schema),
    status: HttpApiSchema.getStatusSuccess(schema),
    encoding: HttpApiSchema.getEncoding(schema.ast)
  }))
  return (body: unknown): HttpServerResponse.HttpServerResponse => {
    let first: ParseResult.ParseIssue | undefined
    for (const { encode, encoding: { contentType, kind }, status } of cases) {
      const encoded = encode(body)
      if (Either.isLeft(encoded)) {
        first ??= encoded.left
        continue
      }
      return kind === "Uint8Array"
        ? HttpServerResponse.uint8Array(encoded.right as Uint8Array, { status, contentType })
        : HttpServerResponse.text(kind === "Json" ? JSON.stringify(encoded.right) : String(encoded.right), {
          status,
          contentType
        })
    }
    throw unencodable(first!)
  }
}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const multipartLimitsOf = ({ payloadSchema }: Route["endpoint"]) =>
  Option.getOrUndefined(
    Option.flatMapNullable(payloadSchema, ({ ast }) => HttpApiSchema.getMultipartStream(ast))
  )

const runOf = ({ endpoint }: Route, handler: Handler, context: Context.Context<HandlerContext>): Run => {
  const decoders = decodersOf(endpoint)
  const respond = responderOf(endpoint)
  const toResponse = (body: unknown) => HttpServerResponse.isServerResponse(body) ? body : respond(body)
  const limits = multipartLimitsOf(endpoint)

  const handle = (request: HttpServerRequest.HttpServerRequest, path: unknown, payload: unknown) => {
    const query = decoders.query?.(request)
    if (query !== undefined && Either.isLeft(query)) return undecodable
    return Effect.map(handler({ request, path, payload, urlParams: query?.right }), toResponse)
  }

  const operate: Run = (request, parameters) => {
    const path = decoders.path?.(parameters)
    if (path !== undefined && Either.isLeft(path)) return undecodable
    if (limits !== undefined) {
      return handle(request, path?.right, Multipart.withLimitsStream(request.multipartStream, limits))
    }
    if (Option.isNone(decoders.payload)) return handle(request, path?.right, undefined)
    const decode = decoders.payload.value
    if (!isJson(request)) return Effect.fail(Request.unsupportedContentType(request, "application/json"))
    return Effect.flatMap(request.json, (json) => {
      const payload = decode(json)
      return Either.isLeft(payload) ? undecodable : handle(request, path?.right, payload.right)
    })
  }

  const checks = checksOf(endpoint, context)
  return (request, parameters) => {
    const run = Effect.suspend(() => operate(request, parameters))
    // The last one comes first, as in `HttpApiBuilder`.
    return Effect.interruptible(
      checks.reduce<ReturnType<Run>>((next, check) => Effect.zipRight(check, next), run)
    )
  }
}

/** The operations of an API. The handlers of a resource are made with the first request to it. */
export const make = (
  layers: Served["layers"],
  context: Context.Context<HandlerContext>
): Effect.Effect<
  (request: HttpServerRequest.HttpServerRequest, match: Match | undefined) => ReturnType<Run>,
  never,
  Scope.Scope
> =>
  Effect.map(Effect.scope, (scope) => {
    const handlers: Context.Tag.Service<Handlers> = new Map()
    const services = Context.add(context, Handlers, handlers)
    const runs = new Map<Route, Run>()
    const lock = Effect.unsafeMakeSemaphore(1)

    // In the context of the emulator, not in that of the request.
    const makeHandlers = (route: Route) =>
      lock.withPermits(1)(Effect.suspend(() =>
        handlers.has(route.endpoint) ? Effect.void : Effect.mapInputContext(
          Layer.buildWithScope(layers.get(route.resource)!, scope),
          (_: Context.Context<never>) => services
        )
      ))

    return (request, match) => {
      if (match === undefined) return Effect.fail(new RouteNotFound())
      const { parameters, route } = match
      const run = runs.get(route)
      if (run !== undefined) return run(request, parameters)
      return Effect.flatMap(makeHandlers(route), () => {
        const run = runOf(route, handlers.get(route.endpoint)!, context)
        runs.set(route, run)
        return run(request, parameters)
      })
    }
  })
