/**
 * The contract as an `HttpApi` and as an OpenAPI document. No other module of the package knows `HttpApi`. The package's
 * index leaves this module out, so that no client loads a server: import it as `@effect-openai/core/Api`.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Data from "effect/Data"
import * as JSONSchema from "effect/JSONSchema"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as AssistantStream from "./AssistantStream.js"
import * as Contract from "./Contract.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as OpenAiError from "./OpenAiError.js"
import type * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * An error response: a status, the documented envelope, and headers.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerError extends Data.TaggedError("ServerError")<{
  readonly status: number
  readonly message: string
  readonly type?: string | undefined
  readonly param?: string | null | undefined
  readonly code?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The message for logs. Default: `message`. Needed where that repeats parts of the request. */
  readonly summary?: string | undefined
  /** Default: false. Whether `error` of the body is the message alone, as where a key lacks a scope. */
  readonly isText?: boolean | undefined
}> {
  /**
   * The error in the documented envelope.
   *
   * @since 0.1.0
   */
  get envelope(): OpenAiError.ErrorResponse {
    const { code = null, message, param = null, type = "invalid_request_error" } = this
    return { error: { message, type, param, code } }
  }

  /**
   * The body of the response.
   *
   * @since 0.1.0
   */
  get body(): OpenAiError.ErrorResponse | { readonly error: string } {
    return this.isText === true ? { error: this.message } : this.envelope
  }
}

const statuses: ReadonlyArray<readonly [status: number, description: string]> = [
  [400, "The request is invalid."],
  [401, "The key is missing or wrong."],
  [403, "The key does not allow this."],
  [404, "The object or the route does not exist."],
  [409, "The object's state does not allow this."],
  [413, "The body is too large."],
  [422, "The request can't be carried out."],
  [429, "Too many requests or tokens, or no quota left."],
  [500, "The server failed."],
  [503, "The server is overloaded."]
]

/** One Schema per status. Their envelope is the same, and only the status in the annotation differs. */
const ServerErrors = Schema.Union(...statuses.map(([status]) =>
  Schema.transform(
    OpenAiError.ErrorResponse,
    Schema.declare((u): u is ServerError => u instanceof ServerError && u.status === status),
    { strict: true, decode: ({ error }) => new ServerError({ status, ...error }), encode: (error) => error.envelope }
  ).annotations(HttpApiSchema.annotations({ status }))
))

// -----------------------------------------------------------------------------
// middleware
// -----------------------------------------------------------------------------

/**
 * Checks the API key of a request.
 *
 * @since 0.1.0
 * @category middleware
 */
export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("@effect-openai/core/Api/Authorization", {
  failure: ServerErrors,
  security: { apiKey: HttpApiSecurity.bearer }
}) {}

/**
 * Checks the admin key of a request for administration.
 *
 * @since 0.1.0
 * @category middleware
 */
export class AdminAuthorization extends HttpApiMiddleware.Tag<AdminAuthorization>()(
  "@effect-openai/core/Api/AdminAuthorization",
  { failure: ServerErrors, security: { adminKey: HttpApiSecurity.bearer } }
) {}

/**
 * Checks the headers that every request of the Assistants API carries.
 *
 * @since 0.1.0
 * @category middleware
 */
export class AssistantsBeta extends HttpApiMiddleware.Tag<AssistantsBeta>()("@effect-openai/core/Api/AssistantsBeta", {
  failure: ServerErrors
}) {}

/** Every middleware. */
type Middleware = Authorization | AdminAuthorization | AssistantsBeta

const authorizations = { apiKey: Authorization, adminKey: AdminAuthorization } satisfies {
  readonly [C in Endpoint.Credential]: unknown
}

// -----------------------------------------------------------------------------
// queries and forms
// -----------------------------------------------------------------------------

const isNumber = (ast: AST.AST): boolean => ast._tag === "Refinement" ? isNumber(ast.from) : AST.isNumberKeyword(ast)

const jsonSchemaOf = (ast: AST.AST) => JSONSchema.fromAST(ast, { definitions: {}, topLevelReferenceStrategy: "skip" })

const transformed = (schema: Schema.Schema.AnyNoContext, ast: AST.AST): AST.AST =>
  schema.annotations({ jsonSchema: jsonSchemaOf(ast) }).ast

