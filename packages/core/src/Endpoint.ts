/**
 * One operation of the HTTP API as plain data. The client, the server, the OpenAPI document and the tests are derived
 * from these values, so that nothing about an operation is written twice.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { Simplify } from "effect/Types"
import type { FileSource } from "./FileSource.js"
import { described } from "./internal/described.js"
import * as Struct from "./Struct.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-openai/core/Endpoint")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A request or response body of JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Json<S extends Schema.Schema.AnyNoContext> {
  readonly _tag: "Json"
  readonly schema: S
}

/**
 * A request body of `multipart/form-data`. An array is sent as one part per item, all with the field's name. Null is
 * left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Multipart<Fields extends Schema.Struct.Fields> {
  readonly _tag: "Multipart"
  readonly schema: Struct.Struct<Fields>
  /** The fields that are sent as files. Their Schema is `FileSource`, or an array of it. */
  readonly files: ReadonlyArray<keyof Fields & string>
  /** Maximum size of a file in bytes. Default: unlimited. */
  readonly maxFileBytes: number | undefined
}

/**
 * A response body of bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly description: string
  /** The documented media type. Default: `application/octet-stream`. */
  readonly mediaType: string
}

/**
 * A response body of text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Text {
  readonly _tag: "Text"
  readonly description: string
  /** The documented media type. Default: `text/plain`. */
  readonly mediaType: string
}

/**
 * No body.
 *
 * @since 0.1.0
 * @category models
 */
export interface None {
  readonly _tag: "None"
}

/**
 * One of several response bodies, chosen by a field of the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface ByField<
  Field extends string,
  Cases extends { readonly [value: string]: SingleSuccess },
  Default extends keyof Cases
> {
  readonly _tag: "ByField"
  /** The field of the request body that chooses. */
  readonly field: Field
  /** The response body for each value of the field. */
  readonly cases: Cases
  /** The value that the server assumes where the request has none. */
  readonly default: Default
}

/**
 * The body of a request.
 *
 * @since 0.1.0
 * @category models
 */
export type Body = None | Json<Schema.Schema.AnyNoContext> | Multipart<any>

/**
 * A response body of one kind.
 *
 * @since 0.1.0
 * @category models
 */
export type SingleSuccess = Bytes | Text | Json<Schema.Schema.AnyNoContext>

/**
 * The body of a response with a status of 2xx.
 *
 * @since 0.1.0
 * @category models
 */
export type Success = SingleSuccess | ByField<string, { readonly [value: string]: SingleSuccess }, string>

/**
 * The server-sent events of a response to `stream: true`. With names, each is an object of the event's name and its data.
 * Without, it is the data alone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Events<S extends Schema.Schema.AnyNoContext> {
  readonly schema: S
  /** Whether events have names. The Schema is then one of `{ event, data }`. */
  readonly named: boolean
}

/**
 * A list whose next page is requested with `after`, the ID of the last object of this page. A list whose query has
 * `before` can be paginated backwards too.
 *
 * @since 0.1.0
 * @category models
 */
export interface CursorPagination<Items extends string> {
  readonly _tag: "Cursor"
  /** The response field that holds the items. */
  readonly items: Items
  /** Whether pages have `first_id` and `last_id`. Without them, the cursor is the ID of the last item. */
  readonly hasLastId: boolean
}

/**
 * A list whose next page is requested with `page`, the `next_page` of this page.
 *
 * @since 0.1.0
 * @category models
 */
export interface PagePagination<Items extends string> {
  readonly _tag: "Page"
  /** The response field that holds the items. */
  readonly items: Items
}

/**
 * How the pages of a list follow each other.
 *
 * @since 0.1.0
 * @category models
 */
export type Pagination<Items extends string = string> = CursorPagination<Items> | PagePagination<Items>

/**
 * The credential that authorizes a request: a project's API key, or an organization's admin key.
 *
 * @since 0.1.0
 * @category models
 */
export type Credential = "apiKey" | "adminKey"

/**
 * A part of the API whose requests are authorized in the same way and carry the same headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface FamilyOptions {
  readonly credential: Credential
  /** Headers that every request carries, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The families of operations.
 *
 * @since 0.1.0
 * @category models
 */
