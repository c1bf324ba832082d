import * as Predicate from "effect/Predicate"

// The subset of JSON Schema that `strict` supports: every object lists its fields, and requires all of them.

type Path = ReadonlyArray<string>

const isObject = Predicate.isRecord

/** Maximum depth that is checked. A deeper Schema passes. */
const maxDepth = 50

/** The Schemas within a Schema. */
const inner = (schema: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [Path, unknown]> => [
  ...["properties", "$defs", "definitions"].flatMap((key) =>
    Object.entries(isObject(schema[key]) ? schema[key] : {}).map(([name, one]) => [[key, name], one] as const)
  ),
  ...(isObject(schema["items"]) ? [[["items"], schema["items"]] as const] : []),
  ...(Array.isArray(schema["anyOf"])
    ? schema["anyOf"].map((one: unknown, index) => [["anyOf", String(index)], one] as const)
    : [])
]

/** What `strict` does not support in a Schema. undefined if all of it is supported. */
export const unsupported = (schema: unknown, path: Path = [], depth = 0): string | undefined => {
  if (!isObject(schema) || depth > maxDepth) return undefined
  const context = `In context=(${path.map((step) => `'${step}'`).join(", ")})`
  if (schema["type"] === "object" || isObject(schema["properties"])) {
    if (schema["additionalProperties"] !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`
    }
    const required: ReadonlyArray<unknown> = Array.isArray(schema["required"]) ? schema["required"] : []
    const properties = isObject(schema["properties"]) ? schema["properties"] : {}
    const missing = Object.keys(properties).find((name) => !required.includes(name))
    if (missing !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in ` +
        `properties. Missing '${missing}'.`
    }
  }
  for (const [steps, one] of inner(schema)) {
    const found = unsupported(one, [...path, ...steps], depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