/** The Schema of a value that is written as text. */
const fromText = (ast: AST.AST): AST.AST => {
  if (isNumber(ast)) {
    return transformed(
      Schema.compose(Schema.NumberFromString.pipe(Schema.finite()), Schema.make<number>(ast)),
      ast
    )
  }
  switch (ast._tag) {
    case "BooleanKeyword":
      return transformed(
        Schema.transform(Schema.Literal("true", "false"), Schema.make<boolean>(ast), {
          strict: true,
          decode: (text) => text === "true",
          encode: (value) => value ? "true" : "false"
        }),
        ast
      )
    case "Literal":
      return typeof ast.literal === "string" || ast.literal === null
        ? ast
        : transformed(Schema.transformLiteral(String(ast.literal), ast.literal), ast)
    case "Refinement":
      return new AST.Refinement(fromText(ast.from), ast.filter, ast.annotations)
    case "TupleType":
      return new AST.TupleType(
        ast.elements.map((one) => new AST.OptionalType(fromText(one.type), one.isOptional, one.annotations)),
        ast.rest.map((one) => new AST.Type(fromText(one.type), one.annotations)),
        ast.isReadonly,
        ast.annotations
      )
    case "TypeLiteral":
      return new AST.TypeLiteral(
        ast.propertySignatures.map(({ annotations, isOptional, isReadonly, name, type }) =>
          new AST.PropertySignature(name, fromText(type), isOptional, isReadonly, annotations)
        ),
        ast.indexSignatures,
        ast.annotations
      )
    case "Union":
      return AST.Union.make(ast.types.map(fromText), ast.annotations)
    default:
      return ast
  }
}

/** How many values a parameter or a field has. */
type Shape = "scalar" | "array" | "object"

const shapeOf = (ast: AST.AST): Shape => {
  switch (ast._tag) {
    case "TupleType":
      return "array"
    case "TypeLiteral":
      return "object"
    case "Refinement":
      return shapeOf(ast.from)
    case "Union":
      return ast.types.map(shapeOf).find((shape) => shape !== "scalar") ?? "scalar"
    default:
      return "scalar"
  }
}

const parametersOf = (schema: Schema.Schema.All) =>
  AST.getPropertySignatures(schema.ast).map(({ name, type }) => ({ name: String(name), shape: shapeOf(type) }))

const asArray = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : [value]

/** Gathers the values of arrays (`name[]` or `name`, repeated) and of objects (`name[key]`). */
const gather = (schema: Schema.Schema.All) => {
  const shapes = new Map(parametersOf(schema).map(({ name, shape }) => [name, shape]))
  return (given: object): object => {
    // Names come from the request, and may be those of `Object.prototype`.
    const gathered: Record<string, unknown> = Object.create(null)
    for (const [name, value] of Object.entries(given)) {
      const values = asArray(value)
      const array = [name, name.replace(/\[\]$/, ""), `${name}[]`].find((one) => shapes.get(one) === "array")
      const [, object = "", key = ""] = /^(.+?)\[(.*)\]$/s.exec(name) ?? []
      if (array !== undefined) {
        gathered[array] = [...asArray(gathered[array] ?? []), ...values]
      } else if (shapes.get(object) === "object") {
        const target = gathered[object] ??= Object.create(null)
        // A parameter without a key before it is refused below.
        if (Predicate.isRecord(target)) target[key] = values.length === 1 ? values[0] : values
      } else {
        gathered[name] = values.length === 1 ? values[0] : values
      }
    }
    return gathered
  }
}

// A type without properties accepts all. One that can't be given makes it refuse others.
const none = new AST.TypeLiteral([new AST.PropertySignature("", AST.neverKeyword, true, true)], [])

const fromWire = <A>(schema: Schema.Schema.All): Schema.Schema<A, object> =>
  Schema.transform(
    Schema.Object,
    Schema.make<A, object>(AST.getPropertySignatures(schema.ast).length === 0 ? none : fromText(schema.ast))
      .annotations({ parseOptions: { onExcessProperty: "error" } }),
    { strict: true, decode: gather(schema), encode: (encoded) => encoded }
  )

/**
 * Decodes a query from its parameters, each a text or an array of texts. An array is `name[]` or `name`, an object is
 * `name[key]`. Numbers and booleans are read from text. Fails for an unknown parameter.
 *
 * @since 0.1.0
 * @category schemas
 */
export const query = <Fields extends Schema.Struct.Fields>(
  schema: Struct.Struct<Fields>
): Schema.Schema<Schema.Struct.Type<Fields>, object> => fromWire(schema)

/**
 * Decodes a form from its parts by name, each a text or a `FileSource`, or an array of these. The part of an array is
 * `name[]` or `name`. Numbers and booleans are read from text. Fails for an unknown part.
 *
 * @since 0.1.0
 * @category schemas
 */
