import { Assistants, Threads } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import { judge } from "../judge.js"
import * as given from "./given.js"
import * as world from "./world.js"

type Fields = Readonly<Record<string, unknown>>

/** As it is on the wire: without what JSON does not know. */
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

/** A body, without what decides on its answer's form. */
const bodySchema = ({ body, events }: Endpoint.Any): Schema.Schema<Fields> | undefined => {
  if (body._tag !== "Json") return undefined
  const { ast } = body.schema as Schema.Schema<Fields>
  return Schema.make(events === undefined ? ast : AST.omit(ast, ["stream", "stream_options"]))
}

/**
 * What a generated request may not decide: which objects it names, for they must be there; what a model costs; and sound,
 * which is no matter of the contract's.
 */
const settle = (value: unknown, known: Fields): unknown => {
  if (Array.isArray(value)) return value.map((item) => settle(item, known))
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      if (name === "file_ids") return []
      return [[name, name in known ? known[name] : settle(field, known)]]
    })
  )
}

/** A conversation without the outputs of tools that nobody called: no Schema says which were. */
const told = (messages: unknown): unknown => {
  if (!Array.isArray(messages)) return messages
  const kept = messages.filter((message) => !Predicate.isRecord(message) || message["role"] !== "tool")
  return kept.length > 0 ? kept : [{ role: "user", content: "Say hello." }]
}

const bodies = (schema: Schema.Schema<Fields>, known: Fields): FastCheck.Arbitrary<Fields> =>
  Arbitrary.make(schema).map((body) => {
    const { audio: _, messages, modalities: _1, n, ...rest } = json(settle(body, known)) as Record<string, unknown>
    return {
      ...rest,
      ...(messages === undefined ? {} : { messages: told(messages) }),
      ...(typeof n === "number" ? { n: Math.min(n, 2) } : {})
    }
  })

/** Generated requests of an operation whose objects are there. */
const requests = (
  endpoint: Endpoint.Any,
  values: Readonly<Record<string, string>>,
  known: Fields
): FastCheck.Arbitrary<Wire.Request> => {
  const request = { method: endpoint.method, path: world.pathOf(endpoint, values) }
  const schema = bodySchema(endpoint)
  if (schema !== undefined) return bodies(schema, known).map((body) => ({ ...request, json: body }))
  const { after: _, before: _1, run_id: _2, ...fields } = endpoint.query.fields as Schema.Struct.Fields
  return Arbitrary.make(Schema.Struct(fields) as unknown as Schema.Schema<Fields>).map((query) => {
    const pairs = Object.entries(query).flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]])
    const search = new URLSearchParams(pairs)
    return { ...request, path: `${request.path}${search.size === 0 ? "" : `?${search}`}` }
  })
}

/** Values that fit hardly any field. */
const misfits = FastCheck.oneof(
  FastCheck.constantFrom<unknown>(null, true, -1, 0.5, 1e9, "", "nothing", [], {}, [null], [{}], { "": null }),
  FastCheck.string({ minLength: 300, maxLength: 600 }),
  FastCheck.jsonValue({ maxDepth: 2 })
)

interface Broken {
  readonly field: string
  readonly request: Wire.Request
}

/** Generated requests of which one field is not as documented. */
const broken = (
  endpoint: Endpoint.Any,
  schema: Schema.Schema<Fields>,
  values: Readonly<Record<string, string>>,
  known: Fields
): FastCheck.Arbitrary<Broken> => {
  const isValid = Schema.is(schema, { exact: true, onExcessProperty: "error" })
  const names = AST.getPropertySignatures(schema.ast).map(({ name }) => String(name))
  return FastCheck.tuple(bodies(schema, known), FastCheck.constantFrom("colour", ...names), misfits)
    .map(([body, field, value]) => ({ field, body: { ...body, [field]: value } }))
    .filter(({ body }) => !isValid(body))
    .map(({ body, field }) => ({
      field,
      request: { method: endpoint.method, path: world.pathOf(endpoint, values), json: body }
    }))
}

// -----------------------------------------------------------------------------
// cases
// -----------------------------------------------------------------------------

const show = ({ json, method, path }: Wire.Request): string =>
  `${method} ${path}${json === undefined ? "" : ` ${JSON.stringify(json)}`}`

/** How long requests are generated and failing ones made smaller, in milliseconds. */
const limit = 40_000

/** Fails with the least case for which an effect fails. The same seed finds it again. */
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
        expectation: `${cases} requests are answered within ${limit / 1000} seconds`,
        message: `${details.numRuns} were`
      })
    }
    const [least] = details.counterexample
    // Once more: so that the least case is the last exchange, and what a report shows.
    const error = yield* Effect.flip(test(least)).pipe(
      Effect.orElseSucceed(() => details.errorInstance as Scenario.Failure)
    )
    return yield* new Scenario.ScenarioFailure({
      expectation: error instanceof Scenario.ScenarioFailure ? error.expectation : "the target answers",
      message:
        `${error.message}\nSeed ${details.seed}, case ${details.numRuns}, made smaller ${details.numShrinks} times:\n` +
        show(requestOf(least))
    })
  })

/** Fields that an answer must repeat, where the request has them and they are not null. */
const echoed = ["name", "description", "instructions", "tools", "metadata", "temperature", "top_p", "role"] as const

const echoes = new Set([
  "createAssistant",
  "modifyAssistant",
  "createThread",
  "modifyThread",
  "createMessage",
  "modifyMessage",
  "createRun",
  "modifyRun"
])

