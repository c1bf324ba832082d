/**
 * Where an answer and the documentation part.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Tolerant from "@effect-openai/core/Tolerant"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/**
 * One field of an answer that is not as documented.
 *
 * @since 0.1.0
 * @category models
 */
export const Deviation = Schema.Struct({
  field: Schema.String.annotations({
    description: "The field at fault, `data[0].status` say; empty where the whole answer is."
  }),
  what: Schema.NonEmptyString.annotations({
    description: "`is missing`, `is not documented`, or what was expected and what came."
  })
}).annotations({ identifier: "Deviation", description: "One field of an answer that is not as documented." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Deviation extends Schema.Schema.Type<typeof Deviation> {}

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
  Either.match(
    ParseResult.validateEither(Tolerant.exact(schema), { errors: "all", exact: true, onExcessProperty: "error" })(
      value
    ),
    { onLeft: (issue) => collect(issue, []).map(toDeviation), onRight: () => [] }
  )

/**
 * Every deviation of an answer of JSON from what its operation documents; none for an operation that answers bytes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inAnswer = (endpoint: Endpoint.Any, answer: unknown): ReadonlyArray<Deviation> =>
  endpoint.success._tag === "Json" ? find(endpoint.success.schema, answer) : []

/**
 * Every deviation of the events of a streamed answer from what their operation documents. An event of named ones is
 * `{ event, data }`; of others it is the data. A field begins with its event's place, `[3].data.status` say.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inEvents = (endpoint: Endpoint.Any, events: ReadonlyArray<unknown>): ReadonlyArray<Deviation> =>
  endpoint.events === undefined
    ? [{ field: "", what: "is not documented" }]
    : find(Schema.Array(endpoint.events.schema), events)

type Path = ReadonlyArray<PropertyKey>

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

const describe = (issue: ParseResult.ParseIssue): string => {
  switch (issue._tag) {
    case "Missing":
      return "is missing"
    case "Unexpected":
      return "is not documented"
    default: {
      const [{ message }] = ParseResult.ArrayFormatter.formatIssueSync(issue) as [ParseResult.ArrayFormatterIssue]
      return message.length > maxShown ? `${message.slice(0, maxShown)}…` : message
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