export const form = <Fields extends Schema.Struct.Fields>(
  body: Endpoint.Multipart<Fields>
): Schema.Schema<Schema.Struct.Type<Fields>, object> => fromWire(body.schema)

// -----------------------------------------------------------------------------
// responses
// -----------------------------------------------------------------------------

/**
 * A response body of an operation whose request chooses one of several (`Endpoint.byField`).
 *
 * @since 0.1.0
 * @category responses
 */
export class Chosen<out Value extends string, out A> {
  constructor(
    /** The value of the choosing field. */
    readonly value: Value,
    readonly body: A
  ) {}
}

/**
 * The response body for a value of the choosing field.
 *
 * @since 0.1.0
 * @category responses
 */
export const chosen = <const Value extends string, A>(value: Value, body: A): Chosen<Value, A> =>
  new Chosen(value, body)

// The kinds of bodies differ in their types, and `HttpApi` knows them by annotations.
const single = (success: Endpoint.SingleSuccess): Schema.Schema<any, any> => {
  switch (success._tag) {
    case "Json":
      return Tolerant.exact(success.schema)
    case "Text":
      return Schema.String.annotations({ description: success.description })
    case "Bytes":
      return Schema.declare((u): u is Uint8Array => u instanceof Uint8Array, {
        description: success.description,
        jsonSchema: { type: "string", format: "binary" }
      })
  }
}

const encodingOf = (success: Endpoint.SingleSuccess) => {
  switch (success._tag) {
    case "Json":
      return { kind: "Json", contentType: "application/json" } as const
    case "Text":
      return { kind: "Text", contentType: success.mediaType } as const
    case "Bytes":
      return { kind: "Uint8Array", contentType: success.mediaType } as const
  }
}

const successSchema = (success: Endpoint.Success): Schema.Schema<any, any> => {
  if (success._tag !== "ByField") return HttpApiSchema.withEncoding(single(success), encodingOf(success))
  return Schema.Union(
    ...Object.entries(success.cases).map(([value, one]) =>
      HttpApiSchema.withEncoding(
        Schema.transform(
          single(one),
          Schema.declare((u): u is Chosen<string, unknown> => u instanceof Chosen && u.value === value),
          { strict: true, decode: (body) => chosen(value, body), encode: ({ body }) => body }
        ),
        encodingOf(one)
      )
    )
  )
}

// -----------------------------------------------------------------------------
// endpoints
// -----------------------------------------------------------------------------

type OrNever<Fields extends Schema.Struct.Fields> = [keyof Fields] extends [never] ? never : Schema.Struct.Type<Fields>

type Payload<RequestBody> = RequestBody extends Endpoint.Multipart<infer Fields> ?
  HttpApiSchema.MultipartStream<Struct.Struct<Fields>>["Type"]
  : RequestBody extends { readonly schema: infer S extends Schema.Schema.Any } ? Schema.Schema.Type<S>
  : never

type Success<E> = E extends { readonly success: { readonly cases: infer Cases } } ?
  { readonly [K in keyof Cases & string]: Chosen<K, Endpoint.Response<{ readonly success: Cases[K] }>> }[
    & keyof Cases
    & string
  ] :
  Endpoint.Response<E>

/**
 * An operation as an endpoint of an `HttpApi`.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ToHttpApiEndpoint<E> = E extends
  Endpoint.Endpoint<infer Name, infer Parameters, infer Query, infer RequestBody, infer _ResponseBody> ?
  HttpApiEndpoint.HttpApiEndpoint<
    Name,
    HttpMethod,
    OrNever<Parameters>,
    OrNever<Query>,
    Payload<RequestBody>,
    never,
    Success<E>,
    ServerError,
    Middleware
  > :
  never

/** Refuses unknown fields. Keeps the other annotations, of which one is the name of the component. */
const closed = ({ ast }: Schema.Schema.All) => ({
  ...ast.annotations,
  parseOptions: { onExcessProperty: "error" }
} as const)

/** The headers of families, by their name in lower case. */
const documentedHeaders: Readonly<Record<string, { readonly name: string; readonly description: string }>> = {
  "openai-beta": { name: "OpenAI-Beta", description: "Selects version 1 of the Assistants API." }
}

const headersOf = (family: Endpoint.Family) =>
  Struct.make(Object.fromEntries(
    Object.entries<string>(Endpoint.families[family].headers).map(([name, value]) => [
      name,
      Schema.Literal(value).pipe(described(documentedHeaders[name]!.description))
    ])
  ))

// The types of an endpoint, a group and the API change with each part that is added, and a loop has one type for all its
// steps: the values are built as `any`. Their final types are `ToHttpApiEndpoint` and `ToHttpApiGroup`.

