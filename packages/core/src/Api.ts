/**
 * The contract as an `HttpApi`: what servers are built on, and what the OpenAPI document is made from. No other module
 * knows `HttpApi`, and the package's index leaves this one out, so that no client loads a server: import it as
 * `@effect-openai/core/Api`.
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
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as AssistantStream from "./AssistantStream.js"
import * as Contract from "./Contract.js"
import type * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as OpenAiError from "./OpenAiError.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * An error as a server answers it: a status, the documented envelope, and headers where some belong to it.
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
  /** The message for a log, where the message itself repeats what a body holds. */
  readonly summary?: string | undefined
}> {
  /**
   * The error as the body of an answer.
   *
   * @since 0.1.0
   */
  get envelope(): OpenAiError.ErrorResponse {
    const { code = null, message, param = null, type = "invalid_request_error" } = this
    return { error: { message, type, param, code } }
  }
}

const statuses: ReadonlyArray<readonly [status: number, description: string]> = [
  [400, "The request's content was refused."],
  [401, "The key is missing or wrong."],
  [403, "The key may not do this."],
  [404, "The object, or the route, does not exist."],
  [409, "The object's state excludes this."],
  [413, "The body is too large."],
  [422, "The request can't be carried out."],
  [429, "Too many requests or tokens, or no quota left."],
  [500, "The server failed."],
  [503, "The server is overloaded."]
]

/** One Schema a status: the envelope is the same, and only the status in its annotation tells them apart. */
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
 * Checks the key that a request is authorized by.
 *
 * @since 0.1.0
 * @category middleware
 */
export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("@effect-openai/core/Api/Authorization", {
  failure: ServerErrors,
  security: { apiKey: HttpApiSecurity.bearer }
}) {}

/**
 * Checks the header `OpenAI-Beta: assistants=v1` of the operations that ask for it.
 *
 * @since 0.1.0
 * @category middleware
 */
export class AssistantsBeta extends HttpApiMiddleware.Tag<AssistantsBeta>()("@effect-openai/core/Api/AssistantsBeta", {
  failure: ServerErrors
}) {}

// -----------------------------------------------------------------------------
// endpoints
// -----------------------------------------------------------------------------

type OrNever<Fields extends Schema.Struct.Fields> = [keyof Fields] extends [never] ? never : Schema.Struct.Type<Fields>

type Payload<RequestBody> = RequestBody extends Endpoint.Multipart<infer Fields> ?
  HttpApiSchema.MultipartStream<Schema.Struct<Fields>>["Type"]
  : RequestBody extends { readonly schema: infer S extends Schema.Schema.Any } ? Schema.Schema.Type<S>
  : never

type ToHttpApiEndpoint<E> = E extends
  Endpoint.Endpoint<infer Name, infer Parameters, infer Query, infer RequestBody, infer _ResponseBody> ?
  HttpApiEndpoint.HttpApiEndpoint<
    Name,
    HttpMethod,
    OrNever<Parameters>,
    OrNever<Query>,
    Payload<RequestBody>,
    never,
    Endpoint.Response<E>,
    ServerError,
    AssistantsBeta
  > :
  never

const isNumber = (ast: AST.AST): boolean => ast._tag === "Refinement" ? isNumber(ast.from) : AST.isNumberKeyword(ast)

/** What comes as text. Numbers are read from it; the document shows what they are read to. */
const fromText = (ast: AST.AST): AST.AST => {
  if (isNumber(ast)) {
    const jsonSchema = JSONSchema.fromAST(ast, { definitions: {}, topLevelReferenceStrategy: "skip" })
    return Schema.compose(Schema.NumberFromString, Schema.make<number>(ast)).annotations({ jsonSchema }).ast
  }
  return AST.isUnion(ast) ? AST.Union.make(ast.types.map(fromText), ast.annotations) : ast
}

const urlParams = (query: Schema.Schema.All) =>
  Schema.make(
    new AST.TypeLiteral(
      AST.getPropertySignatures(query.ast).map(({ annotations, isOptional, isReadonly, name, type }) =>
        new AST.PropertySignature(name, fromText(type), isOptional, isReadonly, annotations)
      ),
      []
    )
  )

/** No other field than the documented ones. Annotating takes a Schema its identifier, the component's name. */
const closed = ({ ast }: Schema.Schema.All) => ({
  ...ast.annotations,
  parseOptions: { onExcessProperty: "error" }
} as const)

const AssistantsBetaHeader = Schema.Struct({
  "openai-beta": Schema.Literal("assistants=v1").pipe(described("Asks for version 1 of the Assistants API."))
})

// The types of an endpoint, a group and the API change with each part that is added, and a loop has one type for all its
// steps: the values are built as `any`. What they are in the end is said by `ToHttpApiEndpoint` and `ToHttpApiGroup`.

