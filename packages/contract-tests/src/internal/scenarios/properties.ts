import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import { checkResponse } from "../checkResponse.js"
import { parseJson } from "../json.js"
import * as samples from "../samples/index.js"

type Fields = Readonly<Record<string, unknown>>

/** A value as JSON encodes it. */
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/** The Schema of a body, without the fields that select streaming. */
const bodySchema = ({ body, events }: Endpoint.Any): Schema.Schema<Fields> | undefined => {
  if (body._tag !== "Json") return undefined
  const { ast } = body.schema as Schema.Schema<Fields>
  return Schema.make(events === undefined ? ast : AST.omit(ast, ["stream", "stream_options"]))
}

/** Replaces the fields, at any depth, that a generated request can't choose. */
const withReferences = (value: unknown, references: Fields): unknown => {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, references))
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      name in references ? references[name] : withReferences(field, references)
    ])
  )
}

const bodies = (
  endpoint: Endpoint.Any,
  schema: Schema.Schema<Fields>,
  references: Fields
): FastCheck.Arbitrary<Fields> => {
  const { adapt = identity } = samples.of(endpoint)
  return Arbitrary.make(schema).map((body) => adapt(json(withReferences(body, references)) as Fields))
}

/** The parameters of a query's field: an array is `name[]`, an object `name[key]`. */
const parametersOf = (name: string, value: unknown): Array<[name: string, value: string]> => {
  if (value === undefined) return []
  if (Array.isArray(value)) return value.map((item) => [`${name}[]`, String(item)])
  return Predicate.isRecord(value)
    ? Object.entries(value).flatMap(([key, item]) => parametersOf(`${name}[${key}]`, item))
    : [[name, String(value)]]
}

/** Generated requests of an operation whose objects exist. */
const requests = (
  endpoint: Endpoint.Any,
  ids: samples.Ids,
  references: Fields
): FastCheck.Arbitrary<Wire.Request> => {
  const request = { method: endpoint.method, path: samples.pathOf(endpoint, ids) }
  const schema = bodySchema(endpoint)
  if (schema !== undefined) return bodies(endpoint, schema, references).map((body) => ({ ...request, json: body }))
  const { after: _, before: _1, ...fields } = endpoint.query.fields as Schema.Struct.Fields
  return Arbitrary.make(Schema.Struct(fields) as unknown as Schema.Schema<Fields>).map((query) => {
    const search = new URLSearchParams(
      Object.entries({ ...query, ...references }).flatMap(([name, value]) => parametersOf(name, value))
    )
    return { ...request, path: `${request.path}${search.size === 0 ? "" : `?${search}`}` }
  })
}

/** Values that few fields take. */
const misfits = FastCheck.oneof(
  FastCheck.constantFrom<unknown>(null, true, -1, 0.5, 1e9, "", "nothing", [], {}, [null], [{}], { "": null }),
  FastCheck.string({ minLength: 300, maxLength: 600 }),
  FastCheck.jsonValue({ maxDepth: 2 })
)

interface Broken {
  readonly field: string
  readonly request: Wire.Request
}

/** Generated requests with one invalid field. */
const broken = (
  endpoint: Endpoint.Any,
  schema: Schema.Schema<Fields>,
  ids: samples.Ids,
  references: Fields
): FastCheck.Arbitrary<Broken> => {
  const isValid = Schema.is(schema, { exact: true, onExcessProperty: "error" })
  const names = AST.getPropertySignatures(schema.ast).map(({ name }) => String(name))
  return FastCheck.tuple(bodies(endpoint, schema, references), FastCheck.constantFrom("colour", ...names), misfits)
    .map(([body, field, value]) => ({ field, body: { ...body, [field]: value } }))
    .filter(({ body }) => !isValid(body))
    .map(({ body, field }) => ({
      field,
      request: { method: endpoint.method, path: samples.pathOf(endpoint, ids), json: body }
    }))
}

// -----------------------------------------------------------------------------
// cases
// -----------------------------------------------------------------------------

const show = ({ json, method, path }: Wire.Request): string =>
  `${method} ${path}${json === undefined ? "" : ` ${JSON.stringify(json)}`}`

/** The time limit for generating and shrinking requests, in milliseconds. */
const limit = 40_000

/** Fails with the smallest case that an effect fails for. The same seed finds the same case. */
const forAll = <A, R>(
  arbitrary: FastCheck.Arbitrary<A>,
  requestOf: (a: A) => Wire.Request,
  test: (a: A) => Effect.Effect<void, Scenario.Failure, R>
) =>
  Effect.gen(function*() {
    const { cases, seed } = yield* Scenario.CurrentSettings
    const runtime = yield* Effect.runtime<R>()
    const details = yield* Effect.promise((signal) =>
      FastCheck.check(
        FastCheck.asyncProperty(arbitrary, async (a) => {
          if (signal.aborted) return
          const result = await Runtime.runPromise(runtime)(Effect.either(test(a)), { signal })
          if (Either.isLeft(result)) throw result.left
        }),
        { seed, numRuns: cases, interruptAfterTimeLimit: limit, markInterruptAsFailure: true }
      )
    )
    if (!details.failed) return
    if (details.counterexample === null) {
      return yield* new Scenario.ScenarioFailure({
        expectation: `${cases} requests return responses within ${limit / 1000} seconds`,
        message: `${details.numRuns} did`
      })
    }
    const [least] = details.counterexample
    // Repeats the smallest case, so that it is the last exchange of the report.
    const error = yield* Effect.flip(test(least)).pipe(
      Effect.orElseSucceed(() => details.errorInstance as Scenario.Failure)
    )
    return yield* new Scenario.ScenarioFailure({
      ...error instanceof Scenario.ScenarioFailure
        ? { expectation: error.expectation, field: error.field }
        : { expectation: "the target responds" },
      message:
        `${error.message}\nSeed ${details.seed}, case ${details.numRuns}, shrunk ${details.numShrinks} times:\n` +
        show(requestOf(least))
    })
  })