export const families = {
  platform: { credential: "apiKey", headers: {} },
  assistants: { credential: "apiKey", headers: { "openai-beta": "assistants=v1" } },
  administration: { credential: "adminKey", headers: {} }
} as const satisfies { readonly [name: string]: FamilyOptions }

/**
 * The name of a family.
 *
 * @since 0.1.0
 * @category models
 */
export type Family = keyof typeof families

/**
 * What an inference is called in the semantic conventions for generative AI (`gen_ai.operation.name`). Telemetry and
 * limits know the model and the tokens of such an operation.
 *
 * @since 0.1.0
 * @category models
 */
export type Inference = "chat" | "text_completion" | "embeddings"

/**
 * A documented rule about several fields of a request, or about the name of a file, which the Schema of one field can't
 * state. Clients refuse a request that breaks it. Servers have their own messages.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule<in Fields> {
  /** The field that the error names. */
  readonly field: string
  /** Returns what is wrong with a request that fits its Schema; undefined if nothing is. */
  readonly check: (request: Fields) => string | undefined
}

/**
 * One documented operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint<
  out Name extends string,
  in out Parameters extends Schema.Struct.Fields,
  in out Query extends Schema.Struct.Fields,
  out RequestBody extends Body,
  out ResponseBody extends Success,
  out EventBody extends Events<Schema.Schema.AnyNoContext> | undefined =
    | Events<Schema.Schema.AnyNoContext>
    | undefined,
  out Pages extends Pagination | undefined = Pagination | undefined,
  out InferenceName extends Inference | undefined = Inference | undefined
> {
  readonly [TypeId]: TypeId
  /** The documented `operationId`. */
  readonly name: Name
  readonly summary: string
  readonly description: string
  readonly method: "GET" | "POST" | "DELETE"
  /** The path below the base URL, with parameters in braces. */
  readonly path: `/${string}`
  readonly parameters: Struct.Struct<Parameters>
  readonly query: Struct.Struct<Query>
  readonly body: RequestBody
  /** Default: none. The rules of the body beyond its Schema. */
  readonly rules: ReadonlyArray<Rule<any>>
  readonly success: ResponseBody
  /** The events of a response to `stream: true`. Default: the operation does not stream. */
  readonly events: EventBody
  /** How pages follow each other. Default: the operation does not list. */
  readonly pagination: Pages
  /** Default: the operation is not an inference. */
  readonly inference: InferenceName
  /** Default: `platform`. */
  readonly family: Family
  /**
   * Whether the same request may be sent again although the server may have acted on it already. Default: false for POST,
   * where a second request creates a second object.
   */
  readonly replayable: boolean
}

/**
 * Any operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any extends Endpoint<string, any, any, Body, Success> {}

/**
 * The fields of path, query and body in one object. `stream` is left out: the function that is called decides whether the
 * response is streamed.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Request<E> = E extends {
  readonly parameters: Struct.Struct<infer Parameters>
  readonly query: Struct.Struct<infer Query>
  readonly body: infer RequestBody
  readonly events: infer EventBody
} ? Simplify<
    & Schema.Struct.Type<Parameters>
    & Schema.Struct.Type<Query>
    & (RequestBody extends { readonly schema: infer S extends Schema.Schema.Any }
      ? undefined extends EventBody ? Schema.Schema.Type<S> : Omit<Schema.Schema.Type<S>, "stream">
      : unknown)
  > :
  never

type TypeOf<S> = S extends { readonly schema: infer A extends Schema.Schema.Any } ? Schema.Schema.Type<A> :
  S extends Text ? string :
  S extends Bytes ? Uint8Array :
  never

/**
 * The decoded response. Where a field of the request chooses it: one of the responses.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Response<E> = E extends { readonly success: infer S } ?
  S extends { readonly cases: infer Cases } ? TypeOf<Cases[keyof Cases]> : TypeOf<S>
  : never

/**
 * The decoded response to a request whose choosing field has the type `Value`.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ResponseFor<E, Value> = E extends
  { readonly success: { readonly cases: infer Cases; readonly default: infer Default } } ?
    | (Value extends keyof Cases ? TypeOf<Cases[Value]> : never)
    | (undefined extends Value ? Default extends keyof Cases ? TypeOf<Cases[Default]> : never : never) :
  Response<E>

/**
 * The decoded events of a streamed response.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Event<E> = E extends { readonly events: Events<infer S> } ? Schema.Schema.Type<S> : never

/**
 * One item of a list.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Item<E> = E extends { readonly pagination: Pagination<infer Items> } ?
  Response<E> extends { readonly [K in Items]?: ReadonlyArray<infer A> | null | undefined } ? A : never
  : never

/**
 * Whether a value is an operation.
 *
 * @since 0.1.0
 * @category guards
 */
