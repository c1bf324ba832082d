import * as FastCheck from "effect/FastCheck"
import type { Reader } from "./reading.js"

interface Schema {
  readonly [key: string]: unknown
}

/** The sources of an example. */
export interface Material {
  /** Used for every string that allows it. */
  readonly text: string
  /** Where alternatives and numbers are looked for. */
  readonly said?: string | undefined
  /** Finds the value that a message has for a field. */
  readonly reader?: Reader | undefined
  /** A number from 0 to below 1, for a choice among all that fits. Default: the smallest value is taken. */
  readonly random?: (() => number) | undefined
}

const isSchema = (u: unknown): u is Schema => typeof u === "object" && u !== null && !Array.isArray(u)

const numberOr = (u: unknown, otherwise: number): number => typeof u === "number" && Number.isFinite(u) ? u : otherwise

const stringsOf = (u: unknown): ReadonlyArray<string> =>
  Array.isArray(u) ? u.filter((value) => typeof value === "string") : []

const schemasOf = (u: unknown): Schema => isSchema(u) ? u : {}

const maxDepth = 16
const maxValues = 1000
const maxItems = 100
const maxText = 1000
/** How far a number may be from its only limit, and how many items more than the least there may be. */
const span = 100
const maxMore = 3
const maxFree = 6

const formats: Readonly<Record<string, string>> = {
  "date-time": "2024-01-01T00:00:00Z",
  date: "2024-01-01",
  time: "00:00:00Z",
  duration: "PT1H",
  email: "user@example.com",
  "idn-email": "user@example.com",
  hostname: "example.com",
  "idn-hostname": "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  "uri-reference": "/",
  iri: "https://example.com/",
  "iri-reference": "/",
  uuid: "00000000-0000-4000-8000-000000000000",
  "json-pointer": "/0",
  regex: ".*"
}

// -----------------------------------------------------------------------------
// schemas
// -----------------------------------------------------------------------------

/** A reference within the document, `#/$defs/Name` say. */
const lookUp = (root: unknown, ref: string): unknown =>
  ref.split("/").slice(1).reduce<unknown>((schema, step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~")
    return typeof schema === "object" && schema !== null && Object.hasOwn(schema, key)
      ? (schema as Schema)[key]
      : undefined
  }, root)

/** All parts of a Schema as one. */
const merge = (schema: Schema, parts: ReadonlyArray<unknown>): Schema => {
  const all = [...parts.filter(isSchema), schema]
  const tightest = (key: string, choose: (...values: ReadonlyArray<number>) => number) => {
    const values = all.flatMap((one) => typeof one[key] === "number" ? [one[key]] : [])
    return values.length === 0 ? {} : { [key]: choose(...values) }
  }
  return {
    ...Object.assign({}, ...all),
    ...tightest("minimum", Math.max),
    ...tightest("maximum", Math.min),
    ...tightest("minLength", Math.max),
    ...tightest("maxLength", Math.min),
    ...tightest("minItems", Math.max),
    ...tightest("maxItems", Math.min),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required }) => stringsOf(required))
  }
}

const typesOf = (schema: Schema): ReadonlyArray<unknown> => {
  const { items, properties, required, type } = schema
  if (Array.isArray(type)) return type.filter((one) => one !== "null").length > 0 ? type : ["null"]
  if (type !== undefined) return [type]
  const isObject = isSchema(properties) && Object.keys(properties).length > 0 || stringsOf(required).length > 0
  return [isObject ? "object" : items !== undefined ? "array" : "string"]
}

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

const numberWith = (
  schema: Schema,
  isInteger: boolean,
  { random, reader, said = "" }: Material,
  nth: number,
  field: string
): number => {
  const multiple = numberOr(schema["multipleOf"], 0)
  const step = Math.abs(multiple) || 1
  const above = numberOr(schema["exclusiveMinimum"], -Infinity)
  const below = numberOr(schema["exclusiveMaximum"], Infinity)
  const least = Math.max(numberOr(schema["minimum"], -Infinity), above)
  const most = Math.min(numberOr(schema["maximum"], Infinity), below)
  const isMultiple = (value: number) => multiple === 0 ? !isInteger || Number.isInteger(value) : value % step === 0
  const fits = (value: number) =>
    Number.isFinite(value) && value >= least && value <= most && value !== above && value !== below

  const read = reader?.number(field, (value) => fits(value) && isMultiple(value), false)
  if (read !== undefined) return read
  const found = reader !== undefined
    ? []
    : (said.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number).filter((value) => fits(value) && isMultiple(value))
  if (nth < found.length) return found[nth]!

  const from = Number.isFinite(least) ? least : Number.isFinite(most) ? most - span : 0
  const to = Number.isFinite(most) ? most : from + span
  if (random !== undefined) {
    const chosen = Math.ceil((from + random() * (to - from)) / step) * step
    if (fits(chosen)) return chosen
  }
  const candidates = [
    Number.isFinite(least) || !fits(0) ? NaN : nth * step,
    nth === 0 && fits(0) ? 0 : NaN,
    Math.ceil(from / step) * step + nth * step,
    (Math.floor(from / step) + 1 + nth) * step,
    (Math.ceil(to / step) - 1 - nth) * step,
    ...(isInteger || multiple !== 0 ? [] : [from, (from + to) / 2])
  ]
  return candidates.find(fits) ?? from
}

