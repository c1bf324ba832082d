import * as Tolerant from "@effect-openai/core/Tolerant"
import * as Either from "effect/Either"
import { constFalse, constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import { isRecord } from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

// Most responses are valid. A Schema is therefore compiled once, to closures that test what `JSON.parse` returns. Only an
// invalid value is normalized, and decoded by the Schema itself for its error.

/** Returns the value itself, its normalized copy, or the issue. */
export interface Validate {
  (u: unknown): Either.Either<unknown, ParseResult.ParseIssue>
}

/**
 * Validates what `JSON.parse` returned, like `ParseResult.validateEither`. A value that fits is returned unchanged. Any
 * other value is normalized first.
 */
export const make = (schema: Schema.Schema.AnyNoContext): Validate => {
  let fits: Predicate | undefined
  let normalize: ((u: unknown) => unknown) | undefined
  let validate: Validate | undefined
  return (u) => {
    fits ??= fitsOf(schema)
    if (fits(u)) return Either.right(u)
    const normalized = (normalize ??= Tolerant.normalize(schema))(u)
    return normalized !== u && fits(normalized)
      ? Either.right(normalized)
      : (validate ??= ParseResult.validateEither(schema))(normalized)
  }
}

/** Returns whether a value fits as it is. */
export const fitsOf = (schema: Schema.Schema.AnyNoContext): Predicate => {
  const check = checkOf(AST.typeAST(schema.ast))
  return (u) => holds(check, u)
}

// Kinds of values, a bit each.
const undefinedKind = 1
const nullKind = 2
const stringKind = 4
const numberKind = 8
const booleanKind = 16

const kindOf = (u: unknown): number => {
  switch (typeof u) {
    case "string":
      return stringKind
    case "number":
      return numberKind
    case "boolean":
      return booleanKind
    case "undefined":
      return undefinedKind
    default:
      return u === null ? nullKind : 0
  }
}

const keywords: { readonly [tag: string]: number | undefined } = {
  UndefinedKeyword: undefinedKind,
  StringKeyword: stringKind,
  NumberKeyword: numberKind,
  BooleanKeyword: booleanKind
}

/** Whether a value is valid. Never true for one that the Schema refuses. */
interface Predicate {
  (u: unknown): boolean
}

/** What is valid: all values of some kinds, tested without a call, and those that a predicate accepts. */
interface Check {
  readonly kinds: number
  readonly others: Predicate
}

const holds = ({ kinds, others }: Check, u: unknown): boolean => (kinds & kindOf(u)) !== 0 || others(u)

const check = (kinds: number, others: Predicate = constFalse): Check => ({ kinds, others })

const any = check(0, constTrue)

const cache = new WeakMap<AST.AST, Check>()

const checkOf = (ast: AST.AST): Check => {
  let found = cache.get(ast)
  if (found === undefined) cache.set(ast, found = (isPlain(ast) ? compile(ast) : undefined) ?? bySchema(ast))
  return found
}

/** Whether it has no annotation that changes how it is parsed. */
const isPlain = (ast: AST.AST): boolean =>
  Option.isNone(AST.getParseOptionsAnnotation(ast)) && Option.isNone(AST.getDecodingFallbackAnnotation(ast))

/** The check of a Schema that is not compiled. */
const bySchema = (ast: AST.AST): Check => {
  const validate = ParseResult.validateEither({ ast } as Schema.Schema.AnyNoContext)
  return check(0, (u) => Either.isRight(validate(u)))
}

/** Compiles the Schemas that responses consist of. Returns undefined for others. */
const compile = (ast: AST.AST): Check | undefined => {
  switch (ast._tag) {
    case "Literal": {
      const { literal } = ast
      return literal === null ? check(nullKind) : check(0, (u) => u === literal)
    }
    case "UnknownKeyword":
      return any
    case "Refinement": {
      // A filter receives the decoded value: an object without its unknown fields.
      if (!isKeyword(ast)) return undefined
      const from = checkOf(ast.from)
      return check(0, (u) => holds(from, u) && Option.isNone(ast.filter(u, AST.defaultParseOption, ast)))
    }
    case "TypeLiteral":
      return ast.indexSignatures.length === 0 ? struct(ast) : record(ast)
    case "TupleType":
      return array(ast)
    case "Union":
      return union(ast)
    default: {
      const kind = keywords[ast._tag]
      return kind === undefined ? undefined : check(kind)
    }
  }
}

const isKeyword = (ast: AST.AST): boolean =>
  ast._tag === "Refinement" ? isKeyword(ast.from) : keywords[ast._tag] !== undefined

interface Field extends Check {
  readonly name: PropertyKey
  readonly isOptional: boolean
}

/**
 * Most objects have the same fields in the same order as the one before. These are read in that order, which V8 does
 * without a search. Any other object is searched for each field.
 */
const struct = ({ propertySignatures }: AST.TypeLiteral): Check | undefined => {
  if (propertySignatures.length === 0) return undefined
  const fields = propertySignatures.map(({ isOptional, name, type }): Field => ({ name, isOptional, ...checkOf(type) }))
  let known: ReadonlyArray<Field> = []
  let wasOther = false
  const search = (u: { readonly [name: PropertyKey]: unknown }) => {
    for (let i = 0; i < fields.length; i++) {
      const { isOptional, kinds, name, others } = fields[i]!
      const value = u[name]
      // The Schema treats a missing required field like an undefined one.
      if ((kinds & kindOf(value)) === 0 && !others(value) && !(isOptional && !Object.hasOwn(u, name))) return false
    }
    // The second in a row, because objects may alternate.
    if (wasOther) known = inOrder(fields, Object.keys(u))
    wasOther = !wasOther
    return true
  }
  return check(0, (u) => {
    if (!isRecord(u)) return false
    let i = 0
    for (const key in u) {
      const field = known[i++]
      if (field === undefined || field.name !== key || !holds(field, u[key])) return search(u)
    }
    if (i === 0 || i < known.length) return search(u)
    wasOther = false
    return true
  })
}

/** Returns the fields of an object with these names. Empty if a required field is missing. */
const inOrder = (fields: ReadonlyArray<Field>, names: ReadonlyArray<PropertyKey>): ReadonlyArray<Field> =>
  fields.every(({ isOptional, kinds, name }) => isOptional || (kinds & undefinedKind) > 0 || names.includes(name))
    ? names.map((name) => fields.find((field) => field.name === name) ?? { name, isOptional: true, ...any })
    : []

/** A field whose key is invalid counts as unknown, which is allowed. */
const record = ({ indexSignatures: [index, ...others], propertySignatures }: AST.TypeLiteral): Check | undefined => {
  if (propertySignatures.length + others.length > 0 || AST.isSymbolKeyword(index!.parameter)) return undefined
  const key = checkOf(index!.parameter)
  const value = checkOf(index!.type)
  return check(0, (u) => {
    if (!isRecord(u)) return false
    if (value.others === constTrue) return true
    for (const name in u) {
      if (!holds(value, u[name]) && holds(key, name)) return false
    }
    return true
  })
}

const array = ({ elements, rest }: AST.TupleType): Check | undefined => {
  if (elements.length > 0 || rest.length !== 1) return undefined
  const item = checkOf(rest[0]!.type)
  return check(
    0,
    item.kinds === numberKind && item.others === constFalse ? isNumbers : (u) => {
      if (!Array.isArray(u)) return false
      for (let i = 0; i < u.length; i++) {
        if (!holds(item, u[i])) return false
      }
      return true
    }
  )
}

/** A separate function that only tests arrays of numbers, which V8 then optimizes for unboxed numbers. */
const isNumbers: Predicate = (u) => {
  if (!Array.isArray(u)) return false
  for (let i = 0; i < u.length; i++) {
    if (typeof u[i] !== "number") return false
  }
  return true
}

/** The required fields of an object that are literals. */
const literalsOf = (ast: AST.AST): ReadonlyArray<readonly [name: PropertyKey, literal: AST.LiteralValue]> =>
  AST.isTypeLiteral(ast)
    ? ast.propertySignatures.flatMap(({ isOptional, name, type }) =>
      isOptional || !AST.isLiteral(type) ? [] : [[name, type.literal] as const]
    )
    : []

/** Selects the members of a union by the first literal field. */
const union = ({ types }: AST.Union): Check => {
  const [tag, ...others] = types.flatMap((type) => literalsOf(type)[0]?.[0] ?? [])
  if (others.length === 0) return anyOf(types.map(checkOf))
  const members = new Map<unknown, Predicate>()
  const rest = types.filter((type) => {
    const found = literalsOf(type).find(([name]) => name === tag)
    if (found === undefined) return true
    const [, literal] = found
    members.set(literal, either(members.get(literal) ?? constFalse, checkOf(type).others))
    return false
  })
  return anyOf([check(0, (u) => isRecord(u) && members.get(u[tag!])?.(u) === true), ...rest.map(checkOf)])
}

const either = (one: Predicate, other: Predicate): Predicate =>
  one === constFalse ? other : other === constFalse ? one : (u) => one(u) || other(u)

const anyOf = (checks: ReadonlyArray<Check>): Check =>
  checks.reduce((one, other) => check(one.kinds | other.kinds, either(one.others, other.others)), check(0))