const toHttpApiEndpoint = (endpoint: Endpoint.Any): HttpApiEndpoint.HttpApiEndpoint.Any => {
  const { body, family, method, parameters } = endpoint
  const path = endpoint.path.replace(/\{(\w+)\}/g, ":$1") as `/${string}`
  let self: any = HttpApiEndpoint.make(method)(endpoint.name, path)
  if (Object.keys(parameters.fields).length > 0) self = self.setPath(parameters)
  self = self.setUrlParams(query(endpoint.query))
  if (body._tag === "Json") self = self.setPayload(body.schema.annotations(closed(body.schema)))
  if (body._tag === "Multipart") {
    self = self.setPayload(HttpApiSchema.MultipartStream(body.schema).annotations(closed(body.schema)))
  }
  self = self.middleware(authorizations[Endpoint.families[family].credential])
  if (family === "assistants") self = self.setHeaders(headersOf(family)).middleware(AssistantsBeta)
  return self.addSuccess(successSchema(endpoint.success)).annotateContext(OpenApi.annotations({
    identifier: endpoint.name,
    summary: endpoint.summary,
    description: endpoint.description
  }))
}

// -----------------------------------------------------------------------------
// groups
// -----------------------------------------------------------------------------

/**
 * A resource as a group of an `HttpApi`.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ToHttpApiGroup<R> = R extends Resource.Resource<infer Name, infer Operations> ?
  HttpApiGroup.HttpApiGroup<Name, ToHttpApiEndpoint<Operations[keyof Operations]>> :
  never

const toHttpApiGroup = ({ description, name, operations, title }: Resource.Any) =>
  Object.values(operations).map(toHttpApiEndpoint).reduce(
    (group: any, endpoint) => group.add(endpoint),
    HttpApiGroup.make(name)
  ).annotateContext(OpenApi.annotations({ title, description }))

// -----------------------------------------------------------------------------
// document
// -----------------------------------------------------------------------------

const errorResponses = Object.fromEntries(statuses.map(([status, description]) => [status, {
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } }
}]))

/** Removes what `JSONSchema` writes and a reader of the document does not need. */
const tidy = (key: string, value: any): unknown => {
  if (typeof value === "string") {
    // The title and description of a filter are in lower case, and made for messages. The document has their keywords.
    return (key === "title" || key === "description") && /^[a-z]/.test(value) ? undefined : value
  }
  // An unknown type is any type, and additional properties are allowed by default.
  if (value?.$id === "/schemas/unknown") return true
  if (key === "additionalProperties" && value === true) return undefined
  if (value?.type !== "object" || value.properties === undefined) return value
  const { patternProperties, properties, required = [], ...rest } = value
  return {
    ...rest,
    ...(required.length > 0 ? { required } : undefined),
    ...(Object.keys(properties).length > 0 ? { properties } : undefined),
    ...(patternProperties !== undefined ? { additionalProperties: patternProperties[""] } : undefined)
  }
}

type JsonSchemaOf = (schema: { readonly ast: AST.AST }) => any

/** The parameters of a query by their names on the wire. `HttpApi` does not know arrays and objects there. */
const queryParameters = ({ query }: Endpoint.Any, schemaOf: JsonSchemaOf): ReadonlyArray<unknown> => {
  // Without annotations, so that it is not a component.
  const ast = new AST.TypeLiteral(AST.getPropertySignatures(fromText(query.ast)), [])
  const { properties = {}, required = [] } = schemaOf({ ast })
  return parametersOf(query).map(({ name, shape }) => ({
    name: shape === "array" && !name.endsWith("[]") ? `${name}[]` : name,
    in: "query",
    schema: properties[name],
    required: required.includes(name),
    ...(properties[name].description !== undefined && { description: properties[name].description }),
    ...(shape !== "scalar" && { style: shape === "array" ? "form" : "deepObject", explode: true })
  }))
}

/** The bodies of a successful response by their media types. `HttpApi` knows one media type a status. */
const successContent = ({ events, success }: Endpoint.Any, schemaOf: JsonSchemaOf): Record<string, unknown> => {
  const schemas: Record<string, Array<unknown>> = {}
  for (const one of success._tag === "ByField" ? Object.values(success.cases) : [success]) {
    const { contentType } = encodingOf(one)
    const all = schemas[contentType] ??= []
    all.push(schemaOf(single(one)))
  }
  if (events !== undefined) {
    const ends = events.named ? [schemaOf(AssistantStream.ErrorEvent), schemaOf(AssistantStream.DoneEvent)] : []
    schemas["text/event-stream"] = [schemaOf(Tolerant.exact(events.schema)), ...ends]
  }
  return Object.fromEntries(
    Object.entries(schemas).map(([contentType, all]) => [contentType, {
      schema: all.length === 1 ? all[0] : { anyOf: all }
    }])
  )
}

