import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Tolerant from "@effect-openai/core/Tolerant"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { responseSchemas } from "./responseSchemas.js"

// The paths of fields in JSON values, from the exact Schema: `tools[]<function>.function.name` is the name in those
// items of `tools` whose type is `function`.

/** A field path of a Schema. */
export interface FieldPath {
  readonly path: string
  readonly required: boolean
  readonly nullable: boolean
  /** The values of an enum as JSON, or the types of a union. Empty for a single type. */
  readonly choices: ReadonlyArray<string>
}

/** The value at a field path. */
export interface Found {
  readonly path: string
  readonly value: unknown
  /** The value's choice. */
  readonly choice: string | undefined
  /** The object that has the field, and the field's name. */
  readonly holder: Record<string, unknown>
  readonly name: string
}

/** Any Schema. */
type Any = Pick<Schema.Schema.All, "ast">

/** Makes a function of a Schema compute each result once: a run asks for the same ones with every response. */
const cached = <A>(f: (ast: AST.AST) => A): (ast: AST.AST) => A => {
  const results = new WeakMap<AST.AST, { readonly result: A }>()
  return (ast) => {
    let known = results.get(ast)
    if (known === undefined) results.set(ast, known = { result: f(ast) })
    return known.result
  }
}

const exact = cached((ast) => Tolerant.exact(Schema.make(ast)).ast)

const exactOf = ({ ast }: Any): AST.AST => exact(ast)

const isNull = (ast: AST.AST): boolean => AST.isLiteral(ast) && ast.literal === null

/** A Schema without its limits, which do not affect field paths. */
const plain = (ast: AST.AST): AST.AST => {
  if (AST.isRefinement(ast)) return plain(ast.from)
  if (AST.isTransformation(ast)) return plain(ast.from)
  return AST.isSuspend(ast) ? plain(ast.f()) : ast
}

/** The types that a Schema takes, besides null and undefined. */
const members = cached((ast): ReadonlyArray<AST.AST> => {
  const one = plain(ast)
  if (AST.isUnion(one)) return one.types.flatMap(members)
  return isNull(one) || AST.isUndefinedKeyword(one) ? [] : [one]
})

const takesNull = (ast: AST.AST): boolean => {
  const one = plain(ast)
  return AST.isUnion(one) ? one.types.some(takesNull) : isNull(one)
}

const literalOf = (ast: AST.AST): string | undefined => {
  const [one, ...others] = members(ast)
  return others.length === 0 && one !== undefined && AST.isLiteral(one) ? String(one.literal) : undefined
}

/** The constant fields of an object, which distinguish it from other members of its union. */
const constants = cached((ast): ReadonlyArray<readonly [name: string, value: string]> =>
  AST.isTypeLiteral(ast)
    ? ast.propertySignatures.flatMap(({ name, type }) => {
      const value = literalOf(type)
      return value === undefined ? [] : [[String(name), value] as const]
    })
    : []
)

const fits = (ast: AST.AST, value: unknown): boolean => {
  if (AST.isTypeLiteral(ast)) {
    return Predicate.isRecord(value) &&
      constants(ast).every(([name, constant]) => !(name in value) || String(value[name]) === constant)
  }
  if (AST.isTupleType(ast)) {
    const [item] = ast.rest
    return Array.isArray(value) &&
      (value.length === 0 || item === undefined || members(item.type).some((member) => fits(member, value[0])))
  }
  if (AST.isLiteral(ast)) return ast.literal === value
  if (AST.isStringKeyword(ast) || AST.isTemplateLiteral(ast)) return typeof value === "string"
  if (AST.isNumberKeyword(ast)) return typeof value === "number"
  if (AST.isBooleanKeyword(ast)) return typeof value === "boolean"
  return true
}

const kindOf = (ast: AST.AST): string => {
  if (AST.isLiteral(ast)) return JSON.stringify(ast.literal)
  if (AST.isTupleType(ast)) {
    const [kind, ...others] = new Set(ast.rest.flatMap(({ type }) => members(type).map(kindOf)))
    return kind === undefined || others.length > 0 ? "list" : `list of ${kind}`
  }
  return AST.isTypeLiteral(ast) ? "object" : ast._tag.replace("Keyword", "").toLowerCase()
}