export const isEndpoint = (u: unknown): u is Any => Predicate.hasProperty(u, TypeId)

/**
 * A request or response body of JSON. A response's Schema must not transform: the client checks the parsed value and
 * returns it unchanged, with all other fields that the server sent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const json = <S extends Schema.Schema.AnyNoContext>(schema: S): Json<S> => ({ _tag: "Json", schema })

/** Where `Fields` has fields whose type is not a `Value`: a type that no Schema has, which names them. */
type Refused<Fields extends Schema.Struct.Fields, Value, Reason extends string> = {
  readonly [K in keyof Fields]: [Schema.Schema.Type<Fields[K]>] extends [Value] ? never : K
}[keyof Fields] extends infer Names ? [Names] extends [never] ? unknown : { readonly [K in Reason]: Names } : never

type Scalar = string | number | boolean

type FormValue = Scalar | null | undefined | FileSource | ReadonlyArray<Scalar | FileSource>

type QueryValue = Scalar | undefined | ReadonlyArray<Scalar> | { readonly [name: string]: Scalar | undefined }

/**
 * A request body of `multipart/form-data`. Its fields are text, numbers, booleans, null, files, or arrays of these.
 *
 * @since 0.1.0
 * @category constructors
 */
export const multipart = <Fields extends Schema.Struct.Fields>(
  schema: Struct.Struct<Fields> & Refused<Fields, FormValue, "a form can't encode">,
  options: {
    /** The fields that are sent as files. */
    readonly files: ReadonlyArray<keyof Fields & string>
    /** Maximum size of a file in bytes. Default: unlimited. */
    readonly maxFileBytes?: number
  }
): Multipart<Fields> => ({ _tag: "Multipart", schema, files: options.files, maxFileBytes: options.maxFileBytes })

/**
 * A response body of bytes. Default media type: `application/octet-stream`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (description: string, mediaType = "application/octet-stream"): Bytes => ({
  _tag: "Bytes",
  description,
  mediaType
})

/**
 * A response body of text. Default media type: `text/plain`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const text = (description: string, mediaType = "text/plain"): Text => ({ _tag: "Text", description, mediaType })

/**
 * One of several response bodies, chosen by a field of the request. `whenAbsent` is the value that the server assumes
 * where the request has none.
 *
 * @example
 * import { Endpoint } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const success = Endpoint.byField(
 *   "response_format",
 *   {
 *     json: Endpoint.json(Schema.Struct({ text: Schema.String })),
 *     text: Endpoint.text("The transcript.")
 *   },
 *   "json"
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const byField = <
  const Field extends string,
  const Cases extends { readonly [value: string]: SingleSuccess },
  const Default extends keyof Cases & string
>(field: Field, cases: Cases, whenAbsent: Default): ByField<Field, Cases, Default> => ({
  _tag: "ByField",
  field,
  cases,
  default: whenAbsent
})

/**
 * Named server-sent events: a Schema of `{ event, data }`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const namedEvents = <S extends Schema.Schema.AnyNoContext>(schema: S): Events<S> => ({ schema, named: true })

/**
 * Server-sent events without names: a Schema of their data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const events = <S extends Schema.Schema.AnyNoContext>(schema: S): Events<S> => ({ schema, named: false })

/**
 * Pages that follow each other by `after`. Default: the items are in `data`, and pages have `first_id` and `last_id`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const cursor = <const Items extends string = "data">(options?: {
  readonly items?: Items
  readonly hasLastId?: boolean
}): CursorPagination<Items> => ({
  _tag: "Cursor",
  items: options?.items ?? "data" as Items,
  hasLastId: options?.hasLastId ?? true
})

/**
 * Pages that follow each other by `page` and `next_page`. Default: the items are in `data`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const nextPage = <const Items extends string = "data">(
  options?: { readonly items?: Items }
): PagePagination<Items> => ({ _tag: "Page", items: options?.items ?? "data" as Items })

type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ?
  Name | ParameterNames<Rest> :
  never

/** One Schema for each name in the path, and no other. */
type PathParameters<Path extends string> = { readonly [K in ParameterNames<Path>]: Schema.filter<typeof Schema.String> }