/** Words that match a pattern. `undefined` if the pattern is invalid, or if no match of a fitting length is found soon. */
const matching = (pattern: string, seed: number, fits: (text: string) => boolean): string | undefined => {
  try {
    const arbitrary = FastCheck.stringMatching(new RegExp(pattern, "u"), { size: "-1" })
    return FastCheck.sample(arbitrary, { seed, numRuns: 20 }).find(fits)
  } catch {
    return undefined
  }
}

const stringWith = (schema: Schema, { random, reader, text }: Material, nth: number, field: string): string => {
  const least = Math.min(numberOr(schema["minLength"], 0), maxText)
  const most = Math.max(Math.min(numberOr(schema["maxLength"], maxText), maxText), 0)
  // A length is one of code points.
  const fits = (value: string) => {
    const { length } = [...value]
    return length >= least && length <= most
  }
  const format = formats[String(schema["format"])]
  if (format === undefined || /^(?:date|date-time|email|uri)$/.test(String(schema["format"]))) {
    const read = reader?.string(field, schema, fits, false)
    if (read !== undefined) return read
  }
  if (format !== undefined) return format
  const { pattern } = schema
  if (typeof pattern === "string") {
    const seed = random === undefined ? nth : Math.floor(random() * 0x7fffffff)
    const found = matching(pattern, seed, fits)
    if (found !== undefined) return found
  }
  const number = nth === 0 ? "" : String(nth)
  const points = [...(text || "string")].slice(0, Math.max(most - number.length, 0)).join("") + number
  return [...points].slice(0, most).join("").padEnd(least, "x")
}

// -----------------------------------------------------------------------------
// example
// -----------------------------------------------------------------------------

/**
 * A value that fits a JSON Schema. The smallest has the first of an enumeration, required fields alone, and zero;
 * what is not a Schema gives null.
 */
