import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Tolerant from "@effect-openai/core/Tolerant"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type * as Scenario from "../../Scenario.js"
import type * as Wire from "../../Wire.js"
import * as samples from "../samples/index.js"

/** A request that a server must refuse. */
export interface Violation {
  readonly title: string
  /** The field that the refusal must name. undefined if the body itself is wrong. */
  readonly field: string | undefined
  /** Whether the request names a documented model, which a server that has other models does not find. */
  readonly namesModel?: boolean
  /** Makes the request from one that is valid. */
  readonly request: (valid: Wire.Request, models: Scenario.Models) => Wire.Request
}

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/** A value that a Schema refuses, and what is wrong with it. */
type Wrong = readonly [title: string, value: unknown]

/** The limits of a Schema, as JSON Schema names them. */
interface Limits {
  readonly type?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
}

/** A Schema without its refinements, and their limits. */
const unrefined = (ast: AST.AST): { readonly base: AST.AST; readonly limits: Limits } => {
  const own = Option.getOrElse(AST.getJSONSchemaAnnotation(ast), () => ({}))
  if (AST.isRefinement(ast)) {
    const { base, limits } = unrefined(ast.from)
    return { base, limits: { ...limits, ...own } }
  }
  return { base: AST.isSuspend(ast) ? ast.f() : ast, limits: own }
}

const takes = (ast: AST.AST): (value: unknown) => boolean =>
  Schema.is(Schema.make(ast), { exact: true, onExcessProperty: "error" })

const many = (count: number, value: unknown): ReadonlyArray<unknown> => Array.from({ length: count }, () => value)

const isNothing = (ast: AST.AST): boolean => AST.isUndefinedKeyword(ast) || (AST.isLiteral(ast) && ast.literal === null)

/** How deep values are nested, for a Schema may contain itself. */
const maxDepth = 4

/** The smallest value that a Schema takes. undefined where none was found. */
const smallest = (ast: AST.AST, depth = maxDepth): unknown => {
  const candidates = (): ReadonlyArray<unknown> => {
    if (depth === 0) return []
    const { base, limits } = unrefined(ast)
    switch (base._tag) {
      case "StringKeyword":
        return ["x".repeat(limits.minLength ?? 1)]
      case "NumberKeyword":
        return [limits.minimum ?? 1]
      case "BooleanKeyword":
        return [true]
      case "Literal":
        return [base.literal]
      case "UnknownKeyword":
      case "AnyKeyword":
        return ["x"]
      case "TupleType":
        return [many(limits.minItems ?? 0, base.rest[0] && smallest(base.rest[0].type, depth - 1))]
      case "TypeLiteral":
        return [Object.fromEntries(
          base.propertySignatures.filter(({ isOptional }) => !isOptional)
            .map(({ name, type }) => [name, smallest(type, depth - 1)])
        )]
      case "Union":
        return base.types.filter((type) => !isNothing(type)).map((type) => smallest(type, depth))
      default:
        return []
    }
  }
  return candidates().find(takes(ast))
}

/** Values of which hardly any field takes all. */
const misfits: ReadonlyArray<unknown> = [{ "": [null] }, 0.5, "nothing"]

const inString = ({ maxLength, minLength = 0, pattern }: Limits): ReadonlyArray<Wrong> => [
  ...maxLength === undefined ? [] : [[`of ${maxLength + 1} characters`, "x".repeat(maxLength + 1)] as const],
  ...minLength === 0 ? [] : [[`of ${minLength - 1} characters`, "x".repeat(minLength - 1)] as const],
  ...pattern === undefined ? [] : [
    ["that is empty", ""] as const,
    ["with a blank", "a b"] as const,
    ...Array.from(pattern.matchAll(/\{\d+,(\d+)\}/g), ([, count]): Wrong => [
      `of ${Number(count) + 1} characters`,
      "x".repeat(Number(count) + 1)
    ])
  ]
]

