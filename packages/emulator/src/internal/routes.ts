import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as Resource from "@effect-openai/core/Resource"
import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/** The path of an operation on the server. */
export interface Route {
  readonly operation: string
  readonly method: string
  readonly isJson: boolean
  /** Whether an absent body means an empty object. */
  readonly takesNothing: boolean
  /** The Schema of a body of JSON. */
  readonly schema: Schema.Schema.All | undefined
  readonly pattern: RegExp
  readonly endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
}

const parametersIn = ({ path }: Endpoint.Any): number => path.split("{").length

const toRoute = (
  { body, method, name, path }: Endpoint.Any,
  endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
): Route => ({
  operation: name,
  method,
  isJson: body._tag === "Json",
  takesNothing: body._tag === "Json" && ParseResult.is(body.schema)({}),
  schema: body._tag === "Json" ? body.schema : undefined,
  pattern: new RegExp(`^/v1${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  endpoint
})

/** The routes of an API. */
export class Routes {
  private readonly all: ReadonlyArray<Route>

  constructor(resources: Iterable<Resource.Any>, { groups }: HttpApi.HttpApi.AnyWithProps) {
    this.all = Array.from(
      resources,
      ({ name, operations }) =>
        Object.values(operations).map((endpoint) => ({ endpoint, served: groups[name]!.endpoints[endpoint.name]! }))
    )
      .flat()
      // The router prefers fewer parameters too: `/threads/runs` is not a thread.
      .sort((self, that) => parametersIn(self.endpoint) - parametersIn(that.endpoint))
      .map(({ endpoint, served }) => toRoute(endpoint, served))
  }

  /** The routes of a path. The first is the one that the router takes. */
  at(path: string): ReadonlyArray<Route> {
    return this.all.filter(({ pattern }) => pattern.test(path))
  }

  /** The route of a request. */
  find(method: string, path: string): Route | undefined {
    const requested = method === "HEAD" ? "GET" : method
    return this.all.find((route) => route.method === requested && route.pattern.test(path))
  }
}

export const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => url.split(/[?#]/, 1)[0]!
