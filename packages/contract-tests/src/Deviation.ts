/**
 * Where an response and the documentation part.
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
 * One field of an response that is not as documented.
 *
 * @since 0.1.0
 * @category models
 */
export const Deviation = Schema.Struct({
  field: Schema.String.annotations({
    description: "The field at fault, `data[0].status` say; empty where the whole response is."
  }),
  what: Schema.NonEmptyString.annotations({
    description: "`is missing`, `is not documented`, or what was expected and what came."
  })
}).annotations({ identifier: "Deviation", description: "One field of an response that is not as documented." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Deviation extends Schema.Schema.Type<typeof Deviation> {}

/**
 * A deviation that an operation's response was found to have, with an example of what came.
 *
 * @since 0.1.0
 * @category models
 */
export const Finding = Schema.Struct({
  operation: Schema.NonEmptyString.annotations({
    description: "The operation, or method and path where the request is none of the contract's."
  }),
  ...Deviation.fields,
  example: Schema.NullOr(Schema.String).annotations({
    description: "What stood in the field, as JSON, 200 characters of it at the most; null where nothing did."
  })
}).annotations({ identifier: "Finding", description: "A deviation that an operation's response was found to have." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Finding extends Schema.Schema.Type<typeof Finding> {}

/**
 * Every deviation of a value from what a Schema documents: with all tolerance undone, and with every field that the
 * documentation does not know.
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
 * The same as findings of an operation, each with an example.
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
 * Every deviation of an response of JSON from what its operation documents; none for an operation that responses bytes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inResponse = (endpoint: Endpoint.Any, response: unknown): ReadonlyArray<Deviation> =>
  shortest(responseSchemas(endpoint).schemas.map((schema) => find(schema, response)))

/**
 * Every deviation of the events of a streamed response from what their operation documents. An event of named ones is
 * `{ event, data }`; of others it is the data. A field begins with its event's place, `[3].data.status` say.
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
 * Of a union's members the one that fits deepest is the one that was meant; where none fits at all, the union is. That a
 * field may also be null or left out says nothing of a value that is there.
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