const inNumber = ({ maximum, minimum, type }: Limits): ReadonlyArray<Wrong> => {
  const step = type === "integer" ? 1 : 0.1
  return [
    ...maximum === undefined ? [] : [[`above ${maximum}`, maximum + step] as const],
    ...minimum === undefined ? [] : [[`below ${minimum}`, minimum - step] as const],
    ...type === "integer" ? [["that is not an integer", (minimum ?? 0) + 0.5] as const] : []
  ]
}

const inList = ({ rest: [item] }: AST.TupleType, { maxItems, minItems = 0 }: Limits, depth: number) => {
  if (item === undefined) return []
  const one = smallest(item.type)
  return [
    ...maxItems === undefined ? [] : [[`of ${maxItems + 1} items`, many(maxItems + 1, one)] as const],
    ...minItems === 0 ? [] : [[`of ${minItems - 1} items`, many(minItems - 1, one)] as const],
    ...wrongs(item.type, depth - 1).map(([title, value]): Wrong => [`with an item ${title}`, [value]])
  ]
}

const inRecord = ({ parameter, type }: AST.IndexSignature, { maxProperties }: Limits, depth: number) => {
  const value = smallest(type)
  return [
    ...maxProperties === undefined ? [] : [
      [
        `of ${maxProperties + 1} pairs`,
        Object.fromEntries(many(maxProperties + 1, value).map((value, index) => [`${index}`, value]))
      ] as const
    ],
    ...wrongs(parameter, depth - 1).filter(([, key]) => typeof key === "string")
      .map(([title, key]): Wrong => [`with a key ${title}`, { [key as string]: value }]),
    ...wrongs(type, depth - 1).map(([title, value]): Wrong => [`with a value ${title}`, { 1: value }])
  ]
}

const inObject = (ast: AST.TypeLiteral, limits: Limits, depth: number): ReadonlyArray<Wrong> => {
  const valid = smallest(ast) as object | undefined
  return [
    ...ast.indexSignatures.flatMap((signature) => inRecord(signature, limits, depth)),
    ...valid === undefined ?
      [] :
      ast.propertySignatures.flatMap((signature) =>
        wrongsOf(signature, depth - 1).map(([title, value]): Wrong => [
          `with ${String(signature.name)} ${title}`,
          { ...valid, [signature.name]: value }
        ])
      )
  ]
}

/** Values that a Schema refuses: one for each of its limits, and one of another type. */
const wrongs = (ast: AST.AST, depth = maxDepth): ReadonlyArray<Wrong> => {
  if (depth === 0) return []
  const { base, limits } = unrefined(ast)
  const found = (): ReadonlyArray<Wrong> => {
    switch (base._tag) {
      case "StringKeyword":
        return inString(limits)
      case "NumberKeyword":
        return inNumber(limits)
      case "TupleType":
        return inList(base, limits, depth)
      case "TypeLiteral":
        return inObject(base, limits, depth)
      case "Union":
        return base.types.filter((type) => !isNothing(type)).flatMap((type) => wrongs(type, depth))
      case "Literal":
        return typeof base.literal === "string" ? [["that is not listed", "nothing"]] : []
      default:
        return []
    }
  }
  const fits = takes(ast)
  const misfit = misfits.find((value) => !fits(value))
  const all = [...found(), ...misfit === undefined ? [] : [["of another type", misfit] as const]]
  // Members of a union share limits, and may take what another member refuses.
  return [...new Map(all.map((wrong) => [JSON.stringify(wrong[1]), wrong] as const)).values()].filter(([, value]) =>
    !fits(value)
  )
}

/** Values that a field refuses. undefined omits a required field. */
const wrongsOf = ({ isOptional, type }: AST.PropertySignature, depth = maxDepth): ReadonlyArray<Wrong> => [
  ...isOptional ? [] : [["that is missing", undefined] as const],
  ...wrongs(type, depth)
]

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

const fieldsOf = (schema: Pick<Schema.Schema.All, "ast">): ReadonlyArray<AST.PropertySignature> =>
  AST.getPropertySignatures(Tolerant.exact(Schema.make(schema.ast)).ast)

const withFields = (title: string, field: string, fields: object): Violation => ({
  title,
  field,
  request: (valid) => ({ ...valid, json: { ...valid.json as object, ...fields } })
})