/** It is compiled once: a bundler makes a call of the constructor of what older engines do not know. */
const unusable = /^(?:\.|%2e){0,2}$|\p{Surrogate}/iu

/**
 * An identifier in a path. Empty strings and dot segments are refused, encoded or not: a server, or a proxy before it,
 * would take them for another route.
 *
 * @since 0.1.0
 * @category schemas
 */
export const pathParameter = (description: string): Schema.filter<typeof Schema.String> =>
  Schema.String.pipe(
    Schema.filter(
      (value) => !unusable.test(value) || "is empty, a dot segment or has a lone surrogate",
      { jsonSchema: { minLength: 1 } }
    ),
    described(description)
  )

// -----------------------------------------------------------------------------
// what a query and a form can encode
// -----------------------------------------------------------------------------

/** Whether a value of a Schema is a text, a number or a boolean. A query also takes objects of these, a form null and files. */
const isEncodable = (ast: AST.AST, isForm: boolean, isNested = false): boolean => {
  const isItem = ({ type }: { readonly type: AST.AST }) => isEncodable(type, isForm, true)
  switch (ast._tag) {
    case "Refinement":
      return isEncodable(ast.from, isForm, isNested)
    case "Union":
      return ast.types.every((type) => isEncodable(type, isForm, isNested))
    case "TupleType":
      return !isNested && ast.elements.every(isItem) && ast.rest.every(isItem)
    case "TypeLiteral":
      return !(isNested || isForm) && ast.indexSignatures.length === 0 && ast.propertySignatures.every(isItem)
    case "Declaration":
      return isForm
    case "Literal":
      return ast.literal !== null || (isForm && !isNested)
    default:
      return /^(String|Number|Boolean|Undefined)Keyword$|^TemplateLiteral$/.test(ast._tag)
  }
}

/**
 * The first field that the query or the form of an operation can't encode: null and nested objects in a query, objects in a
 * form. undefined if all can be encoded. The types of {@link make} refuse such a field, unless its type is `any`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const unencodable = ({ body, query }: Any): string | undefined => {
  const first = ({ ast }: Schema.Schema.All, isForm: boolean) =>
    AST.getPropertySignatures(ast).find(({ type }) => !isEncodable(type, isForm))
  const found = first(query, false) ?? (body._tag === "Multipart" ? first(body.schema, true) : undefined)
  return found && String(found.name)
}

/** Where a choosing field has values without a response: a type that no success has, which names them. */
type WithoutResponse<RequestBody, S> = S extends { readonly field: infer Field; readonly cases: infer Cases } ?
  RequestBody extends { readonly schema: infer A extends Schema.Schema.Any } ?
    Field extends keyof Schema.Schema.Type<A> ?
      [Exclude<Schema.Schema.Type<A>[Field], keyof Cases | null | undefined>] extends [never] ? unknown
      : { readonly "values without a response": Exclude<Schema.Schema.Type<A>[Field], keyof Cases> }
    : { readonly "not a field of the body": Field }
  : { readonly "not a field of the body": Field } :
  unknown

type FieldsOf<RequestBody> = RequestBody extends { readonly schema: infer S extends Schema.Schema.Any } ?
  Schema.Schema.Type<S> :
  never

type ListFields<S> = TypeOf<S> extends infer A ?
    & {
      readonly [K in keyof A]: NonNullable<A[K]> extends ReadonlyArray<unknown> ? K : never
    }[keyof A]
    & string :
  never

