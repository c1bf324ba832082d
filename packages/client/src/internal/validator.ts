import * as Either from "effect/Either"
import { constFalse, constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

// Most answers fit, and of one that fits nothing is needed but that it does. So a Schema is compiled, once and of
// closures, to a predicate over what `JSON.parse` makes. Only what does not hold is left to the Schema, for its error.

/** The value itself, or why it does not fit. */
export interface Validate {
  (u: unknown): Either.Either<unknown, ParseResult.ParseIssue>
}

/** Checks values that `JSON.parse` made. It answers as `ParseResult.validateEither` does, but with the value as it is. */
export const make = (schema: Schema.Schema.AnyNoContext): Validate => {
  let holds: Check | undefined
  let validate: Validate | undefined
  return (u) => {
    holds ??= checkOf(AST.typeAST(schema.ast))
    return holds(u) ? Either.right(u) : (validate ??= ParseResult.validateEither(schema))(u)
  }
}

/** Whether a value holds. One that the Schema refuses never does. */
interface Check {
  (u: unknown): boolean
}

const cache = new WeakMap<AST.AST, Check>()

const checkOf = (ast: AST.AST): Check => {
  let check = cache.get(ast)
  if (check === undefined) {
    check = isPlain(ast) ? compile(ast) : bySchema(ast)
    cache.set(ast, check)
  }
  return check
}

/** Without an annotation that changes how it, and all below it, is parsed. */
const isPlain = (ast: AST.AST): boolean =>
  Option.isNone(AST.getParseOptionsAnnotation(ast)) && Option.isNone(AST.getDecodingFallbackAnnotation(ast))

const compile = (ast: AST.AST): Check => {
  switch (ast._tag) {
    case "Literal":
      return (u) => u === ast.literal
    case "UndefinedKeyword":
      return Predicate.isUndefined
    case "UnknownKeyword":
      return constTrue
    case "StringKeyword":
      return Predicate.isString
    case "NumberKeyword":
      return Predicate.isNumber
    case "BooleanKeyword":
      return Predicate.isBoolean
    case "Refinement":
      return refinement(ast)
    case "TypeLiteral":
      return struct(ast)
    case "TupleType":
      return array(ast)
    case "Union":
      return union(ast)
    case "Suspend": {
      let check: Check | undefined
      return (u) => (check ??= checkOf(ast.f()))(u)
    }
    default:
      return bySchema(ast)
  }
}

/** What is not known here. */
const bySchema = (ast: AST.AST): Check => {
  const validate = ParseResult.validateEither({ ast } as Schema.Schema.AnyNoContext)
  return (u) => Either.isRight(validate(u))
}

/** A filter is given what the Schema makes of a value, which is the value itself only where the Schema drops nothing. */
const refinement = (ast: AST.Refinement): Check => {
  if (!keepsAll(ast.from)) return bySchema(ast)
  const from = checkOf(ast.from)
  return (u) => from(u) && Option.isNone(ast.filter(u, AST.defaultParseOption, ast))
}

const keepsAll = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "Literal":
    case "StringKeyword":
    case "NumberKeyword":
    case "BooleanKeyword":
      return true
    case "Refinement":
      return keepsAll(ast.from)
    case "Union":
      return ast.types.every(keepsAll)
    case "TupleType":
      return [...ast.elements, ...ast.rest].every(({ type }) => keepsAll(type))
    case "TypeLiteral":
      return ast.propertySignatures.length === 0 && ast.indexSignatures.length === 1 &&
        ast.indexSignatures.every(({ parameter, type }) => AST.isStringKeyword(parameter) && keepsAll(type))
    default:
      return false
  }
}

const struct = (ast: AST.TypeLiteral): Check => {
  const { indexSignatures: [index, ...others], propertySignatures } = ast
  if (index !== undefined) {
    return propertySignatures.length + others.length > 0 || AST.isSymbolKeyword(index.parameter)
      ? bySchema(ast)
      : record(checkOf(index.parameter), checkOf(index.type))
  }
  if (propertySignatures.length === 0) return Predicate.isNotNullable
  const fields = propertySignatures.map(({ isOptional, name, type }) => ({ name, isOptional, check: checkOf(type) }))
  return (u) => {
    if (!Predicate.isRecord(u)) return false
    for (let i = 0; i < fields.length; i++) {
      const { check, isOptional, name } = fields[i]!
      // To the Schema a required field that is missing is one that is undefined.
      if (!check(u[name]) && !(isOptional && !Object.hasOwn(u, name))) return false
    }
    return true
  }
}

/** A key that does not hold is one too many, which is no fault. */
const record = (checkKey: Check, checkValue: Check): Check => (u) => {
  if (!Predicate.isRecord(u)) return false
  if (checkValue === constTrue) return true
  for (const key in u) {
    if (!checkValue(u[key]) && checkKey(key)) return false
  }
  return true
}

const array = (ast: AST.TupleType): Check => {
  if (ast.elements.length > 0 || ast.rest.length !== 1) return bySchema(ast)
  const check = checkOf(ast.rest[0]!.type)
  return (u) => {
    if (!Array.isArray(u)) return false
    for (let i = 0; i < u.length; i++) {
      if (!check(u[i])) return false
    }
    return true
  }
}

const union = (ast: AST.Union): Check => {
  const literals = ast.types.filter(AST.isLiteral).map(({ literal }) => literal)
  if (literals.length === ast.types.length && literals.length > 2) {
    const all = new Set<unknown>(literals)
    return (u) => all.has(u)
  }
  const tag = tagOf(ast)
  if (tag === undefined) return anyOf(ast.types.map(checkOf))
  const tagged = new Map<unknown, Array<Check>>()
  const others: Array<Check> = []
  for (const type of ast.types) {
    const literal = literalOf(type, tag)
    if (literal === undefined) others.push(checkOf(type))
    else tagged.set(literal, [...tagged.get(literal) ?? [], checkOf(type)])
  }
  const members = new Map(Array.from(tagged, ([literal, checks]) => [literal, anyOf(checks)]))
  const other = anyOf(others)
  return (u) => (Predicate.isRecord(u) && members.get(u[tag])?.(u) === true) || other(u)
}

/** The field by whose literal the first tagged member of a union is told from others. */
const tagOf = (ast: AST.Union): PropertyKey | undefined => {
  const tags = ast.types.filter(AST.isTypeLiteral).flatMap(({ propertySignatures }) =>
    propertySignatures.filter(({ isOptional, type }) => !isOptional && AST.isLiteral(type)).map(({ name }) => name)
  )
  return tags.find((tag, index) => tags.indexOf(tag) !== index)
}

const literalOf = (ast: AST.AST, tag: PropertyKey): AST.LiteralValue | undefined => {
  const type = AST.isTypeLiteral(ast) ? ast.propertySignatures.find(({ name }) => name === tag)?.type : undefined
  return type !== undefined && AST.isLiteral(type) ? type.literal : undefined
}

const anyOf = (checks: ReadonlyArray<Check>): Check => {
  const [first, second, ...others] = checks
  if (first === undefined) return constFalse
  if (second === undefined) return first
  if (others.length === 0) return (u) => first(u) || second(u)
  return (u) => {
    for (let i = 0; i < checks.length; i++) {
      if (checks[i]!(u)) return true
    }
    return false
  }
}
