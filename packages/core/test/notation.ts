export type Json = Readonly<Record<string, unknown>>

/** The words of a Schema; they are no part of what it takes. */
const words = ["title", "description"]

/** What keywords may stand in a Schema of a type, beside `default` and `deprecated`. */
const only = (schema: Json, ...keywords: ReadonlyArray<string>): void => {
  const other = Object.keys(schema).filter((key) =>
    ![...words, ...keywords, "type", "default", "deprecated"].includes(key)
  )
  if (other.length > 0) throw new Error(`no notation for ${other.join()} in ${JSON.stringify(schema)}`)
}

const literal = (value: unknown) => typeof value === "string" ? `'${value}'` : JSON.stringify(value)

const range = (minimum: unknown, maximum: unknown) =>
  minimum === undefined && maximum === undefined ? [] : [`${minimum ?? ""}..${maximum ?? ""}`]

const limits = (...all: ReadonlyArray<unknown>) => all.length === 0 ? "" : `(${all.join(", ")})`

const type = (schema: Json): string => {
  const { $ref, anyOf, enum: values, format, items, maximum, minimum, pattern, propertyNames } = schema
  if (typeof $ref === "string") {
    only(schema, "$ref")
    return $ref.replace("#/components/schemas/", "")
  }
  if (Array.isArray(anyOf)) {
    only(schema, "anyOf")
    return anyOf.map(notation).join(" | ")
  }
  switch (schema["type"]) {
    case undefined:
      only(schema)
      return "unknown"
    case "string":
      only(schema, "enum", "minLength", "maxLength", "pattern", "format")
      return Array.isArray(values)
        ? values.map(literal).join(" | ")
        : `string${
          limits(
            ...range(schema["minLength"], schema["maxLength"]),
            ...(pattern === undefined ? [] : [`/${String(pattern)}/`]),
            ...(format === undefined ? [] : [format])
          )
        }`
    case "integer":
    case "number":
      only(schema, "minimum", "maximum")
      return `${schema["type"]}${limits(...range(minimum, maximum))}`
    case "array": {
      only(schema, "items", "minItems", "maxItems")
      const item = notation(items as Json)
      return `${item.includes(" ") && !item.startsWith("{") ? `(${item})` : item}[${
        range(schema["minItems"], schema["maxItems"]).join()
      }]`
    }
    case "object": {
      if (schema["properties"] !== undefined) {
        only(schema, "properties", "required")
        return `{ ${Object.entries(fields(schema)).map(([name, field]) => `${name}: ${field}`).join("; ")} }`
      }
      only(schema, "additionalProperties", "propertyNames", "maxProperties")
      const key = propertyNames === undefined ? "string" : notation(propertyNames as Json)
      const value = notation((schema["additionalProperties"] ?? {}) as Json)
      return `{ [${key}]: ${value} }${limits(...range(undefined, schema["maxProperties"]))}`
    }
    default:
      only(schema)
      return String(schema["type"])
  }
}

/**
 * A JSON Schema as one would write a type: `Name` for a component, `'a' | 'b'` for literals, `A[1..9]` for a list with
 * its limits, `string(1..9)`, `string(/pattern/)`, `integer(1..9)`, and `= x` for a default. A keyword without a notation
 * is an error, so that none is overlooked.
 */
export const notation = (schema: Json | true): string => {
  if (schema === true) return "unknown"
  const { default: default_, deprecated } = schema
  return `${deprecated === true ? "deprecated " : ""}${type(schema)}${
    default_ === undefined ? "" : ` = ${literal(default_)}`
  }`
}

/** The fields of an object; a question mark says that one may be left out. */
export const fields = ({ properties, required }: Json): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((properties ?? {}) as Readonly<Record<string, Json>>).map(([name, field]) => [
      Array.isArray(required) && required.includes(name) ? name : `${name}?`,
      notation(field)
    ])
  )
