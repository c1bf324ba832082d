/**
 * Drift: the differences between two versions of the contract, as OpenAPI documents, or between a recording and the
 * contract.
 *
 * @since 0.1.0
 */
import * as Api from "@effect-openai/core/Api"
import * as Schema from "effect/Schema"
import * as Deviation from "./Deviation.js"
import * as Fixture from "./Fixture.js"
import * as FieldPaths from "./internal/fieldPaths.js"
import * as internal from "./internal/openapi.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * One difference.
 *
 * @since 0.1.0
 * @category models
 */
export const Change = Schema.Struct({
  operation: Schema.NonEmptyString.annotations({
    description: "The `operationId`, or method and path if the document has none."
  }),
  part: Schema.Literal("operation", "parameter", "request", "response"),
  field: Schema.String.annotations({
    description: "The field or parameter, for example `data[].status`. Empty for the part itself."
  }),
  what: Schema.NonEmptyString.annotations({ description: "What changed, as the end of a sentence." }),
  breaksClient: Schema.Boolean.annotations({
    description: "Whether a client of the first version may fail with a server of the second version."
  }),
  breaksServer: Schema.Boolean.annotations({
    description: "Whether a server of the first version violates the second version."
  })
}).annotations({ identifier: "Change", description: "One difference." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/**
 * The fields of an OpenAPI document that are compared. Other fields are ignored.
 *
 * @since 0.1.0
 * @category models
 */
export const Document = Schema.Struct({
  openapi: Schema.String.pipe(Schema.pattern(/^3\./)).annotations({ description: "The version of OpenAPI, 3.x." }),
  paths: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  components: Schema.optional(Schema.Unknown)
}).annotations({ identifier: "Document", description: "The fields of an OpenAPI document that are compared." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Document extends Schema.Schema.Type<typeof Document> {}

/**
 * The contract of this version as an OpenAPI document.
 *
 * @since 0.1.0
 * @category models
 */
export const current = (): Document => Schema.decodeUnknownSync(Document)(Api.openApi())

// -----------------------------------------------------------------------------
// documents
// -----------------------------------------------------------------------------

/** Whether the second version allows fewer or more values. */
type Way = "narrower" | "wider"

/** A narrower request breaks clients and a wider request breaks servers. For responses it is the reverse. */
const breaks = (part: Change["part"], ways: ReadonlyArray<Way>) => {
  const sent = part === "response" ? "wider" : "narrower"
  return { breaksClient: ways.includes(sent), breaksServer: ways.some((way) => way !== sent) }
}

const quoted = (values: Iterable<string>): string => [...values].join(", ")

const without = (one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlyArray<string> =>
  [...one].filter((value) => !other.has(value))

const bound = (limit: string): Way => /^(?:min|exclusiveMin)/.test(limit) ? "narrower" : "wider"

/** Whether a changed limit is narrower or wider. A higher minimum is narrower, a higher maximum is wider. */
const wayOf = (limit: string, before: unknown, after: unknown): ReadonlyArray<Way> => {
  if (before === undefined) return ["narrower"]
  if (after === undefined) return ["wider"]
  if (typeof before !== "number" || typeof after !== "number") return ["narrower", "wider"]
  const grew = bound(limit)
  return [after > before ? grew : grew === "narrower" ? "wider" : "narrower"]
}

const inFact = (
  before: internal.Fact,
  after: internal.Fact
): ReadonlyArray<{ readonly what: string; readonly ways: ReadonlyArray<Way> }> => {
  const differences: Array<{ readonly what: string; readonly ways: ReadonlyArray<Way> }> = []
  if (before.required !== after.required) {
    differences.push(
      after.required
        ? { what: "is required now", ways: ["narrower"] }
        : { what: "is no longer required", ways: ["wider"] }
    )
  }
  for (
    const [name, from, to] of [["type", before.types, after.types], ["value", before.values, after.values]] as const
  ) {
    const gone = without(from, to)
    const come = without(to, from)
    // A field without an enum takes any value.
    const free = name === "value" && (from.size === 0) !== (to.size === 0)
    if (free) {
      differences.push(
        from.size === 0
          ? { what: `takes listed values alone now: ${quoted(to)}`, ways: ["narrower"] }
          : { what: "takes any value now", ways: ["wider"] }
      )
      continue
    }
    if (gone.length > 0) differences.push({ what: `no longer has the ${name} ${quoted(gone)}`, ways: ["narrower"] })
    if (come.length > 0) differences.push({ what: `has the ${name} ${quoted(come)} now`, ways: ["wider"] })
  }
  for (const limit of new Set([...Object.keys(before.limits), ...Object.keys(after.limits)])) {
    const [from, to] = [before.limits[limit], after.limits[limit]]
    if (from !== to) {
      differences.push({
        what: `has ${limit} ${to ?? "no longer"}${from === undefined ? " now" : ` instead of ${from}`}`,
        ways: wayOf(limit, from, to)
      })
    }
  }
  return differences
}

const inFacts = (
  operation: string,
  part: Change["part"],
  before: internal.Facts,
  after: internal.Facts
): ReadonlyArray<Change> => {
  const parents = (field: string, among: internal.Facts) =>
    [...among.keys()].some((other) =>
      other !== field && field.startsWith(other) && /^[.[<]/.test(field.slice(other.length))
    )
  const gone = new Map([...before].filter(([field]) => !after.has(field)))
  const come = new Map([...after].filter(([field]) => !before.has(field)))
  return [
    ...[...gone].filter(([field]) => !parents(field, gone)).map(([field, { required }]): Change => ({
      operation,
      part,
      field,
      what: "was removed",
      breaksClient: part !== "response" || required,
      breaksServer: false
    })),
    ...[...come].filter(([field]) => !parents(field, come)).map(([field, { required }]): Change => ({
      operation,
      part,
      field,
      what: required ? "was added, and is required" : "was added",
      breaksClient: part !== "response" && required,
      breaksServer: part !== "response" || required
    })),
    ...[...before].flatMap(([field, fact]) => {
      const other = after.get(field)
      return other === undefined ? [] : inFact(fact, other).map(({ ways, what }): Change => ({
        operation,
        part,
        field,
        what,
        ...breaks(part, ways)
      }))
    })
  ]
}

/**
 * The differences from one document to another, by operation. Descriptions, examples and names of components are not
 * compared.
 *
 * @example
 * import { Drift } from "@effect-openai/contract-tests"
 * import { Schema } from "effect"
 *
 * const changes = (text: string) =>
 *   Drift.compare(Schema.decodeUnknownSync(Schema.parseJson(Drift.Document))(text), Drift.current())
 *
 * @since 0.1.0
 * @category combinators
 */
export const compare = (from: Document, to: Document): ReadonlyArray<Change> => {
  const [before, after] = [internal.operations(from), internal.operations(to)]
  const whole = (operation: string, what: string, side: Partial<Change>): Change => ({
    operation,
    part: "operation",
    field: "",
    what,
    breaksClient: false,
    breaksServer: false,
    ...side
  })
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): ReadonlyArray<Change> => {
    const [one, other] = [before.get(name), after.get(name)]
    if (other === undefined) return [whole(name, "was removed", { breaksClient: true })]
    if (one === undefined) return [whole(name, "was added", { breaksServer: true })]
    return [
      ...one.route === other.route
        ? []
        : [whole(name, `is ${other.route} instead of ${one.route}`, { breaksClient: true, breaksServer: true })],
      ...inFacts(name, "parameter", one.parameters, other.parameters),
      ...inFacts(name, "request", one.request, other.request),
      ...inFacts(name, "response", one.response, other.response)
    ]
  })
}

// -----------------------------------------------------------------------------
// recordings
// -----------------------------------------------------------------------------

const ofDeviation = (operation: string, part: "response" | "request", taken: boolean) =>
(
  { field, what }: Deviation.Deviation
): Change => ({
  operation,
  part,
  field: field.replace(/\[\d+\]/g, "[]"),
  what,
  breaksClient: part === "response" && !taken && what !== "is not documented",
  breaksServer: part === "request"
})

const inFixture = (fixture: Fixture.Fixture): ReadonlyArray<Change> => {
  const endpoint = FieldPaths.endpointOf(fixture.operationId)
  if (endpoint === undefined) {
    const whole = { operation: fixture.operationId, part: "operation", field: "" } as const
    return [{ ...whole, what: "is not an operation of the contract", breaksClient: false, breaksServer: true }]
  }
  const { body: sent } = Fixture.request(fixture)
  const { body, status } = Fixture.answer(fixture)
  const { events, name, success } = endpoint
  const inRequest = endpoint.body._tag === "Json" && sent !== null && "json" in sent && status === 200
    ? Deviation.find(endpoint.body.schema, sent.json).map(ofDeviation(name, "request", true))
    : []
  if (status !== 200 || success._tag !== "Json") return inRequest
  if ("json" in body) {
    const taken = Schema.is(success.schema)(body.json)
    return [...inRequest, ...Deviation.inResponse(endpoint, body.json).map(ofDeviation(name, "response", taken))]
  }
  if (!("events" in body) || events === undefined) return inRequest
  const values = events.named ? body.events : body.events.map(({ data }) => data)
  const taken = values.every((value) => Schema.is(events.schema)(value))
  return [...inRequest, ...Deviation.inEvents(endpoint, values).map(ofDeviation(name, "response", taken))]
}

/**
 * The differences between recorded exchanges and the contract. Each is listed once.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inRecording = (fixtures: ReadonlyArray<Fixture.Fixture>): ReadonlyArray<Change> => [
  ...new Map(fixtures.flatMap(inFixture).map((change) => [JSON.stringify(change), change])).values()
]

// -----------------------------------------------------------------------------
// printing
// -----------------------------------------------------------------------------

const broken = ({ breaksClient, breaksServer }: Change): string =>
  [...breaksClient ? ["clients"] : [], ...breaksServer ? ["servers"] : []].join(" and ")

/**
 * Changes as text, one line each.
 *
 * @since 0.1.0
 * @category renderers
 */
export const text = (changes: ReadonlyArray<Change>): string => {
  const count = (breaks: (change: Change) => boolean) => changes.filter(breaks).length
  return [
    ...changes.map((change) => {
      const { field, operation, part, what } = change
      const place = part === "operation" ? operation : `${operation}, ${part}${field === "" ? "" : ` ${field}`}`
      return `${place} ${what}${broken(change) === "" ? "" : `  [breaks ${broken(change)}]`}`
    }),
    ...changes.length === 0 ? [] : [""],
    `${changes.length} ${changes.length === 1 ? "difference" : "differences"}, of which ` +
    `${count(({ breaksClient }) => breaksClient)} may break clients and ` +
    `${count(({ breaksServer }) => breaksServer)} servers`
  ].join("\n")
}