const repeats = (endpoint: Endpoint.Any, request: Wire.Request, answer: unknown) => {
  if (!echoes.has(endpoint.name) || !Predicate.isRecord(answer) || !Predicate.isRecord(request.json)) return Effect.void
  const given = request.json
  const names = echoed.filter((name) => name in given && given[name] !== null)
  return Scenario.includes(
    "the answer has what was given",
    answer,
    Object.fromEntries(names.map((name) => [name, given[name]]))
  )
}

/** Statuses of refusals that are no matter of a request's form: what is missing, forbidden, excluded by a state. */
const documented = new Set([400, 403, 404, 409, 422, 429])

/** Makes what an operation of a case needs anew, where a case would be in the way of the next. */
const objectsFor = (endpoint: Endpoint.Any) =>
  Effect.gen(function*() {
    const values = yield* world.objects(endpoint)
    return endpoint.name === "createAssistantFile" ? { ...values, file_id: (yield* given.file()).id } : values
  })

const locks = new Set(["createRun", "createThreadAndRun"])

const textAt = (name: string) => (answer: unknown): string | undefined =>
  Predicate.hasProperty(answer, name) && typeof answer[name] === "string" ? answer[name] : undefined

const idOf = textAt("id")

const threadOf = textAt("thread_id")

/** Deletes what a case created. */
const cleanUp = (endpoint: Endpoint.Any, answer: unknown) => {
  const thread_id = endpoint.name === "createThreadAndRun"
    ? threadOf(answer)
    : endpoint.name === "createThread"
    ? idOf(answer)
    : undefined
  if (thread_id !== undefined) return Effect.ignore(Threads.delete({ thread_id }))
  const assistant_id = endpoint.name === "createAssistant" ? idOf(answer) : undefined
  return assistant_id === undefined ? Effect.void : Effect.ignore(Assistants.delete({ assistant_id }))
}

const knownFor = (endpoint: Endpoint.Any, values: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const { models } = yield* Scenario.CurrentSettings
    const model = endpoint.name === "createEmbedding" ? models.embedding : models.chat
    const needsAssistant = endpoint.name === "createRun" || endpoint.name === "createThreadAndRun"
    const assistant_id = needsAssistant ? (yield* given.assistant()).id : undefined
    const file_id = endpoint.name === "createAssistantFile" ? values["file_id"] : undefined
    return {
      model,
      ...(assistant_id === undefined ? {} : { assistant_id }),
      ...(file_id === undefined ? {} : { file_id })
    }
  })

const valid = (endpoint: Endpoint.Any): Scenario.Scenario =>
  Scenario.make({
    id: `properties/${endpoint.name}/valid`,
    title: `${endpoint.name} takes any request that the contract allows, and its answer fits`,
    group: "properties",
    operations: [endpoint.name],
    requires: requiresOf(endpoint),
    run: Effect.gen(function*() {
      const values = yield* objectsFor(endpoint)
      const known = yield* knownFor(endpoint, values)
      let taken = 0
      let asked = 0
      yield* forAll(requests(endpoint, values, known), (request) =>
        request, (request) =>
        Effect.scoped(Effect.gen(function*() {
          // A run locks its thread: each case has one of its own.
          const own = locks.has(endpoint.name) && endpoint.path.includes("{thread_id}")
            ? { ...request, path: world.pathOf(endpoint, { thread_id: (yield* given.thread()).id }) }
            : request
          const { headers, status, text } = yield* Wire.send(own)
          asked++
          if (status === 200) {
            taken++
          }
          const came = `${status} ${text.slice(0, 600)}`
          yield* Scenario.that(
            "a request that the contract allows is taken, or refused with a documented status",
            status === 200 || documented.has(status),
            came
          )
          const bytes = new TextEncoder().encode(text)
          const [finding] = judge(endpoint.name, endpoint, { status, headers, bytes, complete: true })
          yield* Scenario.that(
            `the answer is as documented${finding === undefined ? "" : `: ${finding.field} ${finding.what}`}`,
            finding === undefined,
            came
          )
          if (status !== 200) {
            return
          }
          const answer: unknown = JSON.parse(text)
          yield* Effect.ensuring(repeats(endpoint, request, answer), cleanUp(endpoint, answer))
        })))
      yield* Scenario.that(
        "most requests that the contract allows are taken",
        taken * 2 >= asked,
        `${taken} of ${asked}`
      )
    })
  })

const refusing = (endpoint: Endpoint.Any, schema: Schema.Schema<Fields>): Scenario.Scenario =>
  Scenario.make({
    id: `properties/${endpoint.name}/broken`,
    title: `${endpoint.name} refuses any request of which one field is not as documented, and names the field`,
    group: "properties",
    operations: [endpoint.name],
    requires: [...requiresOf(endpoint), "validation"],
    run: Effect.gen(function*() {
      const values = yield* objectsFor(endpoint)
      const known = yield* knownFor(endpoint, values)
      yield* forAll(broken(endpoint, schema, values, known), ({ request }) =>
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
  ...world.requires(endpoint),
  ...endpoint.name === "createAssistantFile" ? ["files" as const] : [],
  ...locks.has(endpoint.name) ? ["runs" as const] : []
]

/** Outputs belong to calls that a model made: nobody can generate them. */
const generated = ({ body, name, pagination }: Endpoint.Any): boolean =>
  name !== "submitToolOuputsToRun" && (body._tag === "Json" || pagination !== undefined)

export const properties: ReadonlyArray<Scenario.Scenario> = Contract.endpoints.flatMap((endpoint) => {
  const schema = bodySchema(endpoint)
  return [
    ...generated(endpoint) ? [valid(endpoint)] : [],
    ...schema === undefined ? [] : [refusing(endpoint, schema)]
  ]
})
