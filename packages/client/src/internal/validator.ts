import * as Either from "effect/Either"
import { constFalse, constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import { isRecord } from "effect/Predicate"
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
  let check: Check | undefined
  let validate: Validate | undefined
  return (u) => {
    check ??= checkOf(AST.typeAST(schema.ast))
    return holds(check, u) ? Either.right(u) : (validate ??= ParseResult.validateEither(schema))(u)
  }
}

/** What is told by its kind alone, a bit each. */
const kinds = { undefined: 1, null: 2, string: 4, number: 8, boolean: 16 }

const kindOf = (u: unknown): number => {
  switch (typeof u) {
    case "string":
      return kinds.string
    case "number":
      return kinds.number
    case "boolean":
      return kinds.boolean
    case "undefined":
      return kinds.undefined
    default:
      return u === null ? kinds.null : 0
  }
}

/** Whether a value holds. One that the Schema refuses never does. */
interface Predicate {
  (u: unknown): boolean
}

/** What holds: all of some kinds, which most fields are told by, without a call; and of the rest what is told by a look at it. */
interface Check {
  readonly kinds: number
  readonly others: Predicate
}

const holds = ({ kinds, others }: Check, u: unknown): boolean => (kinds & kindOf(u)) !== 0 || others(u)

const ofKind = (kinds: number): Check => ({ kinds, others: constFalse })

const ofLook = (others: Predicate): Check => ({ kinds: 0, others })

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
    case "Literal": {
      const { literal } = ast
      return literal === null ? ofKind(kinds.null) : ofLook((u) => u === literal)
    }
    case "UndefinedKeyword":
      return ofKind(kinds.undefined)
    case "UnknownKeyword":
      return anything
    case "StringKeyword":
      return ofKind(kinds.string)
    case "NumberKeyword":
      return ofKind(kinds.number)
    case "BooleanKeyword":
      return ofKind(kinds.boolean)
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
      return ofLook((u) => holds(check ??= checkOf(ast.f()), u))
    }
    default:
      return bySchema(ast)
  }
}

const anything = ofLook(constTrue)

/** What is not known here. */
const bySchema = (ast: AST.AST): Check => {
  const validate = ParseResult.validateEither({ ast } as Schema.Schema.AnyNoContext)
  return ofLook((u) => Either.isRight(validate(u)))
}

/** A filter is given what the Schema makes of a value, which is the value itself only where the Schema drops nothing. */
const refinement = (ast: AST.Refinement): Check => {
  if (!keepsAll(ast.from)) return bySchema(ast)
  const from = checkOf(ast.from)
  return ofLook((u) => holds(from, u) && Option.isNone(ast.filter(u, AST.defaultParseOption, ast)))
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
  if (propertySignatures.length === 0) return ofLook((u) => u !== null && u !== undefined)
  const fields = propertySignatures.map(({ isOptional, name, type }) => ({ name, isOptional, ...checkOf(type) }))
  return ofLook((u) => {
    if (!isRecord(u)) return false
    for (let i = 0; i < fields.length; i++) {
      const { isOptional, kinds, name, others } = fields[i]!
      const value = u[name]
      // To the Schema a required field that is missing is one that is undefined.
      if ((kinds & kindOf(value)) === 0 && !others(value) && !(isOptional && !Object.hasOwn(u, name))) return false
    }
    return true
  })
}

/** A key that does not hold is one too many, which is no fault. */
const record = (key: Check, value: Check): Check =>
  ofLook((u) => {
    if (!isRecord(u)) return false
    if (value === anything) return true
    for (const name in u) {
      if (!holds(value, u[name]) && holds(key, name)) return false
    }
    return true
  })

const array = (ast: AST.TupleType): Check => {
  if (ast.elements.length > 0 || ast.rest.length !== 1) return bySchema(ast)
  const check = checkOf(ast.rest[0]!.type)
  if (check.kinds === kinds.number && check.others === constFalse) return ofLook(isNumbers)
  return ofLook((u) => {
    if (!Array.isArray(u)) return false
    for (let i = 0; i < u.length; i++) {
      if (!holds(check, u[i])) return false
    }
    return true
  })
}

/** A function of its own, which sees no other arrays: then their numbers are looked at where they lie. */
const isNumbers: Predicate = (u) => {
  if (!Array.isArray(u)) return false
  for (let i = 0; i < u.length; i++) {
    if (typeof u[i] !== "number") return false
  }
  return true
}

const union = (ast: AST.Union): Check => {
  const literals = ast.types.filter(AST.isLiteral).map(({ literal }) => literal)
  if (literals.length === ast.types.length && literals.length > 2) {
    const all = new Set<unknown>(literals)
    return ofLook((u) => all.has(u))
  }
  const tag = tagOf(ast)
  if (tag === undefined) return anyOf(ast.types.map(checkOf))
  const tagged = new Map<unknown, Array<Check>>()
  const rest: Array<Check> = []
  for (const type of ast.types) {
    const literal = literalOf(type, tag)
    if (literal === undefined) rest.push(checkOf(type))
    else tagged.set(literal, [...tagged.get(literal) ?? [], checkOf(type)])
  }
  const members = new Map(Array.from(tagged, ([literal, checks]) => [literal, anyOf(checks).others]))
  return anyOf([ofLook((u) => isRecord(u) && members.get(u[tag])?.(u) === true), ...rest])
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
  const kinds = checks.reduce((kinds, check) => kinds | check.kinds, 0)
  const looks = checks.map(({ others }) => others).filter((others) => others !== constFalse)
  const [first = constFalse, second, ...others] = looks
  if (second === undefined) return { kinds, others: first }
  if (others.length === 0) return { kinds, others: (u) => first(u) || second(u) }
  return {
    kinds,
    others: (u) => {
      for (let i = 0; i < looks.length; i++) {
        if (looks[i]!(u)) return true
      }
      return false
    }
  }
}