export const example = (root: unknown, material: Material): unknown => {
  const { random, reader, said = "" } = material
  let values = 0

  /** Deep inside, what is smallest is taken: a Schema may hold itself. */
  const randomAt = (depth: number) => depth < maxFree ? random : undefined

  const choose = <A>(all: ReadonlyArray<A>, depth: number, nth = 0): A => {
    const random = randomAt(depth)
    return all[random === undefined ? nth % all.length : Math.floor(random() * all.length)]!
  }

  const isSaid = (value: unknown): boolean => {
    if (typeof value !== "string" || value === "") return false
    const words = value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/[_ -]/g, "[_ -]")
    return new RegExp(String.raw`(?<![\p{L}\d])${words}(?![\p{L}\d])`, "iu").test(said)
  }

  /** Whether a message says something of a field that may be left out. */
  const isGiven = (field: string, schema: unknown): boolean => {
    if (reader === undefined || !isSchema(schema)) return false
    const { enum: enumeration, type } = schema
    if (Array.isArray(enumeration)) return enumeration.some(isSaid)
    return type === "boolean" && reader.boolean(field)
  }

  /** The value that a message has for an optional field, found by the name of the field. */
  const named = (field: string, schema: unknown): unknown => {
    if (reader === undefined || !isSchema(schema) || "enum" in schema || "const" in schema) return undefined
    const { type } = schema
    if (type === "string") {
      const length = (value: string) => [...value].length
      const fits = (value: string) =>
        length(value) >= numberOr(schema["minLength"], 0) && length(value) <= numberOr(schema["maxLength"], maxText)
      if (schema["format"] !== undefined && !/^(?:date|date-time|email|uri)$/.test(String(schema["format"]))) {
        return undefined
      }
      return reader.string(field, schema, fits, true)
    }
    if (type !== "integer" && type !== "number") return undefined
    const probe = (value: number) =>
      (type === "number" || Number.isInteger(value)) && value >= numberOr(schema["minimum"], -Infinity) &&
      value <= numberOr(schema["maximum"], Infinity) && value > numberOr(schema["exclusiveMinimum"], -Infinity) &&
      value < numberOr(schema["exclusiveMaximum"], Infinity) && value % numberOr(schema["multipleOf"], 1) === 0
    return reader.number(field, probe, true)
  }

  const object = (schema: Schema, depth: number) => {
    const known = schemasOf(schema["properties"])
    const { additionalProperties } = schema
    const names = new Set(stringsOf(schema["required"]))
    const random = randomAt(depth)
    if (random !== undefined) { for (const name of Object.keys(known)) if (random() < 0.5) names.add(name) }
    const least = Math.min(numberOr(schema["minProperties"], 0), maxItems)
    for (const name of Object.keys(known)) if (names.size < least) names.add(name)
    for (let nth = 0; names.size < least && additionalProperties !== false; nth++) names.add(`key${nth}`)
    const schemaOf = (name: string) => Object.hasOwn(known, name) ? known[name] : schemasOf(additionalProperties)
    if (reader !== undefined && names.size === 0 && depth === 0) {
      // Where nothing is required, the first field is what the function is about.
      for (const name of Object.keys(known).slice(0, 1)) names.add(name)
    }
    // What the message names comes before what only looks right.
    const given = new Map(Object.keys(known).map((name) => [name, named(name, known[name])]))
    for (const [name, schema] of Object.entries(known)) {
      if (given.get(name) !== undefined || isGiven(name, schema)) names.add(name)
    }
    return Object.fromEntries(
      Array.from(names, (name) => [name, given.get(name) ?? go(schemaOf(name), depth + 1, 0, name)])
    )
  }

  const array = (schema: Schema, depth: number, field: string) => {
    const { items = {}, prefixItems, uniqueItems } = schema
    const first = Array.isArray(prefixItems) ? prefixItems.slice(0, maxItems) : []
    const least = Math.min(Math.max(numberOr(schema["minItems"], 0), first.length), maxItems)
    const most = items === false ? first.length : numberOr(schema["maxItems"], least + maxMore)
    const random = randomAt(depth)
    const more = random === undefined ? 0 : Math.floor(random() * (Math.max(Math.min(most - least, maxMore), 0) + 1))
    const made: Array<unknown> = []
    if (
      reader !== undefined && isSchema(items) && items["type"] === "string" && first.length === 0 && !("enum" in items)
    ) {
      const most = Math.min(numberOr(schema["maxItems"], maxItems), maxItems)
      const one = field.replace(/ies$/, "y").replace(/s$/, "")
      for (let value: string | undefined; made.length < most; made.push(value)) {
        value = reader.string(one, items, () => true, false)
        if (value === undefined || made.includes(value)) break
      }
      if (made.length >= least) return made
      made.length = 0
    }
    const seen = new Set<string>()
    // Where each must be unique, some are dropped.
    for (let nth = 0; made.length < least + more && nth < 2 * maxItems; nth++) {
      const value = go(first[made.length] ?? items, depth + 1, uniqueItems === true ? nth : 0)
      const key = uniqueItems === true ? JSON.stringify(value) : String(nth)
      if (!seen.has(key)) made.push(value)
      seen.add(key)
    }
    return made
  }

  const resolved = (schema: unknown): unknown =>
    isSchema(schema) && typeof schema["$ref"] === "string" ? lookUp(root, schema["$ref"]) : schema

  const go = (schema: unknown, depth: number, nth = 0, field = ""): unknown => {
    if (schema === true) return go({}, depth, nth, field)
    if (!isSchema(schema) || depth > maxDepth || ++values > maxValues) return null
    if ("const" in schema) return schema["const"]
    const { enum: enumeration } = schema
    if (Array.isArray(enumeration) && enumeration.length > 0) {
      return enumeration.find(isSaid) ?? choose(enumeration, depth, nth)
    }
    if ("$ref" in schema) {
      const { $ref: _, ...rest } = schema
      return go(merge(rest, [resolved(schema)]), depth + 1, nth, field)
    }
    for (const key of ["allOf", "anyOf", "oneOf"]) {
      const { [key]: parts, ...rest } = schema
      if (!Array.isArray(parts) || parts.length === 0) continue
      return go(merge(rest, (key === "allOf" ? parts : [choose(parts, depth)]).map(resolved)), depth + 1, nth, field)
    }
    const types = typesOf(schema)
    const type = randomAt(depth) === undefined ? types.find((one) => one !== "null") ?? "null" : choose(types, depth)
    switch (type) {
      case "object":
        return object(schema, depth)
      case "array":
        return array(schema, depth, field)
      case "integer":
        return numberWith(schema, true, material, nth, field)
      case "number":
        return numberWith(schema, false, material, nth, field)
      case "boolean":
        return random === undefined && reader !== undefined
          ? reader.boolean(field)
          : choose([false, true], depth, nth)
      case "null":
        return null
      default:
        return stringWith(schema, material, nth, field)
    }
  }
  return go(root, 0)
}
