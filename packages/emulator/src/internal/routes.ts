import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as ParseResult from "effect/ParseResult"
import { api } from "./api.js"

/** An operation where it is served. */
export interface Route {
  readonly operation: string
  readonly method: string
  readonly isJson: boolean
  /** Whether nothing at all stands for an empty object. */
  readonly takesNothing: boolean
  readonly pattern: RegExp
  readonly endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
}

const parametersIn = (path: string): number => path.split("{").length

const routes: ReadonlyArray<Route> = Contract.resourceNames.flatMap((resource) =>
  Contract.endpointsOf(resource).map((endpoint: Endpoint.Any) => ({ endpoint, resource }))
)
  // Those with fewer parameters first, as the router has it: `/threads/runs` is no thread.
  .sort((self, that) => parametersIn(self.endpoint.path) - parametersIn(that.endpoint.path))
  .map(({ endpoint: { body, method, name, path }, resource }) => ({
    operation: name,
    method,
    isJson: body._tag === "Json",
    takesNothing: body._tag === "Json" && ParseResult.is(body.schema)({}),
    pattern: new RegExp(`^/v1${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
    // The type of each endpoint says its own path and payload; here they are all alike.
    endpoint: api.groups[resource]!.endpoints[name] as unknown as HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
  }))

/** The routes that a path may mean, the one that the router takes first. */
export const routesAt = (path: string): ReadonlyArray<Route> => routes.filter(({ pattern }) => pattern.test(path))

/** The route that a request takes. */
export const routeOf = (method: string, path: string): Route | undefined => {
  const asked = method === "HEAD" ? "GET" : method
  return routes.find((route) => route.method === asked && route.pattern.test(path))
}

export const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => url.split(/[?#]/, 1)[0]!
