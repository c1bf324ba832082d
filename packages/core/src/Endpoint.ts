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
import { described } from "./internal/described.js"

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
 * A body, or an answer, of JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Json<S extends Schema.Schema.AnyNoContext> {
  readonly _tag: "Json"
  readonly schema: S
}

/**
 * A body of `multipart/form-data`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Multipart<Fields extends Schema.Struct.Fields> {
  readonly _tag: "Multipart"
  readonly schema: Schema.Struct<Fields>
  /** The fields that are sent as files; their Schema is `FileSource`. */
  readonly files: ReadonlyArray<keyof Fields & string>
}

/**
 * An answer of bytes, whatever their media type.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly description: string
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
 * What a request's body can be.
 *
 * @since 0.1.0
 * @category models
 */
export type Body = None | Json<Schema.Schema.AnyNoContext> | Multipart<any>

/**
 * What a success's body can be.
 *
 * @since 0.1.0
 * @category models
 */
export type Success = Bytes | Json<Schema.Schema.AnyNoContext>

/**
 * What `stream: true` answers: server-sent events, each an object with the event's name and its data, or the data alone
 * where the documentation names no events.
 *
 * @since 0.1.0
 * @category models
 */
export interface Events<S extends Schema.Schema.AnyNoContext> {
  readonly schema: S
  /** Whether events have names; the Schema is then one of `{ event, data }`. */
  readonly named: boolean
}

/**
 * How the pages of a list are walked: `cursor` by `after` and `before` with the answer's `last_id` and `first_id`.
 *
 * @since 0.1.0
 * @category models
 */
export type Pagination = "none" | "cursor"

/**
 * Which part of the API an operation belongs to. `assistants` adds `OpenAI-Beta: assistants=v1`; `administration` uses
 * the admin key.
 *
 * @since 0.1.0
 * @category models
 */
export type Family = "platform" | "assistants" | "administration"

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
  out Answer extends Success,
  out Event extends Events<Schema.Schema.AnyNoContext> | undefined = Events<Schema.Schema.AnyNoContext> | undefined
> {
  readonly [TypeId]: TypeId
  /** The documented `operationId`. */
  readonly name: Name
  readonly summary: string
  readonly description: string
  readonly method: "GET" | "POST" | "DELETE"
  /** The path below the base URL, with parameters in braces. */
  readonly path: `/${string}`
  readonly parameters: Schema.Struct<Parameters>
  readonly query: Schema.Struct<Query>
  readonly body: RequestBody
  readonly success: Answer
  /** What `stream: true` answers instead, where that is documented. */
  readonly events: Event
  readonly pagination: Pagination
  readonly family: Family
  /**
   * Whether the same request may be sent again although the server may have acted on it already. False only where a
   * second one would create a second object.
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
 * What a caller passes: the fields of path, query and body in one object, but for `stream`: whether an answer is streamed
 * is said by the function that is called.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Request<E> = E extends
  Endpoint<infer _Name, infer Parameters, infer Query, infer RequestBody, infer _Answer, infer Event> ? Simplify<
    & Schema.Struct.Type<Parameters>
    & Schema.Struct.Type<Query>
    & (RequestBody extends { readonly schema: infer S extends Schema.Schema.Any }
      ? undefined extends Event ? Schema.Schema.Type<S> : Omit<Schema.Schema.Type<S>, "stream">
      : unknown)
  > :
  never

/**
 * What the answer decodes to.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Answer<E> = E extends { readonly success: infer S } ?
  S extends { readonly schema: infer A extends Schema.Schema.Any } ? Schema.Schema.Type<A> : Uint8Array
  : never

/**
 * What the events of a streamed answer decode to.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Event<E> = E extends { readonly events: Events<infer S> } ? Schema.Schema.Type<S> : never

/**
 * One object of the list that the answer is a page of.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Item<E> = Answer<E> extends { readonly data: ReadonlyArray<infer A> } ? A : never

/**
 * Whether a value is an operation.
 *
 * @since 0.1.0
 * @category guards
 */
export const isEndpoint = (u: unknown): u is Any => Predicate.hasProperty(u, TypeId)

/**
 * A body, or an answer, of JSON. An answer's Schema must not transform: the client checks the parsed value and hands it
 * out as it is, with whatever else the server sent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const json = <S extends Schema.Schema.AnyNoContext>(schema: S): Json<S> => ({ _tag: "Json", schema })

/**
 * A body of `multipart/form-data`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const multipart = <Fields extends Schema.Struct.Fields>(
  schema: Schema.Struct<Fields>,
  options: { readonly files: ReadonlyArray<keyof Fields & string> }
): Multipart<Fields> => ({ _tag: "Multipart", schema, files: options.files })

/**
 * An answer of bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (description: string): Bytes => ({ _tag: "Bytes", description })

/**
 * A streamed answer of named events: a Schema of `{ event, data }`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const namedEvents = <S extends Schema.Schema.AnyNoContext>(schema: S): Events<S> => ({ schema, named: true })

/**
 * A streamed answer of events without names: a Schema of their data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const events = <S extends Schema.Schema.AnyNoContext>(schema: S): Events<S> => ({ schema, named: false })

type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ?
  Name | ParameterNames<Rest> :
  never

/** One Schema for each name in the path, and no other. */
type PathParameters<Path extends string> = { readonly [K in ParameterNames<Path>]: Schema.filter<typeof Schema.String> }

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
      (value) =>
        !/^(?:\.|%2e){0,2}$|\p{Surrogate}/iu.test(value) ||
        "is empty, a dot segment or half a character: no object's name",
      { jsonSchema: { minLength: 1 } }
    ),
    described(description)
  )

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
 *   description: "Answers one thing.",
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
  const Answer extends Success,
  const Query extends Schema.Struct.Fields = {},
  const RequestBody extends Body = None,
  const Event extends Events<Schema.Schema.AnyNoContext> | undefined = undefined
>(
  options:
    & {
      readonly name: Name
      readonly summary: string
      readonly description: string
      readonly method: "GET" | "POST" | "DELETE"
      readonly path: Path
      readonly success: Answer
      readonly query?: Schema.Struct<Query>
      readonly body?: RequestBody
      readonly events?: Event
      readonly pagination?: Pagination
      readonly family?: Family
      readonly replayable?: boolean
    }
    & ([ParameterNames<Path>] extends [never] ? { readonly parameters?: never }
      : { readonly parameters: PathParameters<Path> })
): Endpoint<Name, PathParameters<Path>, Query, RequestBody, Answer, Event> => ({
  [TypeId]: TypeId,
  name: options.name,
  summary: options.summary,
  description: options.description,
  method: options.method,
  path: options.path,
  parameters: Schema.Struct(options.parameters ?? {} as PathParameters<Path>),
  query: options.query ?? Schema.Struct({} as Query),
  body: options.body ?? { _tag: "None" } as RequestBody,
  success: options.success,
  events: options.events as Event,
  pagination: options.pagination ?? "none",
  family: options.family ?? "platform",
  replayable: options.replayable ?? options.method !== "POST"
})

// Not by `AST.omit`, which knows any Schema, and is a good part of what one operation adds to a bundle.
const withoutStream = (ast: AST.AST): AST.AST =>
  AST.isTypeLiteral(ast)
    ? new AST.TypeLiteral(ast.propertySignatures.filter(({ name }) => name !== "stream"), ast.indexSignatures)
    : ast

/**
 * The Schema of what a caller passes: every field of path, query and body but `stream`, and no other.
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
