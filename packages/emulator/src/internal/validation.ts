import * as Contract from "@effect-openai/core/Contract"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as AST from "effect/SchemaAST"

/** One violation of a request: its place, its message and its type. */
export interface Violation {
  readonly location: ReadonlyArray<PropertyKey>
  readonly message: string
  readonly type: string
}

type Description = Omit<Violation, "location">

interface JsonSchema {
  readonly type?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

const jsonSchemaOf = (ast: AST.AST): JsonSchema =>
  Option.getOrElse(AST.getJSONSchemaAnnotation(ast), () => ({})) as JsonSchema

const shorten = (text: string): string => text.length > 80 ? `${text.slice(0, 79)}…` : text

const extra: Description = { message: "extra fields not permitted", type: "value_error.extra" }
const missing: Description = { message: "field required", type: "value_error.missing" }
const isNull: Description = { message: "none is not an allowed value", type: "type_error.none.not_allowed" }

const types: Readonly<Record<string, Description>> = {
  string: { message: "str type expected", type: "type_error.str" },
  integer: { message: "value is not a valid integer", type: "type_error.integer" },
  number: { message: "value is not a valid float", type: "type_error.float" },
  boolean: { message: "value could not be parsed to a boolean", type: "type_error.bool" },
  object: { message: "value is not a valid dict", type: "type_error.dict" },
  array: { message: "value is not a valid list", type: "type_error.list" },
  file: { message: "file expected", type: "type_error.file" }
}

const typeOf = (ast: AST.AST): string | undefined => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return "string"
    case "NumberKeyword":
      return "number"
    case "BooleanKeyword":
      return "boolean"
    case "TypeLiteral":
    case "ObjectKeyword":
      return "object"
    case "TupleType":
      return "array"
    case "Declaration":
      return "file"
    case "Refinement":
      return jsonSchemaOf(ast).type ?? typeOf(ast.from)
    case "Transformation":
      return jsonSchemaOf(ast).type ?? typeOf(ast.to)
    case "Union":
      return ast.types.map(typeOf).find((type) => type !== undefined)
    default:
      return undefined
  }
}

const literalsOf = (ast: AST.AST): ReadonlyArray<AST.LiteralValue> =>
  AST.isLiteral(ast)
    ? [ast.literal]
    : AST.isUnion(ast)
    ? ast.types.flatMap(literalsOf)
    : AST.isTransformation(ast)
    ? literalsOf(ast.to)
    : []

const permitted = (literals: ReadonlyArray<AST.LiteralValue>, actual: unknown): Description => {
  const list = literals.map((literal) => typeof literal === "string" ? `'${literal}'` : String(literal)).join(", ")
  const given = typeof actual === "string" ? actual : JSON.stringify(actual)
  return {
    message: `unexpected value; permitted: ${list}`,
    type: `value_error.const; given=${shorten(given)}; permitted=(${list})`
  }
}

const describeType = (ast: AST.AST, actual: unknown): Description => {
  if (actual === undefined) return missing
  if (actual === null) return isNull
  const literals = literalsOf(ast).filter((literal) => literal !== null)
  if (literals.length > 0) return permitted(literals, actual)
  return types[typeOf(ast) ?? "object"]!
}

const limit = (message: string, type: string, value: number): Description => ({
  message: `ensure this value ${message}`,
  type: `value_error.${type}; limit_value=${value}`
})

/** The first limit of a filter that a value exceeds. Undefined where the filter has no documented limit. */
const exceeded = (json: JsonSchema, actual: unknown): Description | undefined => {
  if (typeof actual === "string") {
    const { maxLength, minLength, pattern } = json
    if (minLength !== undefined && actual.length < minLength) {
      return limit(`has at least ${minLength} characters`, "any_str.min_length", minLength)
    }
    if (maxLength !== undefined && actual.length > maxLength) {
      return limit(`has at most ${maxLength} characters`, "any_str.max_length", maxLength)
    }
    if (pattern !== undefined) {
      return { message: `string does not match regex "${pattern}"`, type: `value_error.str.regex; pattern=${pattern}` }
    }
  }
  if (typeof actual === "number") {
    const { maximum, minimum } = json
    if (minimum !== undefined && actual < minimum) {
      return limit(`is greater than or equal to ${minimum}`, "number.not_ge", minimum)
    }
    if (maximum !== undefined && actual > maximum) {
      return limit(`is less than or equal to ${maximum}`, "number.not_le", maximum)
    }
    if (json.type === "integer") return types["integer"]
  }
  if (Array.isArray(actual)) {
    const { maxItems, minItems } = json
    if (minItems !== undefined && actual.length < minItems) {
      return limit(`has at least ${minItems} items`, "list.min_items", minItems)
    }
    if (maxItems !== undefined && actual.length > maxItems) {
      return limit(`has at most ${maxItems} items`, "list.max_items", maxItems)
    }
  } else if (typeof actual === "object" && json.maxProperties !== undefined) {
    return limit(`has at most ${json.maxProperties} items`, "dict.max_items", json.maxProperties)
  }
  return undefined
}

const messageOf = (issue: ParseResult.ParseIssue): string | undefined =>
  issue._tag === "Type" || issue._tag === "Forbidden" ? issue.message : undefined

