/**
 * The facts of an OpenAPI document: names, types, limits, enum values, defaults and requiredness, without its prose.
 *
 * Every type is one line of text, close to TypeScript:
 *
 * - `'a' | 'b'` are the values of an enum, `A | null` is nullable, `A | B` is `anyOf` and `oneOf`.
 * - `string(1..256)`, `string(/pattern/)`, `string(binary)`, `integer(0..)`, `number(>0..2)` have limits or a format.
 * - `A[1..4]` is an array with its limits, `{ [string]: A }(..16)` an object whose names are free.
 * - `= 20` at the end is the default, `deprecated` at the beginning the flag. A `?` after a name says optional.
 * - `RunObject` is the component of that name. An object that is stated where it is used has its owner's name and its
 *   own: `RunObject.last_error`. One of several objects of a union has its type: `Request.input<image_url>`.
 */

type Json = Readonly<Record<string, unknown>>

/** The documents state the components of events, and say in prose alone which operation streams them. */
export const streams: Readonly<Record<string, string>> = {
  createChatCompletion: "CreateChatCompletionStreamResponse",
  createCompletion: "CreateCompletionResponse",
  createRun: "AssistantStreamEvent",
  createThreadAndRun: "AssistantStreamEvent",
  submitToolOuputsToRun: "AssistantStreamEvent"
}

export type Fields = Readonly<Record<string, string>>