const toHttpApiEndpoint = (endpoint: Endpoint.Any): HttpApiEndpoint.HttpApiEndpoint.Any => {
  const { body, method, parameters, query, success } = endpoint
  const path = endpoint.path.replace(/\{(\w+)\}/g, ":$1") as `/${string}`
  let self: any = HttpApiEndpoint.make(method)(endpoint.name, path)
  if (Object.keys(parameters.fields).length > 0) self = self.setPath(parameters)
  if (Object.keys(query.fields).length > 0) self = self.setUrlParams(urlParams(query))
  if (body._tag === "Json") self = self.setPayload(body.schema.annotations(closed(body.schema)))
  if (body._tag === "Multipart") {
    self = self.setPayload(HttpApiSchema.MultipartStream(body.schema).annotations(closed(body.schema)))
  }
  if (endpoint.family === "assistants") self = self.setHeaders(AssistantsBetaHeader).middleware(AssistantsBeta)
  const single = success._tag === "ByField" ? success.cases[success.default]! : success
  return self.addSuccess(
    single._tag === "Json"
      ? Tolerant.exact(single.schema)
      : HttpApiSchema.Uint8Array().annotations({ description: single.description })
  ).annotateContext(OpenApi.annotations({
    identifier: endpoint.name,
    summary: endpoint.summary,
    description: endpoint.description
  }))
}

// -----------------------------------------------------------------------------
// groups
// -----------------------------------------------------------------------------

type ToHttpApiGroup<R extends Contract.ResourceName> = R extends Contract.ResourceName ?
  HttpApiGroup.HttpApiGroup<R, ToHttpApiEndpoint<Contract.EndpointsOf<R>>> :
  never

type Groups = ToHttpApiGroup<Contract.ResourceName>

const toHttpApiGroup = (resource: Contract.ResourceName) =>
  Contract.endpointsOf(resource).map(toHttpApiEndpoint).reduce(
    (group: any, endpoint) => group.add(endpoint),
    HttpApiGroup.make(resource)
  ).annotateContext(OpenApi.annotations({
    title: Contract.resources[resource].title,
    description: Contract.resources[resource].description
  }))

// -----------------------------------------------------------------------------
// document
// -----------------------------------------------------------------------------

const errorResponses = Object.fromEntries(statuses.map(([status, description]) => [status, {
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } }
}]))

/** Writes a part of the document as others do. */
const tidy = (key: string, value: any): unknown => {
  if (typeof value === "string") {
    // Filters name and describe themselves, in lower case and for messages; the document has their keywords.
    return (key === "title" || key === "description") && /^[a-z]/.test(value) ? undefined : value
  }
  // Of unknown type means of any, and other fields are allowed unless refused.
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

/** Adds what `stream: true` answers; the platform knows one media type a status. */
const addEvents = (spec: Record<string, any>) => {
  const { schemas } = spec["components"]
  const schemaOf = ({ ast }: Schema.Schema.AnyNoContext) =>
    JSONSchema.fromAST(ast, {
      definitions: schemas,
      definitionPath: "#/components/schemas/",
      additionalPropertiesStrategy: "allow"
    })
  for (const { events, method, path } of Contract.endpoints) {
    if (events === undefined) continue
    const event = schemaOf(Tolerant.exact(events.schema))
    const schema = events.named
      ? { anyOf: [event, schemaOf(AssistantStream.ErrorEvent), schemaOf(AssistantStream.DoneEvent)] }
      : event
    spec["paths"][path][method.toLowerCase()].responses[200].content["text/event-stream"] = { schema }
  }
}

/** What the platform's own document says otherwise than this API does it. */
const correct = (spec: Record<string, any>): Record<string, any> => {
  addEvents(spec)
  const { HttpApiDecodeError: _, Issue: _1, PropertyKey: _2, ...schemas } = spec["components"].schemas
  for (const path of Object.values<Record<string, any>>(spec["paths"])) {
    for (const operation of Object.values(path)) {
      // An empty list would mean that the operation needs no key.
      delete operation.security
      // Errors have one envelope, decoding's included.
      operation.responses = { 200: operation.responses[200], ...errorResponses }
      for (const parameter of operation.parameters) {
        if (parameter.name === "openai-beta") parameter.name = "OpenAI-Beta"
      }
      // A body may be a part of another one, which was written first and says nothing of other fields.
      for (const { schema } of Object.values<any>(operation.requestBody?.content ?? {})) {
        schemas[schema.$ref.split("/").at(-1)].additionalProperties = false
      }
    }
  }
  return JSON.parse(JSON.stringify({ ...spec, components: { ...spec["components"], schemas } }, tidy))
}

/**
 * The whole contract as an `HttpApi`, one group a resource. Its paths are relative to the base URL; servers add `/v1` by
 * `Api.prefix("/v1")`.
 *
 * @since 0.1.0
 * @category api
 */
export const Api: HttpApi.HttpApi<
  "OpenAI",
  Groups,
  HttpApiError.HttpApiDecodeError | ServerError,
  Authorization
> = Contract.resourceNames.reduce(
  (api: any, resource) => api.add(toHttpApiGroup(resource)),
  HttpApi.make("OpenAI").addError(ServerErrors)
).middleware(Authorization).annotateContext(OpenApi.annotations({
  title: "OpenAI API",
  version: "2024-12-18",
  description: "The OpenAI HTTP API as documented in 2024, with version 1 of Assistants.",
  license: { name: "MIT" },
  servers: [{ url: "https://api.openai.com/v1" }],
  transform: correct
}))

/**
 * The contract as an OpenAPI 3.1 document.
 *
 * @since 0.1.0
 * @category api
 */
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(Api, { additionalPropertiesStrategy: "allow" })
