/**
 * Deviation: a difference between a response and the documentation.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Tolerant from "@effect-openai/core/Tolerant"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { responseSchemas, shortest } from "./internal/responseSchemas.js"

/**
 * One field of a response that is not as documented.
 *
 * @since 0.1.0
 * @category models
 */
export const Deviation = Schema.Struct({
  field: Schema.String.annotations({
    description: "The field, for example `data[0].status`. Empty for the response itself."
  }),
  what: Schema.NonEmptyString.annotations({
    description: "`is missing`, `is not documented`, or the expected and the actual value."
  })
}).annotations({ identifier: "Deviation", description: "One field of a response that is not as documented." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Deviation extends Schema.Schema.Type<typeof Deviation> {}

/**
 * A deviation in a response of an operation, with an example.
 *
 * @since 0.1.0
 * @category models
 */
export const Finding = Schema.Struct({
  operation: Schema.NonEmptyString.annotations({
    description: "The operation, or method and path if the request is not in the contract."
  }),
  ...Deviation.fields,
  example: Schema.NullOr(Schema.String).annotations({
    description: "The value of the field as JSON, at most 200 characters. null if the field is missing."
  })
}).annotations({ identifier: "Finding", description: "A deviation in a response of an operation." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Finding extends Schema.Schema.Type<typeof Finding> {}

/**
 * All deviations of a value from the documented Schema. Tolerance is undone, and undocumented fields are deviations.
 *
 * @example
 * import { Deviation } from "@effect-openai/contract-tests"
 * import { Files } from "@effect-openai/core"
 *
 * const found = Deviation.find(Files.DeleteFileResponse, { id: "file-abc123", object: "file" })
 * // [{ field: "deleted", what: "is missing" }]
 *
 * @since 0.1.0
 * @category combinators
 */
export const find = <A>(schema: Schema.Schema<A>, value: unknown): ReadonlyArray<Deviation> =>
  leaves(schema, value).map(toDeviation)

/**
 * All deviations of a value of an operation, each with an example.
 *
 * @since 0.1.0
 * @category combinators
 */
export const findings = <A>(operation: string, schema: Schema.Schema<A>, value: unknown): ReadonlyArray<Finding> =>
  leaves(schema, value).map((leaf) => ({
    operation,
    ...toDeviation(leaf),
    example: leaf.issue._tag === "Missing" ? null : exampleOf(valueAt(value, leaf.path))
  }))

/**
 * All deviations of a JSON response from the documentation of its operation. Empty for operations without JSON
 * responses.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inResponse = (endpoint: Endpoint.Any, response: unknown): ReadonlyArray<Deviation> =>
  shortest(responseSchemas(endpoint).schemas.map((schema) => find(schema, response)))

/**
 * All deviations of streamed events from the documentation of their operation. A named event is `{ event, data }`, any
 * other event is its data. A field begins with the index of the event, for example `[3].data.status`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inEvents = (endpoint: Endpoint.Any, events: ReadonlyArray<unknown>): ReadonlyArray<Deviation> =>
  endpoint.events === undefined
    ? [{ field: "", what: "is not documented" }]
    : find(Schema.Array(endpoint.events.schema), events)

const validators = new WeakMap<AST.AST, (value: unknown) => Either.Either<unknown, ParseResult.ParseIssue>>()

const leaves = <A>(schema: Schema.Schema<A>, value: unknown): ReadonlyArray<Leaf> => {
  let validate = validators.get(schema.ast)
  if (validate === undefined) {
    const options = { errors: "all", exact: true, onExcessProperty: "error" } as const
    validate = ParseResult.validateEither(Tolerant.exact(schema), options)
    validators.set(schema.ast, validate)
  }
  return Either.match(validate(value), { onLeft: (issue) => collect(issue, []), onRight: () => [] })
}

type Path = ReadonlyArray<PropertyKey>

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce((value: unknown, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, value)

interface Leaf {
  readonly path: Path
  readonly issue: ParseResult.ParseIssue
}

const collect = (issue: ParseResult.ParseIssue, path: Path): ReadonlyArray<Leaf> => {
  switch (issue._tag) {
    case "Pointer":
      return collect(issue.issue, path.concat(issue.path))
    case "Refinement":
      return issue.kind === "From" ? collect(issue.issue, path) : [{ path, issue }]
    case "Composite": {
      const issues = [issue.issues].flat()
      return AST.isUnion(issue.ast)
        ? meant(issue.ast, issue.actual, issues, path)
        : issues.flatMap((issue) => collect(issue, path))
    }
    default:
      return [{ path, issue }]
  }
}

const isNothing = (ast: AST.AST): boolean => AST.isUndefinedKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

/**
 * The deviations from the union member that fits deepest, or from the union if none fits. null and undefined are
 * ignored for other values.
 */
const meant = (
  { types }: AST.Union,
  actual: unknown,
  issues: ReadonlyArray<ParseResult.ParseIssue>,
  path: Path
): ReadonlyArray<Leaf> => {
  const members = issues
    .filter((issue) => !(issue._tag === "Type" && isNothing(issue.ast)))
    .map((issue) => collect(issue, path))
  if (members.length === 1) return members[0]!
  const depth = (leaves: ReadonlyArray<Leaf>) => Math.max(...leaves.map((leaf) => leaf.path.length))
  const union = new ParseResult.Type(AST.Union.make(types.filter((type) => !isNothing(type))), actual)
  return members.reduce((best, member) => depth(member) > depth(best) ? member : best, [{ path, issue: union }])
}

const maxShown = 200

const exampleOf = (value: unknown): string | null => {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? null : shorten(text)
}

const shorten = (text: string): string => text.length > maxShown ? `${text.slice(0, maxShown)}…` : text

const describe = (issue: ParseResult.ParseIssue): string => {
  switch (issue._tag) {
    case "Missing":
      return "is missing"
    case "Unexpected":
      return "is not documented"
    default: {
      const [{ message }] = ParseResult.ArrayFormatter.formatIssueSync(issue) as [ParseResult.ArrayFormatterIssue]
      return shorten(message)
    }
  }
}

const toDeviation = ({ issue, path }: Leaf): Deviation => ({
  field: path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  ),
  what: describe(issue)
})
