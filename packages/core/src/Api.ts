/**
 * The contract as an `HttpApi`: what servers are built on, and what the OpenAPI document is made from. No other module
 * knows `HttpApi`.
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
import * as Contract from "./Contract.js"
import type * as Endpoint from "./Endpoint.js"
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
  readonly type?: string | null | undefined
  readonly param?: string | null | undefined
  readonly code?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
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
  Endpoint.Endpoint<infer Name, infer Parameters, infer Query, infer RequestBody, infer _Answer> ?
  HttpApiEndpoint.HttpApiEndpoint<
    Name,
    HttpMethod,
    OrNever<Parameters>,
    OrNever<Query>,
    Payload<RequestBody>,
    never,
    Endpoint.Answer<E>,
    ServerError,
    AssistantsBeta
  > :
  never

/** A field of a query comes as text; numbers are read from it. The document shows what they are read to. */
const fromText = (field: Schema.Struct.Field): Schema.Struct.Field => {
  const schema: Schema.Schema<any> = (field as any).from ?? field
  const json = JSONSchema.fromAST(schema.ast, { definitions: {}, topLevelReferenceStrategy: "skip" }) as {
    readonly type?: string
  }
  return json.type !== "integer" && json.type !== "number"
    ? field
    : Schema.optional(Schema.compose(Schema.NumberFromString, schema).annotations({ jsonSchema: json }))
}

const toHttpApiEndpoint = (endpoint: Endpoint.Any): HttpApiEndpoint.HttpApiEndpoint.Any => {
  const { body, method, success } = endpoint
  let self: any = HttpApiEndpoint.make(method)(
    endpoint.name,
    endpoint.path.replace(/\{(\w+)\}/g, ":$1") as `/${string}`
  )
  const hasFields = (struct: Schema.Struct<any>) => Object.keys(struct.fields).length > 0
  if (hasFields(endpoint.parameters)) self = self.setPath(endpoint.parameters)
  if (hasFields(endpoint.query)) {
    const fields: Record<string, Schema.Struct.Field> = {}
    for (const [name, field] of Object.entries(endpoint.query.fields)) fields[name] = fromText(field as any)
    self = self.setUrlParams(Schema.Struct(fields))
  }
  if (body._tag === "Json") {
    self = self.setPayload(body.schema.annotations({ parseOptions: { onExcessProperty: "error" } }))
  } else if (body._tag === "Multipart") {
    self = self.setPayload(HttpApiSchema.MultipartStream(body.schema))
  }
  self = self.addSuccess(
    success._tag === "Json"
      ? Tolerant.exact(success.schema)
      : HttpApiSchema.Uint8Array().annotations({ description: success.description })
  )
  if (endpoint.family === "assistants") {
    self = self.middleware(AssistantsBeta).setHeaders(Schema.Struct({
      "openai-beta": Schema.Literal("assistants=v1").annotations({
        description: "Asks for version 1 of the Assistants API."
      })
    }))
  }
  return self.annotateContext(OpenApi.annotations({
    identifier: endpoint.name,
    summary: endpoint.summary,
    description: endpoint.description
  }))
}

// -----------------------------------------------------------------------------
// groups
// -----------------------------------------------------------------------------

type ToHttpApiGroup<R extends Contract.Resource> = R extends Contract.Resource ?
  HttpApiGroup.HttpApiGroup<R, ToHttpApiEndpoint<Contract.EndpointsOf<R>>> :
  never

type Groups = ToHttpApiGroup<Contract.Resource>

const toHttpApiGroup = (resource: Contract.Resource) =>
  Contract.endpointsOf(resource).map(toHttpApiEndpoint).reduce(
    (group: any, endpoint) => group.add(endpoint),
    HttpApiGroup.make(resource)
  )

// -----------------------------------------------------------------------------
// document
// -----------------------------------------------------------------------------

const errorResponses = Object.fromEntries(statuses.map(([status, description]) => [status, {
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } }
}]))

/** What the platform's own document says otherwise than this API does it. */
const correct = (spec: Record<string, any>): Record<string, any> => {
  for (const path of Object.values<Record<string, any>>(spec["paths"])) {
    for (const operation of Object.values(path)) {
      // An empty list would mean that the operation needs no key.
      delete operation.security
      // Errors have one envelope, decoding's included.
      operation.responses = { 200: operation.responses[200], ...errorResponses }
      for (const parameter of operation.parameters) {
        if (parameter.name === "openai-beta") parameter.name = "OpenAI-Beta"
      }
    }
  }
  delete spec["components"].schemas.HttpApiDecodeError
  delete spec["components"].schemas.Issue
  delete spec["components"].schemas.PropertyKey
  return spec
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
> = Object.keys(Contract.resources).reduce(
  (api: any, resource) => api.add(toHttpApiGroup(resource as Contract.Resource)),
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
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(Api)
