import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as Resource from "@effect-openai/core/Resource"
import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/** The path of an operation on the server. */
export interface Route {
  readonly resource: string
  readonly operation: string
  readonly method: string
  /** Whether the request can be sent again after a failure without doing something twice. */
  readonly replayable: boolean
  readonly isJson: boolean
  /** Whether an absent body means an empty object. */
  readonly takesNothing: boolean
  /** The segments of the path. Those in braces are parameters. */
  readonly segments: ReadonlyArray<string>
  readonly parameters: ReadonlyArray<string>
  /** The Schema of a body of JSON. */
  readonly schema: Schema.Schema.All | undefined
  readonly endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
}

const toRoute = (
  resource: string,
  { body, method, name, path, replayable }: Endpoint.Any,
  endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
): Route => {
  const segments = `/v1${path}`.split("/")
  let takesNothing: boolean | undefined
  return {
    resource,
    operation: name,
    method,
    replayable,
    isJson: body._tag === "Json",
    // With the first request: it compiles the Schema.
    get takesNothing() {
      return takesNothing ??= body._tag === "Json" && ParseResult.is(body.schema)({})
    },
    schema: body._tag === "Json" ? body.schema : undefined,
    segments,
    parameters: segments.flatMap((segment) => segment.startsWith("{") ? [segment.slice(1, -1)] : []),
    endpoint
  }
}

/** A route, and the parameters of a path that it takes. */
export interface Match {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

/** The routes below a segment of a path, by the next one. */
interface Node {
  readonly literals: Map<string, Node>
  parameter: Node | undefined
  route: Route | undefined
}

const emptyNode = (): Node => ({ literals: new Map(), parameter: undefined, route: undefined })

/** The segments of a path, decoded. Undefined where the percent-encoding is not valid. */
const segmentsOf = (path: string): ReadonlyArray<string> | undefined => {
  const segments = path.split("/")
  try {
    return path.includes("%") ? segments.map(decodeURIComponent) : segments
  } catch {
    return undefined
  }
}

/** A literal segment comes before a parameter: `/threads/runs` is not a thread. */
const findIn = (
  { literals, parameter, route }: Node,
  segments: ReadonlyArray<string>,
  index: number,
  values: Array<string>
): Route | undefined => {
  if (index === segments.length) return route
  const segment = segments[index]!
  const literal = literals.get(segment)
  const found = literal && findIn(literal, segments, index + 1, values)
  if (found !== undefined || parameter === undefined || segment === "") return found
  values.push(segment)
  const other = findIn(parameter, segments, index + 1, values)
  if (other === undefined) values.pop()
  return other
}

/** The routes of an API. */
export class Routes {
  private readonly all: ReadonlyArray<Route>
  /** By method. */
  private readonly roots = new Map<string, Node>()

  constructor(resources: Iterable<Resource.Any>, { groups }: HttpApi.HttpApi.AnyWithProps) {
    this.all = Array.from(
      resources,
      ({ name, operations }) =>
        Object.values(operations).map((endpoint) => toRoute(name, endpoint, groups[name]!.endpoints[endpoint.name]!))
    ).flat()
    for (const route of this.all) this.add(route)
  }

  private add(route: Route): void {
    let node = this.roots.get(route.method)
    if (node === undefined) this.roots.set(route.method, node = emptyNode())
    for (const segment of route.segments) {
      if (segment.startsWith("{")) {
        node = node.parameter ??= emptyNode()
        continue
      }
      let next = node.literals.get(segment)
      if (next === undefined) node.literals.set(segment, next = emptyNode())
      node = next
    }
    node.route = route
  }

  /** The route of a request, and the parameters of its path. */
  match(method: string, path: string): Match | undefined {
    const root = this.roots.get(method === "HEAD" ? "GET" : method)
    if (root === undefined) return undefined
    const segments = segmentsOf(path)
    if (segments === undefined) return undefined
    const values: Array<string> = []
    const route = findIn(root, segments, 0, values)
    return route && {
      route,
      parameters: Object.fromEntries(route.parameters.map((name, index) => [name, values[index]!]))
    }
  }

  /** The methods of the routes that take a path. */
  methodsAt(path: string): ReadonlyArray<string> {
    return Array.from(this.roots.keys()).filter((method) => this.match(method, path) !== undefined)
  }
}

/** The path of a request. Clients of proxies send the origin too. */
export const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => {
  const end = url.search(/[?#]/)
  return (end === -1 ? url : url.slice(0, end)).replace(/^https?:\/\/[^/]*/i, "")
}