const inJson = (endpoint: Endpoint.Any, { schema }: Endpoint.Json<Schema.Schema.AnyNoContext>) => [
  ...fieldsOf(schema).flatMap((signature) => {
    const field = String(signature.name)
    return wrongsOf(signature).map(([title, value]) => withFields(`${field} ${title}`, field, { [field]: value }))
  }),
  withFields("a field that is not documented", "colour", { colour: "blue" }),
  ...([
    ["a body that is not JSON", "{\"a\":"],
    ["a body that is a list", "[]"],
    ["a body that is a string", "\"a\""]
  ] as const).map(([title, body]): Violation => ({
    title,
    field: undefined,
    request: ({ json: _, ...valid }) => ({ ...valid, body })
  }))
]

const inForm = (endpoint: Endpoint.Any, { files, schema }: Endpoint.Multipart<any>): ReadonlyArray<Violation> => {
  const withParts = (
    title: string,
    field: string,
    change: (parts: ReadonlyArray<samples.Part>) => ReadonlyArray<samples.Part>
  ): Violation => ({
    title,
    field,
    request: (valid, models) => ({ ...valid, ...samples.form(...change(samples.partsOf(endpoint, models))) })
  })
  return [
    ...fieldsOf(schema).flatMap((signature) => {
      const field = String(signature.name)
      return wrongsOf(signature).flatMap(([title, value]) => {
        if (value !== undefined && (!/^(string|number)$/.test(typeof value) || files.includes(field))) return []
        const added = value === undefined ? [] : [[field, String(value)] as const]
        return [
          withParts(`${field} ${title}`, field, (parts) => [...added, ...parts.filter(([name]) => name !== field)])
        ]
      })
    }),
    withParts("a field that is not documented", "colour", (parts) => [["colour", "blue"], ...parts])
  ]
}

/** Requests that break the rules across fields of an operation. */
export const brokenRules = (endpoint: Endpoint.Any): ReadonlyArray<Violation> =>
  (samples.of(endpoint).rules ?? []).map(({ body, field, fileName, title }) =>
    endpoint.body._tag === "Multipart"
      ? {
        title,
        field,
        request: (valid, models) => ({
          ...valid,
          ...samples.form(
            ...samples.toParts(endpoint, body),
            ...samples.partsOf(endpoint, models).filter(([name]) => !Object.hasOwn(body, name)).map((
              [name, content, file]
            ) => [name, content, file && (fileName ?? file)] as const)
          )
        })
      }
      : { ...withFields(title, field, body), namesModel: "model" in body }
  )

/** The type of an array's items, of which a query may have one. Any other type as it is. */
const itemOf = (type: AST.AST): AST.AST => {
  const types: ReadonlyArray<AST.AST> = AST.isUnion(type) ? type.types : [type]
  const array = types.find(AST.isTupleType)
  return array?.rest[0]?.type ?? type
}

/** Query values that are refused. Text fields take every value. */
const inQuery = ({ query }: Endpoint.Any): ReadonlyArray<Violation> =>
  fieldsOf(query).flatMap(({ name, type: whole }) => {
    const field = String(name)
    const type = itemOf(whole)
    const texts = wrongs(type).flatMap(([, value]) =>
      typeof value === "string" || typeof value === "number" ? [String(value)] : []
    )
    const takesText = takes(type)("nothing")
    return [...new Set([...texts, ...takesText ? [] : ["nothing"]])].map((text): Violation => ({
      title: `${field}=${text}`,
      field,
      request: (valid) => {
        const [path, query] = valid.path.split("?")
        const search = new URLSearchParams(query)
        search.set(field, text)
        return { ...valid, path: `${path}?${search}` }
      }
    }))
  })

/** Requests that an operation must refuse: one for each documented limit, and those of its sample. */
export const violations = (endpoint: Endpoint.Any): ReadonlyArray<Violation> => [
  ...inQuery(endpoint),
  ...endpoint.body._tag === "Json"
    ? inJson(endpoint, endpoint.body)
    : endpoint.body._tag === "Multipart"
    ? inForm(endpoint, endpoint.body)
    : []
]
