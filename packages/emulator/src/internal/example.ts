interface Schema {
  readonly [key: string]: unknown
}

const isSchema = (u: unknown): u is Schema => typeof u === "object" && u !== null && !Array.isArray(u)

const numberOr = (u: unknown, otherwise: number): number => typeof u === "number" && Number.isFinite(u) ? u : otherwise

const stringsOf = (u: unknown): ReadonlyArray<string> =>
  Array.isArray(u) ? u.filter((value) => typeof value === "string") : []

const maxDepth = 16
const maxValues = 1000
const maxItems = 100
const maxText = 1000

const formats: Readonly<Record<string, string>> = {
  "date-time": "2024-01-01T00:00:00Z",
  date: "2024-01-01",
  time: "00:00:00Z",
  email: "user@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000"
}

/** A reference within the document, `#/$defs/Name` say. */
const resolve = (root: unknown, ref: string): unknown =>
  ref.split("/").slice(1).reduce<unknown>((schema, step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~")
    return typeof schema === "object" && schema !== null && Object.hasOwn(schema, key)
      ? (schema as Schema)[key]
      : undefined
  }, root)

/** All parts of an `allOf` as one. */
const merge = (schema: Schema, parts: ReadonlyArray<unknown>): Schema => {
  const all = [...parts.filter(isSchema), schema]
  return {
    ...Object.assign({}, ...all),
    allOf: undefined,
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required }) => stringsOf(required))
  }
}

const typeOf = (schema: Schema): unknown => {
  const { type } = schema
  if (Array.isArray(type)) return type.find((one) => one !== "null") ?? "null"
  return type ?? (isSchema(schema["properties"]) ? "object" : "items" in schema ? "array" : "string")
}

const exampleNumber = (schema: Schema, isInteger: boolean): number => {
  const step = Math.abs(numberOr(schema["multipleOf"], 1)) || 1
  const above = numberOr(schema["exclusiveMinimum"], -Infinity)
  const below = numberOr(schema["exclusiveMaximum"], Infinity)
  const least = Math.max(numberOr(schema["minimum"], -Infinity), above)
  const most = Math.min(numberOr(schema["maximum"], Infinity), below)
  const fits = (value: number) => value >= least && value <= most && value !== above && value !== below
  if (fits(0)) return 0
  const from = Number.isFinite(least) ? least : most
  const candidates = [
    Math.ceil(from / step) * step,
    (Math.floor(least / step) + 1) * step,
    (Math.ceil(most / step) - 1) * step,
    ...(isInteger ? [] : [from, (least + most) / 2])
  ]
  return candidates.find((value) => Number.isFinite(value) && fits(value)) ?? from
}

const exampleString = (schema: Schema, text: string): string => {
  const format = formats[String(schema["format"])]
  if (format !== undefined) return format
  const least = Math.min(numberOr(schema["minLength"], 0), maxText)
  const most = Math.min(numberOr(schema["maxLength"], maxText), maxText)
  return (text || "string").slice(0, Math.max(most, 0)).padEnd(least, "x")
}

/**
 * A value that fits a JSON Schema, as small as one can be: the first of an enumeration, required fields alone, zero, and
 * the text wherever a string may stand. Whatever is no Schema gives null.
 */
export const example = (root: unknown, text: string): unknown => {
  let values = 0
  const go = (schema: unknown, depth: number): unknown => {
    if (!isSchema(schema) || depth > maxDepth || ++values > maxValues) return null
    if ("const" in schema) return schema["const"]
    const { $ref, allOf, anyOf, enum: enumeration, items, oneOf, prefixItems, properties } = schema
    if (Array.isArray(enumeration) && enumeration.length > 0) return enumeration[0]
    if (typeof $ref === "string") return go(resolve(root, $ref), depth + 1)
    if (Array.isArray(allOf)) return go(merge(schema, allOf), depth + 1)
    const choices = anyOf ?? oneOf
    if (Array.isArray(choices) && choices.length > 0) return go(choices[0], depth + 1)
    switch (typeOf(schema)) {
      case "object": {
        const known = isSchema(properties) ? properties : {}
        return Object.fromEntries(
          stringsOf(schema["required"]).map((key) => [
            key,
            Object.hasOwn(known, key) ? go(known[key], depth + 1) : null
          ])
        )
      }
      case "array": {
        const first = Array.isArray(prefixItems) ? prefixItems.slice(0, maxItems) : []
        const length = Math.min(numberOr(schema["minItems"], 0), maxItems)
        return Array.from(
          { length: Math.max(length, first.length) },
          (_, index) => go(first[index] ?? items, depth + 1)
        )
      }
      case "integer":
        return exampleNumber(schema, true)
      case "number":
        return exampleNumber(schema, false)
      case "boolean":
        return false
      case "null":
        return null
      default:
        return exampleString(schema, text)
    }
  }
  return go(root, 0)
}
