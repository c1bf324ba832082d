import * as Predicate from "effect/Predicate"

// The facts of an OpenAPI document about each field of each operation.

/** The facts of a field. */
export interface Fact {
  readonly required: boolean
  readonly types: ReadonlySet<string>
  /** The values of the enum, as JSON. Empty without an enum. */
  readonly values: ReadonlySet<string>
  readonly limits: Readonly<Record<string, unknown>>
}

export type Facts = ReadonlyMap<string, Fact>

export interface Operation {
  readonly route: string
  readonly parameters: Facts
  readonly request: Facts
  readonly response: Facts
}

type Json = Readonly<Record<string, unknown>>

const recordOf = (value: unknown): Json => Predicate.isRecord(value) ? value : {}

const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

const limitNames = [
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "pattern"
]

const resolver = (document: { readonly components?: unknown }) => (value: unknown): Json => {
  let schema = recordOf(value)
  for (let hops = 0; hops < 20 && typeof schema["$ref"] === "string"; hops++) {
    const [, , kind = "", name = ""] = schema["$ref"].split("/")
    schema = recordOf(recordOf(recordOf(document.components)[kind])[name])
  }
  return schema
}

type Resolve = ReturnType<typeof resolver>

/** The members of a union, each with the keywords that all share. A schema that is not a union is its only member. */
const membersOf = (resolve: Resolve, value: unknown, depth = 0): ReadonlyArray<Json> => {
  const schema = resolve(value)
  const members = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])]
  const nullable = schema["nullable"] === true ? [{ type: "null" }] : []
  if (members.length > 0 && depth < 10) {
    return [...members.flatMap((member) => membersOf(resolve, member, depth + 1)), ...nullable]
  }
  const all = listOf(schema["allOf"]).map(resolve)
  const merged = all.length === 0 ? schema : all.reduce<Json>((one, other) => ({
    ...one,
    ...other,
    required: [...listOf(one["required"]), ...listOf(other["required"])],
    properties: { ...recordOf(one["properties"]), ...recordOf(other["properties"]) }
  }), schema)
  const types = Array.isArray(merged["type"]) ? merged["type"] : undefined
  return [...types === undefined ? [merged] : types.map((type) => ({ ...merged, type })), ...nullable]
}

const valuesOf = (schema: Json): ReadonlyArray<unknown> =>
  "const" in schema ? [schema["const"]] : listOf(schema["enum"]).filter((value) => value !== null)

const typeOf = (schema: Json): string => {
  if (typeof schema["type"] === "string") return schema["type"]
  if ("properties" in schema) return "object"
  const [value] = valuesOf(schema)
  return value === undefined ? "any" : typeof value
}

const labelOf = (resolve: Resolve, schema: Json): string => {
  const properties = recordOf(schema["properties"])
  for (const name of ["type", "role", "event", "object"]) {
    const [value, ...others] = valuesOf(resolve(properties[name]))
    if (value !== undefined && others.length === 0) return String(value)
  }
  return "object"
}

const walk = (
  resolve: Resolve,
  value: unknown,
  path: string,
  required: boolean,
  facts: Map<string, Fact>,
  seen: ReadonlyArray<unknown>
): void => {
  const members = membersOf(resolve, value)
  const known = facts.get(path)
  facts.set(path, {
    required: (known?.required ?? true) && required,
    types: new Set([...known?.types ?? [], ...members.map(typeOf)]),
    values: new Set([
      ...known?.values ?? [],
      ...members.flatMap(valuesOf).map((value) => JSON.stringify(value))
    ]),
    limits: {
      ...known?.limits,
      ...Object.fromEntries(
        members.flatMap((member) => limitNames.flatMap((name) => name in member ? [[name, member[name]]] : []))
      )
    }
  })
  const objects = members.filter((member) => typeOf(member) === "object")
  for (const member of members) {
    // A schema may contain itself.
    if (seen.includes(member)) continue
    const below = [...seen, member]
    if (typeOf(member) === "array") walk(resolve, member["items"], `${path}[]`, true, facts, below)
    const names = new Set(listOf(member["required"]))
    const here = objects.length > 1 && objects.includes(member) ? `${path}<${labelOf(resolve, member)}>` : path
    for (const [name, property] of Object.entries(recordOf(member["properties"]))) {
      walk(resolve, property, here === "" ? name : `${here}.${name}`, names.has(name), facts, below)
    }
  }
}

const contentOf = (resolve: Resolve, content: unknown): Facts => {
  const facts = new Map<string, Fact>()
  for (const [type, media] of Object.entries(recordOf(content))) {
    const { schema } = recordOf(media)
    if (schema === undefined) continue
    walk(resolve, schema, type.startsWith("text/event-stream") ? "events" : "", true, facts, [])
  }
  return facts
}

const parametersOf = (resolve: Resolve, parameters: ReadonlyArray<unknown>): Facts => {
  const facts = new Map<string, Fact>()
  for (const { in: place, name, required, schema } of parameters.map(resolve)) {
    walk(resolve, schema, `${String(name)} (${String(place)})`, required === true, facts, [])
  }
  return facts
}

const methods = ["get", "post", "put", "patch", "delete"]

/** The operations of a document by `operationId`. */
export const operations = (
  document: { readonly paths: Json; readonly components?: unknown }
): ReadonlyMap<string, Operation> => {
  const resolve = resolver(document)
  return new Map(
    Object.entries(document.paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = recordOf(item)[method]
        if (!Predicate.isRecord(operation)) return []
        const route = `${method.toUpperCase()} ${path}`
        const parameters = [...listOf(recordOf(item)["parameters"]), ...listOf(operation["parameters"])]
        const { content } = resolve(recordOf(operation["responses"])["200"])
        return [
          [
            typeof operation["operationId"] === "string" ? operation["operationId"] : route,
            {
              route,
              parameters: parametersOf(resolve, parameters),
              request: contentOf(resolve, resolve(operation["requestBody"])["content"]),
              response: contentOf(resolve, content)
            }
          ] as const
        ]
      })
    )
  )
}