export interface Facts {
  /** By `operationId`: `<METHOD>` with the path, and the types of its parameters and bodies, by place. */
  readonly operations: Readonly<Record<string, Fields>>
  /** By name: the fields of an object, or the type of anything else. */
  readonly schemas: Readonly<Record<string, Fields | string>>
  /** By `operationId`: the titles of the document's examples; `null` is an example without a title. */
  readonly examples: Readonly<Record<string, ReadonlyArray<string | null>>>
  /** The components that the document has an example of. */
  readonly objects: ReadonlyArray<string>
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, any>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

export interface Operation extends Json {
  readonly operationId: string
  readonly tags?: ReadonlyArray<string>
}

// -----------------------------------------------------------------------------
// reading a document
// -----------------------------------------------------------------------------

const prose = ["title", "description", "example", "examples", "externalDocs", "discriminator"]

/** Refuses a keyword that the facts have no notation for, so that none is overlooked. */
const only = (schema: Json, ...keywords: ReadonlyArray<string>): void => {
  const known = [...prose, ...keywords, "type", "default", "deprecated", "nullable"]
  const other = Object.keys(schema).filter((key) => !known.includes(key) && !key.startsWith("x-"))
  if (other.length > 0) throw new Error(`There is no notation for ${other.join()} in ${JSON.stringify(schema)}`)
}

const literal = (value: unknown): string => {
  if (typeof value !== "string") return JSON.stringify(value)
  if (value.includes("'")) throw new Error(`There is no notation for the quotation mark in ${value}`)
  return `'${value}'`
}

const range = (minimum: unknown, maximum: unknown): ReadonlyArray<string> =>
  minimum === undefined && maximum === undefined ? [] : [`${minimum ?? ""}..${maximum ?? ""}`]

const limits = (...all: ReadonlyArray<unknown>): string => all.length === 0 ? "" : `(${all.join(", ")})`

/** OpenAPI 3.0 has a flag next to the limit, 3.1 the limit itself. */
const bound = (sign: string, limit: unknown, exclusive: unknown): unknown => {
  if (exclusive === true) return `${sign}${limit}`
  return typeof exclusive === "number" ? `${sign}${exclusive}` : limit
}

const isObject = (schema: Json): boolean => schema["properties"] !== undefined

/** The value of the first field that can have only one. It identifies an object of a union. */
const tagOf = (literals: (field: string) => ReadonlyArray<string>): string | undefined =>
  ["type", "role", "object", "event"].map(literals).find((found) => found.length === 1)?.[0]

/** The titles of an operation's examples: one of them has none, several have one each. */
const titlesOf = (examples: any): ReadonlyArray<string | null> => {
  if (examples === undefined) return []
  return Array.isArray(examples) ? examples.map(({ title }) => title ?? null) : [null]
}

/** Reads the facts of the operations that `include` accepts, and of the components they use. */
export const read = (document: Document, include: (operation: Operation) => boolean = () => true): Facts => {
  const found = new Map<string, Fields | string>()

  const component = (name: string): string => {
    if (!found.has(name)) {
      found.set(name, "")
      const schema = document.components.schemas[name]
      if (schema === undefined) throw new Error(`There is no component ${name}`)
      if (isObject(schema) && schema["nullable"] !== true) found.set(name, fields(schema, name))
      else found.set(name, annotated(schema, name))
    }
    return name
  }

  const fields = (schema: Json, owner: string): Fields => {
    only(schema, "properties", "required", "additionalProperties")
    const properties = schema["properties"] as Readonly<Record<string, Json>>
    const required = (schema["required"] ?? []) as ReadonlyArray<string>
    return Object.fromEntries([
      ...Object.entries(properties).map(([name, field]) => [
        required.includes(name) ? name : `${name}?`,
        annotated(field, `${owner}.${name}`)
      ]),
      // Some documents require a field that they do not state.
      ...required.filter((name) => !(name in properties)).map((name) => [name, "unknown"])
    ])
  }

  const annotated = (schema: Json | true, owner: string): string => {
    if (schema === true) return "unknown"
    const { default: value, deprecated } = schema
    return `${deprecated === true ? "deprecated " : ""}${type(schema, owner)}${
      value === undefined ? "" : ` = ${literal(value)}`
    }`
  }

  const type = (schema: Json, owner: string): string => {
    const types = alternatives(schema, owner)
    return [...new Set(schema["nullable"] === true ? [...types, "null"] : types)].join(" | ")
  }

  const alternatives = (schema: Json, owner: string): ReadonlyArray<string> => {
    const { $ref, anyOf, enum: values, oneOf } = schema
    if (typeof $ref === "string") {
      only(schema, "$ref")
      return [component($ref.replace("#/components/schemas/", ""))]
    }
    const members = anyOf ?? oneOf
    if (Array.isArray(members)) {
      only(schema, "anyOf", "oneOf")
      const several = members.filter(isObject).length > 1
      return members.map((member: Json, index) => {
        const tag = tagOf((field) => (member["properties"] as any)?.[field]?.enum ?? [])
        return type(member, several && isObject(member) ? `${owner}<${tag ?? index + 1}>` : owner)
      })
    }
    if (Array.isArray(values)) {
      only(schema, "enum")
      return values.map(literal)
    }
    return [simple(schema, owner)]
  }

  const simple = (schema: Json, owner: string): string => {
    if (isObject(schema)) {
      const name = owner in document.components.schemas ? `${owner}<object>` : owner
      if (found.has(name)) throw new Error(`There are two objects ${name}`)
      found.set(name, {})
      found.set(name, fields(schema, name))
      return name
    }
    switch (schema["type"]) {
      case undefined:
        only(schema)
        return "unknown"
      case "boolean":
      case "null":
        only(schema)
        return schema["type"]
      case "string": {
        only(schema, "minLength", "maxLength", "pattern", "format")
        const { format, maxLength, minLength, pattern } = schema
        return `string${
          limits(
            ...range(minLength, maxLength),
            ...(pattern === undefined ? [] : [`/${String(pattern)}/`]),
            ...(format === undefined ? [] : [format])
          )
        }`
      }
      case "integer":
      case "number": {
        only(schema, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format")
        const { exclusiveMaximum, exclusiveMinimum, format, maximum, minimum } = schema
        return `${schema["type"]}${
          limits(
            ...range(bound(">", minimum, exclusiveMinimum), bound("<", maximum, exclusiveMaximum)),
            ...(format === undefined ? [] : [format])
          )
        }`
      }
      case "array": {
        only(schema, "items", "minItems", "maxItems")
        const item = type((schema["items"] ?? {}) as Json, owner)
        return `${item.includes(" | ") ? `(${item})` : item}[${range(schema["minItems"], schema["maxItems"]).join()}]`
      }
      case "object": {
        only(schema, "additionalProperties", "propertyNames", "maxProperties")
        const { additionalProperties, maxProperties, propertyNames } = schema
        const key = propertyNames === undefined ? "string" : type(propertyNames as Json, owner)
        const value = typeof additionalProperties === "object" ? type(additionalProperties as Json, owner) : "unknown"
        return `{ [${key}]: ${value} }${limits(...range(undefined, maxProperties))}`
      }
      default:
        throw new Error(`There is no notation for ${JSON.stringify(schema)}`)
    }
  }

  const bodies = (owner: string, prefix: string, content: Readonly<Record<string, { schema: Json }>> = {}) =>
    Object.entries(content).map(([mediaType, { schema }]) => [`${prefix} ${mediaType}`, annotated(schema, owner)])

  const operation = (path: string, method: string, operation: any): Fields => {
    const { operationId, parameters = [], requestBody, responses } = operation
    const event = responses[200]?.content?.["text/event-stream"] === undefined ? streams[operationId] : undefined
    return Object.fromEntries([
      [method.toUpperCase(), path],
      ...parameters.map(({ in: place, name, required, schema }: any) => [
        `${place} ${name}${required === true ? "" : "?"}`,
        annotated(schema, `${operationId}.${name}`)
      ]),
      ...bodies(
        `${operationId}.request`,
        requestBody?.required === true ? "request" : "request?",
        requestBody?.content
      ),
      ...Object.entries<any>(responses).flatMap(([status, response]) =>
        bodies(`${operationId}.${status}`, `response ${status}`, response.content)
      ),
      ...(event === undefined ? [] : [["response 200 text/event-stream", component(event)]])
    ])
  }

  const included = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, value]) => include(value)).map(([method, value]) => ({ method, path, value }))
  )
  const operations = included.map(({ method, path, value }) => [value.operationId, operation(path, method, value)])
  component("ErrorResponse")
  return {
    operations: Object.fromEntries(operations),
    schemas: Object.fromEntries([...found].sort(([a], [b]) => a < b ? -1 : 1)),
    examples: Object.fromEntries(
      included.map(({ value }) => [value.operationId, titlesOf(value["x-oaiMeta"]?.examples)])
    ),
    objects: Object.keys(document.components.schemas).filter((name) =>
      found.has(name) && (document.components.schemas[name] as any)["x-oaiMeta"]?.example !== undefined
    )
  }
}

