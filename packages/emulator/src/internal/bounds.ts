import { ServerError } from "@effect-openai/core/Api"
import * as Json from "@effect-openai/core/Json"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { invalid } from "./errors.js"

// What bounds the JSON of a request before its Schema reads it: a Schema takes microseconds for each value.

/** Maximum number of values in a body, those that are numbers not counted. */
const maxValues = 100_000

/** From this size on, the documented limits of arrays and objects are checked before all else. */
const minSize = 1000

const refused = (what: string): ServerError =>
  new ServerError({ status: 400, message: `We could not parse the JSON body of your request: ${what}.` })

export const notJson = refused("what was sent is not valid JSON")
const tooDeep = refused(`it nests more than ${Json.maxDepth} levels`)
const tooMany = refused(`it has more than ${maxValues} values`)
const infinite = refused("it has a number that is too large")
const prototype = refused("it has a field named '__proto__'")

// -----------------------------------------------------------------------------
// documented limits
// -----------------------------------------------------------------------------

interface Exceeded {
  readonly location: ReadonlyArray<PropertyKey>
  readonly limit: number
  readonly isArray: boolean
}

/** The first array or object of a value that is large and exceeds its documented limit. */
type Find = (value: unknown, location: ReadonlyArray<PropertyKey>) => Exceeded | undefined

/** The limit of a Schema, with what its filters wrap. */
const limitOf = (ast: AST.AST): { readonly limit: number; readonly inner: AST.AST } => {
  let limit = Infinity
  let inner = ast
  for (; AST.isRefinement(inner); inner = inner.from) {
    const json = Option.getOrElse(AST.getJSONSchemaAnnotation(inner), () => ({})) as {
      readonly maxItems?: number
      readonly maxProperties?: number
    }
    limit = Math.min(limit, json.maxItems ?? json.maxProperties ?? Infinity)
  }
  return { limit, inner }
}

/** Undefined where nothing in it has a limit. Of a union, only one alternative besides null and scalars is looked into. */
const findOf = (ast: AST.AST, depth = 0): Find | undefined => {
  // A Schema of itself has no end.
  if (depth > 12) return undefined
  const { inner, limit } = limitOf(ast)
  const within = findWithin(inner, depth + 1)
  if (limit === Infinity) return within
  return (value, location) => {
    const isArray = Array.isArray(value)
    if (typeof value !== "object" || value === null) return undefined
    const size = isArray ? value.length : Object.keys(value).length
    return size > limit && size > minSize ? { location, limit, isArray } : within?.(value, location)
  }
}

const isContainer = (ast: AST.AST): boolean => {
  const { inner } = limitOf(ast)
  return AST.isTupleType(inner) || AST.isTypeLiteral(inner) || AST.isUnion(inner) || AST.isTransformation(inner) ||
    AST.isSuspend(inner)
}

const findWithin = (ast: AST.AST, depth: number): Find | undefined => {
  switch (ast._tag) {
    case "TypeLiteral": {
      const fields = ast.propertySignatures.flatMap(({ name, type }) => {
        const find = findOf(type, depth)
        return find === undefined ? [] : [[name, find] as const]
      })
      if (fields.length === 0) return undefined
      return (value, location) => {
        if (typeof value !== "object" || value === null) return undefined
        for (const [name, find] of fields) {
          const found = find((value as Record<PropertyKey, unknown>)[name], [...location, name])
          if (found !== undefined) return found
        }
        return undefined
      }
    }
    case "TupleType": {
      const item = ast.rest[0] && findOf(ast.rest[0].type, depth)
      if (item === undefined) return undefined
      return (value, location) => {
        if (!Array.isArray(value)) return undefined
        for (const [index, one] of value.entries()) {
          const found = item(one, [...location, index])
          if (found !== undefined) return found
        }
        return undefined
      }
    }
    case "Union": {
      const [only, ...others] = ast.types.filter(isContainer)
      return only === undefined || others.length > 0 ? undefined : findOf(only, depth)
    }
    case "Transformation":
      return findOf(ast.from, depth)
    default:
      return undefined
  }
}

const finders = new WeakMap<AST.AST, { readonly find: Find | undefined }>()

/** The error of a body that has far too many items, before anything else of it is checked. */
const countsOf = (json: unknown, { ast }: Schema.Schema.All): ServerError | undefined => {
  let entry = finders.get(ast)
  if (entry === undefined) finders.set(ast, entry = { find: findOf(ast) })
  const found = entry.find?.(json, ["body"])
  if (found === undefined) return undefined
  const { isArray, limit, location } = found
  return invalid([{
    location,
    message: `ensure this value has at most ${limit} items`,
    type: `value_error.${isArray ? "list" : "dict"}.max_items; limit_value=${limit}`
  }])
}

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/** The prototype of objects that have their own `toString`. Schemas convert discriminators of any type to strings. */
const printable = Object.defineProperty({}, Symbol.toPrimitive, { value: () => "[object Object]" })

/** Checks all values, and replaces prototypes where a conversion to a string would fail. */
const valuesOf = (json: unknown): ServerError | undefined => {
  if (typeof json === "number" && !Number.isFinite(json)) return infinite
  const open: Array<object> = typeof json === "object" && json !== null ? [json] : []
  let count = 0
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (Object.hasOwn(value, "toString") || Object.hasOwn(value, "valueOf")) Object.setPrototypeOf(value, printable)
    // A Schema copies fields by assignment, which would set the prototype.
    if (Object.hasOwn(value, "__proto__")) return prototype
    for (const child of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof child === "number") {
        if (!Number.isFinite(child)) return infinite
        continue
      }
      if (++count > maxValues) return tooMany
      if (typeof child === "object" && child !== null) open.push(child)
    }
  }
  return undefined
}

/** Parses the JSON of a body. Returns the error of one that is not JSON or exceeds a bound; undefined for an empty text. */
export const parse = (
  text: string,
  schema: Schema.Schema.All | undefined
): ServerError | { readonly json: unknown } => {
  if (text.trim() === "") return { json: undefined }
  if (Json.isTooDeep(text)) return tooDeep
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return notJson
  }
  // A shorter text has no container of this size.
  const counts = text.length > 2 * minSize && schema !== undefined ? countsOf(json, schema) : undefined
  return counts ?? valuesOf(json) ?? { json }
}
