/**
 * Coverage: the operations, statuses, fields, values and events that scenarios and fixtures reach.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Exchange } from "./Exchange.js"
import * as Fixture from "./Fixture.js"
import * as FieldPaths from "./internal/fieldPaths.js"
import { parseJson } from "./internal/json.js"
import * as sse from "./internal/sse.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The areas of coverage. `statuses`: of each operation. `request fields` and `request values`: of requests that
 * succeeded. `response fields` and `response values`: null does not count. `events`: names of events, and fields of
 * deltas. A value is one of the values of an enum, or the type of a value in a union of types.
 *
 * @since 0.1.0
 * @category models
 */
export const Area = Schema.Literal(
  "operations",
  "statuses",
  "request fields",
  "request values",
  "response fields",
  "response values",
  "events"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Area = typeof Area.Type

/**
 * The coverage of an area.
 *
 * @since 0.1.0
 * @category models
 */
export const Part = Schema.Struct({
  area: Area,
  reached: Schema.Array(Schema.NonEmptyString).annotations({
    description: "The names of what was reached, sorted, for example `createRun tools[]<function>.function.name`."
  }),
  missed: Schema.Array(Schema.NonEmptyString).annotations({ description: "The names of the rest, sorted." })
}).annotations({ identifier: "CoveragePart", description: "The coverage of an area." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Part extends Schema.Schema.Type<typeof Part> {}

/**
 * The coverage of the contract, by area.
 *
 * @since 0.1.0
 * @category models
 */
export const Coverage = Schema.Array(Part).annotations({
  identifier: "Coverage",
  description: "The coverage of the contract."
})

/**
 * @since 0.1.0
 * @category models
 */
export type Coverage = typeof Coverage.Type

/**
 * Something that was reached.
 *
 * @since 0.1.0
 * @category models
 */
export interface Item {
  readonly area: Area
  readonly name: string
}

// -----------------------------------------------------------------------------
// what there is
// -----------------------------------------------------------------------------

const items = (operation: string, kind: "response" | "request", paths: ReadonlyArray<FieldPaths.FieldPath>) =>
  paths.flatMap(({ choices, path }): ReadonlyArray<Item> => [
    { area: `${kind} fields`, name: `${operation} ${path}` },
    ...choices.map((choice): Item => ({ area: `${kind} values`, name: `${operation} ${path} = ${choice}` }))
  ])

const statusesOf = ({ body, family, parameters, query }: Endpoint.Any): ReadonlyArray<number> => [
  200,
  ...body._tag !== "None" || family === "assistants" || Object.keys(query.fields).length > 0 ? [400] : [],
  401,
  ...Object.keys(parameters.fields).length > 0 ? [404] : [],
  429
]

/** The names of named events and the fields of their deltas, or the fields of unnamed events. */
const eventOf = ({ events }: Endpoint.Any, path: string): string | undefined => {
  if (events?.named !== true) return path
  const [, name, field] = /^<([^>]+)>\.(.+)$/.exec(path) ?? []
  if (field === "event") return name
  return name?.endsWith(".delta") === true ? `${name} ${field}` : undefined
}

const allOf = (endpoint: Endpoint.Any): ReadonlyArray<Item> => {
  const { body, events, name, query } = endpoint
  const inEvents = events === undefined ? [] : [
    ...FieldPaths.of(events.schema).map(({ path }) => eventOf(endpoint, path)).filter(Predicate.isNotUndefined),
    "[DONE]",
    "error"
  ]
  return [
    { area: "operations", name },
    ...statusesOf(endpoint).map((status): Item => ({ area: "statuses", name: `${name} ${status}` })),
    ...items(name, "request", FieldPaths.of(query)),
    ...body._tag === "None" ? [] : items(name, "request", FieldPaths.of(body.schema)),
    ...items(name, "response", FieldPaths.ofResponse(endpoint)),
    ...inEvents.map((event): Item => ({ area: "events", name: `${name} ${event}` }))
  ]
}

/** Everything that can be reached. */
const everything: ReadonlyArray<Item> = Contract.endpoints.flatMap(allOf)

// -----------------------------------------------------------------------------
// what was reached
// -----------------------------------------------------------------------------

interface Seen {
  readonly endpoint: Endpoint.Any
  readonly status: number
  readonly query: object
  /** The body, as JSON. */
  readonly request: unknown
  /** The response, as JSON. */
  readonly response: unknown
  readonly events: ReadonlyArray<{ readonly event?: string | undefined; readonly data: unknown }>
}

const found = (
  operation: string,
  kind: "response" | "request",
  all: ReadonlyArray<FieldPaths.Found>
): ReadonlyArray<Item> =>
  all.flatMap(({ choice, path, value }): ReadonlyArray<Item> =>
    value === null || value === undefined ? [] : [
      { area: `${kind} fields`, name: `${operation} ${path}` },
      ...choice === undefined ? [] : [{ area: `${kind} values` as const, name: `${operation} ${path} = ${choice}` }]
    ]
  )

const reachedIn = ({ response, endpoint, events, query, request, status }: Seen): ReadonlyArray<Item> => {
  const { body, name } = endpoint
  const reached: ReadonlyArray<Item> = [{ area: "operations", name }, { area: "statuses", name: `${name} ${status}` }]
  if (status !== 200) return reached
  const inEvent = ({ data, event }: Seen["events"][number]): ReadonlyArray<string> => {
    if (data === "[DONE]") return ["[DONE]"]
    if (sse.isError(event, data)) return ["error"]
    const value = endpoint.events?.named === true ? { event, data } : data
    return FieldPaths.find(endpoint.events!.schema, value)
      .filter(({ value }) => value !== null)
      .map(({ path }) => eventOf(endpoint, path))
      .filter(Predicate.isNotUndefined)
  }
  return [
    ...reached,
    ...found(name, "request", FieldPaths.find(endpoint.query, query)),
    ...body._tag === "None" ? [] : found(name, "request", FieldPaths.find(body.schema, request)),
    ...found(name, "response", FieldPaths.inResponse(endpoint, response)),
    ...endpoint.events === undefined
      ? []
      : events.flatMap(inEvent).map((event): Item => ({ area: "events", name: `${name} ${event}` }))
  ]
}

const parsed = (text = ""): unknown => Either.getOrUndefined(parseJson(text))

/**
 * Returns what an exchange reached.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofExchange = ({ response, operation, request }: Exchange): ReadonlyArray<Item> => {
  const endpoint = FieldPaths.endpointOf(operation ?? "")
  if (endpoint === undefined || response === null) return []
  const text = response.body?.text ?? ""
  const streamed = response.headers["content-type"]?.startsWith("text/event-stream") === true
  return reachedIn({
    endpoint,
    status: response.status,
    query: Object.fromEntries(new URLSearchParams(request.path.split("?")[1])),
    request: parsed(request.body?.text ?? ""),
    response: streamed ? undefined : parsed(text),
    events: streamed
      ? sse.parse(text).map(({ data, event }) => ({ event, data: data === "[DONE]" ? data : parsed(data) }))
      : []
  })
}

/**
 * Returns what a fixture reaches when it is replayed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofFixture = (fixture: Fixture.Fixture): ReadonlyArray<Item> => {
  const endpoint = FieldPaths.endpointOf(fixture.operationId)
  if (endpoint === undefined) return []
  const request = Fixture.request(fixture)
  const { body, status } = Fixture.answer(fixture)
  return reachedIn({
    endpoint,
    status,
    query: Object.fromEntries(request.query),
    request: request.body === null
      ? undefined
      : "json" in request.body
      ? request.body.json
      : Object.fromEntries(
        request.body.multipart.map((part) => [part.name, "value" in part ? part.value : part.fileName])
      ),
    response: "json" in body ? body.json : undefined,
    events: "events" in body ? [...body.events, ...body.done ? [{ data: "[DONE]" }] : []] : []
  })
}

/**
 * Makes the coverage of everything that was reached.
 *
 * @example
 * import { Coverage, Fixture } from "@effect-openai/contract-tests"
 * import { Effect } from "effect"
 *
 * const program = Effect.map(Fixture.all, (fixtures) => Coverage.text(Coverage.make(fixtures.flatMap(Coverage.ofFixture))))
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (reached: Iterable<Item>): Coverage => {
  const names = new Set(Array.from(reached, ({ area, name }) => `${area} ${name}`))
  return Area.literals.map((area) => {
    const all = [...new Set(everything.filter((item) => item.area === area).map(({ name }) => name))].sort()
    const [missed, reached] = Arr.partition(all, (name) => names.has(`${area} ${name}`))
    return { area, reached, missed }
  })
}

// -----------------------------------------------------------------------------
// comparing and printing
// -----------------------------------------------------------------------------

/**
 * Returns what `before` reached and `after` does not. An operation that the contract adds is not lost.
 *
 * @since 0.1.0
 * @category combinators
 */
export const lost = (before: Coverage, after: Coverage): ReadonlyArray<Item> =>
  before.flatMap(({ area, reached }) => {
    const still = new Set(after.find((part) => part.area === area)?.reached)
    return reached.filter((name) => !still.has(name)).map((name) => ({ area, name }))
  })

/**
 * A coverage as text, one line for each area. Default of `missed`: false. With it, everything that was not reached is
 * listed.
 *
 * @since 0.1.0
 * @category renderers
 */
export const text = (coverage: Coverage, options: { readonly missed?: boolean | undefined } = {}): string => {
  const lines = coverage.map(({ area, missed, reached }) => {
    const all = reached.length + missed.length
    const share = all === 0 ? 100 : Math.floor(100 * reached.length / all)
    return `${area.padEnd(16)}${String(reached.length).padStart(5)} of ${String(all).padStart(5)}  ${
      `${share}`.padStart(3)
    } %`
  })
  return [
    ...lines,
    ...options.missed === true
      ? coverage.filter(({ missed }) => missed.length > 0).flatMap(({ area, missed }) => [
        "",
        `Not reached of ${area}:`,
        ...missed.map((name) => `  ${name}`)
      ])
      : []
  ].join("\n")
}