// -----------------------------------------------------------------------------
// comparing
// -----------------------------------------------------------------------------

/** One parameter, body, field, or item of an array, wherever it is used. */
interface Fact {
  /** Where it is stated: the component, or the operation, and the field. */
  readonly at: string
  readonly type: string
  /** The place that this is a part of, and as what: as a field, or an item. */
  readonly parent: string
  readonly as: string
  /** What its own parts are. */
  readonly holds: ReadonlyArray<string>
}

/** Splits a type at a separator outside brackets, quotes and patterns. */
const split = (text: string, separator: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/'[^']*'|(?<=\(|, )\/.*?\/(?=\)|, )|[([{]|[)\]}]| \| | = |: /g)) {
    if (/^[([{]$/.test(token)) depth++
    else if (/^[)\]}]$/.test(token)) depth--
    else if (token === separator && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + token.length
    }
  }
  return [...parts, text.slice(start)]
}

const isOptional = (name: string) => name.endsWith("?")

/** Every fact of an operation, by its place in the request or the response, with components resolved. */
export const expand = ({ schemas }: Facts, operation: Fields, name: string): ReadonlyMap<string, Fact> => {
  const all = new Map<string, Fact>()

  const alternativesOf = (text: string): ReadonlyArray<string> =>
    split(text, " | ").flatMap((alternative) => {
      const schema = schemas[alternative]
      return typeof schema === "string" ? alternativesOf(split(schema.replace(/^deprecated /, ""), " = ")[0]!) : [
        alternative
      ]
    })

  const visit = (
    whole: string,
    path: string,
    fact: { readonly at: string; readonly parent: string; readonly as: string; readonly optional: boolean },
    within: ReadonlyArray<string>
  ): void => {
    const { as, at, optional, parent } = fact
    const deprecated = whole.startsWith("deprecated ")
    const [type = "", value] = split(deprecated ? whole.slice("deprecated ".length) : whole, " = ")
    const tokens: Array<string> = []
    const holds: Array<string> = []
    const children: Array<() => void> = []
    const alternatives = [...new Set(alternativesOf(type))]
    const objects = alternatives.filter((alternative) => schemas[alternative] !== undefined)
    const arrays = alternatives.filter((alternative) => alternative.endsWith("]"))
    const labels = new Map<string, number>()
    const visitOnly = (as: string, text: string) => {
      holds.push(as)
      children.push(() => visit(text, `${path}${as}`, { at: `${at}${as}`, parent: path, as, optional: false }, within))
    }
    for (const alternative of alternatives) {
      const fields = schemas[alternative]
      const array = /^(.*)\[([\d.]*)\]$/.exec(alternative)
      const record = /^\{ \[(.*?)\]: (.*) \}(\(.*\))?$/.exec(alternative)
      if (typeof fields === "object") {
        const tag = tagOf((field) => fields[field]?.match(/^'[^']*'$/) ?? []) ?? "object"
        const nth = (labels.get(tag) ?? 0) + 1
        labels.set(tag, nth)
        const as = objects.length === 1 ? "" : `<${tag.replaceAll("'", "")}${nth === 1 ? "" : ` ${nth}`}>`
        tokens.push(`object${as}`)
        if (within.includes(alternative)) continue
        holds.push(as)
        for (const [key, field] of Object.entries(fields)) {
          const name = key.replace(/\?$/, "")
          const fact = { at: `${alternative}.${name}`, parent: path, as, optional: isOptional(key) }
          children.push(() => visit(field, `${path}${as}.${name}`, fact, [...within, alternative]))
        }
      } else if (array !== null) {
        const [, item = "", size] = array
        tokens.push(`array${limits(...size === "" ? [] : [size])}`)
        visitOnly(
          arrays.length === 1 ? "[]" : `[]<${arrays.indexOf(alternative) + 1}>`,
          item.replace(/^\((.*)\)$/, "$1")
        )
      } else if (record !== null) {
        const [, key, value = "", size = ""] = record
        tokens.push(`{ [${key}] }${size}`)
        visitOnly("{}", value)
      } else {
        tokens.push(alternative)
      }
    }
    const text = tokens.sort().join(" | ")
    all.set(path, {
      at,
      parent,
      as,
      holds,
      type: `${optional ? "optional " : ""}${deprecated ? "deprecated " : ""}${text}${
        value === undefined ? "" : ` = ${value}`
      }`
    })
    children.forEach((child) => child())
  }

  for (const [key, type] of Object.entries(operation)) {
    const [place = "", ...rest] = key.split(" ")
    const path = [place.replace(/\?$/, ""), ...rest.map((part) => part.replace(/\?$/, ""))].join(" ")
    visit(type, path, { at: `${name}.${path}`, parent: "", as: "", optional: key.split(" ").some(isOptional) }, [])
  }
  return all
}

export interface Difference {
  readonly at: string
  /** The documented type; null where nothing is documented. */
  readonly documented: string | null
  /** The contract's type; null where it has none. */
  readonly contract: string | null
}

/** The alternatives of a long union that the other side lacks; `…` represents the rest. */
const shorten = (type: string, other: string): string => {
  const alternatives = (text: string) => text.replace(/^(optional )?(deprecated )?/, "").split(" = ")[0]!.split(" | ")
  const own = alternatives(type)
  const lacking = own.filter((alternative) => !alternatives(other).includes(alternative))
  return own.length - lacking.length < 8 ? type : type.replace(own.join(" | "), ["…", ...lacking].join(" | "))
}

/**
 * Every fact that differs, at whichever side it is missing. The parts of something that is missing entirely are not
 * reported.
 */
export const differences = (
  documented: ReadonlyMap<string, Fact>,
  contract: ReadonlyMap<string, Fact>
): ReadonlyArray<Difference> => {
  const isPart = ({ as, parent }: Fact, other: ReadonlyMap<string, Fact>): boolean =>
    parent === "" || other.get(parent)?.holds.includes(as) === true
  return [...new Set([...documented.keys(), ...contract.keys()])].flatMap((path) => {
    const expected = documented.get(path)
    const actual = contract.get(path)
    const { at } = (expected ?? actual)!
    if (expected?.type === actual?.type) return []
    if (actual === undefined && !isPart(expected!, contract)) return []
    if (expected === undefined && !isPart(actual!, documented)) return []
    return [{
      at,
      documented: expected === undefined ? null : shorten(expected.type, actual?.type ?? ""),
      contract: actual === undefined ? null : shorten(actual.type, expected?.type ?? "")
    }]
  })
}