/** Checks that a response repeats fields of its request. null is a default. */
const checkRepeats = (endpoint: Endpoint.Any, request: Wire.Request, response: unknown) => {
  const { repeats = [] } = samples.of(endpoint)
  const { json } = request
  if (!Predicate.isRecord(response) || !Predicate.isRecord(json)) return Effect.void
  const names = repeats.filter((name) => name in json && json[name] !== null)
  return Scenario.includes(
    "the response repeats the request's fields",
    response,
    Object.fromEntries(names.map((name) => [name, json[name]]))
  )
}

/** Documented statuses of refusals that do not depend on the form of a request. */
const documented = new Set([400, 403, 404, 409, 422, 429])

/** IDs for a path, and references for generated requests. */
const objectsOf = (endpoint: Endpoint.Any) =>
  Effect.gen(function*() {
    const ids = yield* samples.objects(endpoint)
    const references = yield* samples.of(endpoint).references?.(ids) ?? Effect.succeed({})
    return { ids, references }
  })

const valid = (endpoint: Endpoint.Any): Scenario.Scenario =>
  Scenario.make({
    id: `properties/${endpoint.name}/valid`,
    title: `${endpoint.name} takes every valid request, and its response is as documented`,
    group: "properties",
    operations: [endpoint.name],
    requires: requiresOf(endpoint),
    run: Effect.gen(function*() {
      const { ids, references } = yield* objectsOf(endpoint)
      const { cleanUp, ownObjects } = samples.of(endpoint)
      let taken = 0
      let asked = 0
      yield* forAll(requests(endpoint, ids, references), (request) =>
        request, (request) =>
        Effect.scoped(Effect.gen(function*() {
          const own = ownObjects === true
            ? { ...request, path: samples.pathOf(endpoint, yield* samples.objects(endpoint)) }
            : request
          const { headers, status, text } = yield* Wire.send(own)
          asked++
          if (status === 200) {
            taken++
          }
          const came = `${status} ${text.slice(0, 600)}`
          yield* Scenario.that(
            "a valid request succeeds or is refused with a documented status",
            status === 200 || documented.has(status),
            came
          )
          const bytes = new TextEncoder().encode(text)
          const [finding] = checkResponse(endpoint.name, endpoint, { status, headers, bytes, complete: true })
          if (finding !== undefined) {
            return yield* new Scenario.ScenarioFailure({
              expectation: `the response is as documented: ${finding.field} ${finding.what}`,
              message: `It is ${came}`,
              field: finding.field
            })
          }
          if (status !== 200) {
            return
          }
          // A response can also be bytes, or text.
          const response = Either.getOrUndefined(parseJson(text))
          yield* Effect.ensuring(
            checkRepeats(endpoint, request, response),
            cleanUp === undefined ? Effect.void : Effect.ignore(cleanUp(response))
          )
        })))
      yield* Scenario.that(
        "most valid requests succeed",
        taken * 2 >= asked,
        `${taken} of ${asked}`
      )
    })
  })

const refusing = (endpoint: Endpoint.Any, schema: Schema.Schema<Fields>): Scenario.Scenario =>
  Scenario.make({
    id: `properties/${endpoint.name}/broken`,
    title: `${endpoint.name} refuses every request with one invalid field, and names the field`,
    group: "properties",
    operations: [endpoint.name],
    requires: [...requiresOf(endpoint), "validation"],
    run: Effect.gen(function*() {
      const { ids, references } = yield* objectsOf(endpoint)
      yield* forAll(broken(endpoint, schema, ids, references), ({ request }) =>
        request, ({ field, request }) =>
        Effect.gen(function*() {
          const error = yield* Wire.refused(400, request)
          yield* Scenario.that(
            `the refusal names the field ${field}`,
            `${error.param} ${error.message}`.includes(field),
            error
          )
        }))
    })
  })

const requiresOf = (endpoint: Endpoint.Any): ReadonlyArray<Scenario.Capability> => [
  ...samples.requires(endpoint),
  ...samples.of(endpoint).requires ?? []
]

const isGenerated = (endpoint: Endpoint.Any): boolean =>
  samples.of(endpoint).generated !== false && (endpoint.body._tag === "Json" || endpoint.pagination !== undefined)

export const properties: ReadonlyArray<Scenario.Scenario> = Contract.endpoints.flatMap((endpoint) => {
  const schema = bodySchema(endpoint)
  return [
    ...isGenerated(endpoint) ? [valid(endpoint)] : [],
    ...schema === undefined ? [] : [refusing(endpoint, schema)]
  ]
})