/** The label of a union member in a field path. */
const labelOf = (ast: AST.AST, among: ReadonlyArray<AST.AST>): string => {
  if (among.length < 2) return ""
  if (!AST.isTypeLiteral(ast)) return AST.isTupleType(ast) ? `<${kindOf(ast)}>` : ""
  const constant = constants(ast).find(([name]) => name === "type" || name === "role" || name === "event")
  return `<${constant?.[1] ?? "object"}>`
}

/** The choices of a union. Objects have their own field paths instead. */
const choicesOf = (among: ReadonlyArray<AST.AST>): ReadonlyArray<string> =>
  among.length < 2 ? [] : [...new Set(among.filter((member) => !AST.isTypeLiteral(member)).map(kindOf))]

const below = (ast: AST.AST, path: string, seen: ReadonlyArray<AST.AST>): ReadonlyArray<FieldPath> => {
  const among = members(ast)
  return among.flatMap((member): ReadonlyArray<FieldPath> => {
    // A Schema may contain itself.
    if (seen.includes(member)) return []
    const here = `${path}${labelOf(member, among)}`
    if (AST.isTupleType(member)) {
      return member.rest.flatMap(({ type }) => below(type, `${here}[]`, [...seen, member]))
    }
    if (!AST.isTypeLiteral(member)) return []
    return member.propertySignatures.flatMap(({ isOptional, name, type }) => {
      const field = here === "" ? String(name) : `${here}.${String(name)}`
      return [
        { path: field, required: !isOptional, nullable: takesNull(type), choices: choicesOf(members(type)) },
        ...below(type, field, [...seen, member])
      ]
    })
  })
}

/** All field paths of a Schema. */
export const of = (schema: Any): ReadonlyArray<FieldPath> => below(exactOf(schema), "", [])

const inside = (ast: AST.AST, value: unknown, path: string): ReadonlyArray<Found> => {
  const among = members(ast)
  const member = among.find((member) => fits(member, value))
  if (member === undefined) return []
  const here = `${path}${labelOf(member, among)}`
  if (AST.isTupleType(member)) {
    const items = value as ReadonlyArray<unknown>
    return member.rest.flatMap(({ type }) => items.flatMap((item) => inside(type, item, `${here}[]`)))
  }
  if (!AST.isTypeLiteral(member)) return []
  const holder = value as Record<string, unknown>
  return member.propertySignatures.flatMap((signature) => {
    const name = String(signature.name)
    if (!Object.hasOwn(holder, name)) return []
    const field = here === "" ? name : `${here}.${name}`
    const value = holder[name]
    const kinds = members(signature.type)
    const kind = kinds.length < 2 ? undefined : kinds.find((member) => fits(member, value))
    const choice = kind === undefined || AST.isTypeLiteral(kind) ? undefined : kindOf(kind)
    return [{ path: field, value, choice, holder, name }, ...inside(signature.type, value, field)]
  })
}

/** All values in a value, with their field paths. */
export const find = (schema: Any, value: unknown): ReadonlyArray<Found> => inside(exactOf(schema), value, "")

/** All field paths of an operation's JSON responses. A field of the request may choose one of several. */
export const ofResponse = (endpoint: Endpoint.Any): ReadonlyArray<FieldPath> => {
  const all = responseSchemas(endpoint).schemas.flatMap(of)
  return [...new Map(all.map((one) => [one.path, one])).values()]
}

/** All values in a JSON response of an operation, with their field paths. */
export const inResponse = (endpoint: Endpoint.Any, value: unknown): ReadonlyArray<Found> => {
  const { schemas } = responseSchemas(endpoint)
  const [schema, ...others] = schemas
  if (schema === undefined) return []
  if (others.length === 0) return find(schema, value)
  const found = schemas.flatMap((schema) => find(schema, value))
  return found.filter(({ holder, name }, index) =>
    found.findIndex((other) => other.holder === holder && other.name === name) === index
  )
}

/** The operation with a name. */
export const endpointOf = (name: string): Endpoint.Any | undefined =>
  Contract.endpoints.find((endpoint) => endpoint.name === name)