/**
 * States an operation.
 *
 * @example
 * import { Endpoint } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const retrieve = Endpoint.make({
 *   name: "retrieveThing",
 *   summary: "Retrieve thing",
 *   description: "Returns a thing.",
 *   method: "GET",
 *   path: "/things/{thing_id}",
 *   parameters: { thing_id: Endpoint.pathParameter("The ID of the thing.") },
 *   success: Endpoint.json(Schema.Struct({ id: Schema.String }))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Name extends string,
  const Path extends `/${string}`,
  const ResponseBody extends Success,
  const Query extends Schema.Struct.Fields = {},
  const RequestBody extends Body = None,
  const EventBody extends Events<Schema.Schema.AnyNoContext> | undefined = undefined,
  const Pages extends Pagination<ListFields<ResponseBody>> | undefined = undefined,
  const InferenceName extends Inference | undefined = undefined
>(
  options:
    & {
      readonly name: Name
      readonly summary: string
      readonly description: string
      readonly method: "GET" | "POST" | "DELETE"
      readonly path: Path
      readonly success: ResponseBody & WithoutResponse<NoInfer<RequestBody>, NoInfer<ResponseBody>>
      readonly query?: Struct.Struct<Query> & Refused<NoInfer<Query>, QueryValue, "a query can't encode">
      readonly body?: RequestBody
      readonly rules?: ReadonlyArray<Rule<FieldsOf<NoInfer<RequestBody>>>>
      readonly events?: EventBody
      readonly pagination?: Pages
      readonly inference?: InferenceName
      readonly family?: Family
      readonly replayable?: boolean
    }
    & ([ParameterNames<Path>] extends [never] ? { readonly parameters?: never }
      : { readonly parameters: PathParameters<Path> })
): Endpoint<Name, PathParameters<Path>, Query, RequestBody, ResponseBody, EventBody, Pages, InferenceName> => {
  const defaults = {
    query: Struct.make({}),
    body: { _tag: "None" },
    rules: [],
    events: undefined,
    pagination: undefined,
    inference: undefined,
    family: "platform",
    replayable: options.method !== "POST"
  }
  // `any`: the types of the defaults are those of the type parameters.
  return { [TypeId]: TypeId, ...defaults, ...options, parameters: Struct.make(options.parameters ?? {}) } as any
}

/**
 * The kind of response body to a request. Only a success of `Endpoint.byField` depends on the request.
 *
 * @since 0.1.0
 * @category accessors
 */
export const successOf = ({ success }: Any, request: { readonly [field: string]: unknown }): SingleSuccess =>
  success._tag === "ByField" ? success.cases[String(request[success.field] ?? success.default)]! : success

/**
 * The first rule that a request breaks, and what is wrong. undefined if the request breaks none.
 *
 * @since 0.1.0
 * @category accessors
 */
export const brokenRule = (
  { rules }: Any,
  request: object
): { readonly field: string; readonly message: string } | undefined => {
  for (const { check, field } of rules) {
    const message = check(request)
    if (message !== undefined) return { field, message }
  }
  return undefined
}

// Not by `AST.omit`, which knows any Schema, and is a good part of what one operation adds to a bundle.
const withoutStream = (ast: AST.AST): AST.AST =>
  AST.isTypeLiteral(ast)
    ? new AST.TypeLiteral(ast.propertySignatures.filter(({ name }) => name !== "stream"), ast.indexSignatures)
    : ast

/**
 * The Schema of a request: every field of path, query and body except `stream`, and no other.
 *
 * @since 0.1.0
 * @category schemas
 */
export const request = <E extends Any>(endpoint: E): Schema.Schema<Request<E>> => {
  const schemas: Array<Schema.Schema.Any> = [endpoint.parameters, endpoint.query]
  if (endpoint.body._tag !== "None") {
    const { schema } = endpoint.body
    schemas.push(endpoint.events === undefined ? schema : Schema.make(withoutStream(schema.ast)))
  }
  return schemas.reduce((self, that) => Schema.extend(self, that)) as Schema.Schema<Request<E>>
}