const descriptionOf = (success: Endpoint.Success): string => {
  switch (success._tag) {
    case "Json":
      return String(success.schema.ast.annotations[AST.DescriptionAnnotationId] ?? "Success.")
    case "ByField":
      return descriptionOf(success.cases[success.default]!)
    default:
      return success.description
  }
}

/** Corrects the platform's document where it differs from this API. */
const correct = (resources: ReadonlyArray<Resource.Any>) => (spec: Record<string, any>): Record<string, any> => {
  const { schemas } = spec["components"]
  const schemaOf: JsonSchemaOf = ({ ast }) =>
    JSONSchema.fromAST(ast, {
      definitions: schemas,
      definitionPath: "#/components/schemas/",
      additionalPropertiesStrategy: "allow"
    })
  for (const endpoint of resources.flatMap(({ operations }) => Object.values(operations))) {
    const operation = spec["paths"][endpoint.path][endpoint.method.toLowerCase()]
    for (const parameter of operation.parameters) {
      if (parameter.in === "header") parameter.name = documentedHeaders[parameter.name]!.name
    }
    operation.parameters.push(...queryParameters(endpoint, schemaOf))
    operation.responses = {
      200: { description: descriptionOf(endpoint.success), content: successContent(endpoint, schemaOf) },
      // Errors have one envelope, that of decoding too.
      ...errorResponses
    }
    // A body may be a part of another one, whose component was written first and allows other fields.
    for (const { schema } of Object.values<any>(operation.requestBody?.content ?? {})) {
      const component = schema.$ref === undefined ? schema : schemas[schema.$ref.split("/").at(-1)]
      component.additionalProperties = false
    }
  }
  const { HttpApiDecodeError: _, Issue: _1, PropertyKey: _2, ...documented } = schemas
  // Each operation has its own security. An empty list would mean that none is needed.
  const { security: _3, ...rest } = spec
  return JSON.parse(JSON.stringify({ ...rest, components: { ...spec["components"], schemas: documented } }, tidy))
}

/**
 * Resources as an `HttpApi`, one group a resource. Its paths are relative to the base URL. Servers add `/v1` by
 * `.prefix("/v1")`.
 *
 * @example
 * import { Endpoint, Resource } from "@effect-openai/core"
 * import * as Api from "@effect-openai/core/Api"
 *
 * const list = Endpoint.make({
 *   name: "listThings",
 *   summary: "List things",
 *   description: "Returns the things.",
 *   method: "GET",
 *   path: "/things",
 *   success: Endpoint.text("The things.")
 * })
 *
 * const api = Api.make({
 *   Things: Resource.make({ name: "Things", title: "Things", description: "Things.", operations: { list } })
 * })
 *
 * @since 0.1.0
 * @category api
 */
export const make = <const Resources extends { readonly [name: string]: Resource.Any }>(
  resources: Resources
): HttpApi.HttpApi<
  "OpenAI",
  ToHttpApiGroup<Resources[keyof Resources]>,
  HttpApiError.HttpApiDecodeError | ServerError
> =>
  Object.values(resources).reduce(
    (api: any, resource) => api.add(toHttpApiGroup(resource)),
    HttpApi.make("OpenAI").addError(ServerErrors)
  ).annotateContext(OpenApi.annotations({
    title: "OpenAI API",
    version: "2024-12-18",
    description: "The OpenAI HTTP API as documented in 2024, with version 1 of Assistants.",
    license: { name: "MIT" },
    servers: [{ url: "https://api.openai.com/v1" }],
    transform: correct(Object.values(resources))
  }))

/**
 * The contract as an `HttpApi`.
 *
 * @since 0.1.0
 * @category api
 */
export const Api: HttpApi.HttpApi<
  "OpenAI",
  ToHttpApiGroup<(typeof Contract.resources)[Contract.ResourceName]>,
  HttpApiError.HttpApiDecodeError | ServerError
> = make(Contract.resources)

/**
 * An `HttpApi` of {@link make} as an OpenAPI 3.1 document. Default: that of the contract.
 *
 * @since 0.1.0
 * @category api
 */
export const openApi = (
  api: HttpApi.HttpApi<"OpenAI", any, HttpApiError.HttpApiDecodeError | ServerError> = Api
): OpenApi.OpenAPISpec => OpenApi.fromApi(api, { additionalPropertiesStrategy: "allow" })