const asArray = <A>(value: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(value) ? value : [value as A]

const isNullish = (ast: AST.AST): boolean => AST.isUndefinedKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

/** Whether an issue is only that a value has another type, or is not one of some literals. */
const isKind = (issue: ParseResult.ParseIssue): boolean =>
  issue._tag === "Type" ||
  // A literal number or boolean that is written as text.
  (issue._tag === "Transformation" && AST.isLiteral(issue.ast.to)) ||
  (issue._tag === "Composite" && AST.isUnion(issue.ast) && asArray(issue.issues).every(isKind))

/** The issues of the members of a union that the value resembles most. Never that of `undefined` or null. */
const relevant = (issues: ReadonlyArray<ParseResult.ParseIssue>): ReadonlyArray<ParseResult.ParseIssue> => {
  const present = issues.filter((issue) => issue._tag !== "Type" || !isNullish(issue.ast))
  const inner = present.filter((issue) => !isKind(issue))
  return inner.length > 0 ? inner : present
}

/** A key that a record refuses is an extra field, unless it exceeds a limit of keys. */
const describeExtra = (ast: AST.AST, key: PropertyKey | undefined): Description => {
  const parameter = AST.isTypeLiteral(ast) ? ast.indexSignatures[0]?.parameter : undefined
  return (parameter && exceeded(jsonSchemaOf(parameter), key)) ?? extra
}

/** All violations of a value, from the issue of decoding it. */
export const violations = (
  issue: ParseResult.ParseIssue,
  location: ReadonlyArray<PropertyKey>
): ReadonlyArray<Violation> => {
  const one = (description: Description): ReadonlyArray<Violation> => [{ location, ...description }]
  switch (issue._tag) {
    case "Pointer":
      return violations(issue.issue, [...location, ...asArray(issue.path)])
    case "Unexpected":
      return one(extra)
    case "Missing":
      return one(missing)
    case "Composite": {
      const { actual, ast } = issue
      const issues = asArray(issue.issues)
      if (!AST.isUnion(ast)) {
        return issues.flatMap((issue) =>
          issue._tag === "Pointer" && issue.issue._tag === "Unexpected"
            ? [{ location: [...location, ...asArray(issue.path)], ...describeExtra(ast, asArray(issue.path)[0]) }]
            : violations(issue, location)
        )
      }
      const shown = relevant(issues)
      return shown.every(isKind)
        ? one(describeType(ast, actual))
        : shown.flatMap((issue) => violations(issue, location))
    }
    case "Refinement":
      return issue.kind === "From"
        ? violations(issue.issue, location)
        : one(
          exceeded(jsonSchemaOf(issue.ast), issue.actual) ??
            { message: messageOf(issue.issue) ?? "value is not allowed", type: "value_error" }
        )
    case "Transformation":
      return issue.kind === "Type"
        ? violations(issue.issue, location)
        : one(describeType(issue.ast, issue.actual))
    case "Type":
    case "Forbidden":
      return one(describeType("ast" in issue ? issue.ast : AST.unknownKeyword, issue.actual))
  }
}

const maxReported = 50
const maxSummarized = 3

/** The message of the response. */
export const format = (violations: ReadonlyArray<Violation>): string => {
  const lines = violations.slice(0, maxReported).map(({ location, message, type }) =>
    `${location.map((step) => shorten(String(step))).join(" -> ")}\n  ${message} (type=${type})`
  )
  return [
    `${violations.length} validation error${violations.length === 1 ? "" : "s"} for Request`,
    ...lines
  ].join("\n")
}

/** The names of all fields of the contract. */
const documentedNames = (): ReadonlySet<PropertyKey> => {
  const names = new Set<PropertyKey>(["path", "query", "body"])
  const seen = new Set<AST.AST>()
  const visit = (ast: AST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    switch (ast._tag) {
      case "TypeLiteral":
        for (const { name, type } of ast.propertySignatures) {
          names.add(name)
          visit(type)
        }
        return ast.indexSignatures.forEach(({ type }) => visit(type))
      case "TupleType":
        return [...ast.elements, ...ast.rest].forEach(({ type }) => visit(type))
      case "Union":
        return ast.types.forEach(visit)
      case "Refinement":
        return visit(ast.from)
      case "Suspend":
        return visit(ast.f())
      case "Transformation":
        visit(ast.from)
        return visit(ast.to)
    }
  }
  for (const { body, parameters, query } of Contract.endpoints) {
    visit(parameters.ast)
    visit(query.ast)
    if (body._tag !== "None") visit(body.schema.ast)
  }
  return names
}

let documented: ReadonlySet<PropertyKey> | undefined

/** The message for logs: places and types, but nothing out of the request. */
export const summarize = (violations: ReadonlyArray<Violation>): string => {
  const known = documented ??= documentedNames()
  const lines = violations.slice(0, maxSummarized).map(({ location, type }) => {
    const path = location.map((step) => typeof step === "number" || known.has(step) ? String(step) : "*")
    return `${path.join(" -> ")} (${type.split(";", 1)[0]})`
  })
  return lines.join(", ") + (violations.length > maxSummarized ? `, and ${violations.length - maxSummarized} more` : "")
}
