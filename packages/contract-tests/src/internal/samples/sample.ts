import type { OpenAiClient } from "@effect-openai/client"
import type * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as Struct from "@effect-openai/core/Struct"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scenario from "../../Scenario.js"

/** The IDs in a path, by the names of its parameters. */
export type Ids = Readonly<Record<string, string>>

export type Fields = Readonly<Record<string, unknown>>

type Run<A> = Effect.Effect<A, Scenario.Failure, Scenario.Services>

/** A parameter of a path. */
export interface Parameter {
  /** An ID that no object has. */
  readonly unknown: string
  /** What `create` needs of a target besides `stateful`. Default: nothing. */
  readonly requires?: ReadonlyArray<Scenario.Capability>
  /**
   * Returns the ID of an object below those of the parameters before it in the path. Each call creates another object, or
   * picks the one at `index` where objects can't be created.
   */
  readonly create: (outer: Ids, index: number) => Run<string>
}

type Parameters<E> = E extends { readonly parameters: Struct.Struct<infer Fields> } ? keyof Fields & string : never

/** A file of a form. */
export interface File {
  readonly fileName: string
  readonly content: string | Uint8Array
}

/** A smallest valid body. A file of a form is its content, with or without a name. */
type Body<E> = E extends { readonly body: Endpoint.Json<infer S> } ? Schema.Schema.Type<S>
  : E extends { readonly body: Endpoint.Multipart<infer F> } ?
    { readonly [K in keyof Schema.Struct.Type<F>]: Schema.Struct.Type<F>[K] | string | File }
  : never

/** The facts about an operation that its descriptor does not state. */
type Sample<E> =
  & ([Parameters<E>] extends [never] ? unknown
    : { readonly parameters: { readonly [K in Parameters<E>]: Parameter } })
  & ([Body<E>] extends [never] ? unknown : {
    /** The smallest valid body. Objects are named by unknown IDs. */
    readonly body: (models: Scenario.Models) => Body<E>
  })
  & Options<E>

interface Options<E> {
  /** The parameters that a query requires. Default: none. */
  readonly query?: Readonly<Record<string, string>>
  /** What a request needs of a target to succeed, besides the objects in its path. Default: nothing. */
  readonly requires?: ReadonlyArray<Scenario.Capability>
  /**
   * Values for fields that a generated request can't choose, at any depth: IDs of objects, and models. `undefined` leaves
   * a field out. Default: none.
   */
  readonly references?: (ids: Ids) => Run<Fields>
  /** Adapts a generated body to rules that the Schema does not state. Default: unchanged. */
  readonly adapt?: (body: Fields) => Fields
  /** Whether valid requests can be generated. Default: true. */
  readonly generated?: boolean
  /** Whether each generated request needs separate objects, because one request excludes the next. Default: false. */
  readonly ownObjects?: boolean
  /** The request's fields that the response repeats. Default: none. */
  readonly repeats?: ReadonlyArray<string>
  /** Deletes what a request created. A method, so that samples of all operations share one type. */
  cleanUp?(response: Endpoint.Response<E>): Effect.Effect<unknown, Scenario.Failure, OpenAiClient.OpenAiClient>
  /** The rules across fields. Limits of single fields are derived from the Schema. Default: none. */
  readonly rules?: ReadonlyArray<Rule>
  /** How a list gets its objects. Default: no scenario reads its pages. */
  readonly items?: List
}

/** A rule across fields, with fields that break it. */
interface Rule {
  /** What breaks it: "stream_options without stream". */
  readonly title: string
  /** The field that the refusal must name. */
  readonly field: string
  /** The fields of a body or the parts of a form, which replace those of the smallest one. */
  readonly body: Fields
  /** The name of the file of a form. Default: the smallest form's. */
  readonly fileName?: string
}

interface List {
  /** Whether the list holds other objects too. Default: false. */
  readonly shared?: boolean
  /** What `create` needs of a target besides the objects in the path. Default: nothing. */
  readonly requires?: ReadonlyArray<Scenario.Capability>
  /** The field that orders the objects. null: none. Default: `created_at`. */
  readonly time?: string | null
  /**
   * Creates five objects, the first two at least a second before the others, or picks at least three where objects can't be
   * created. Returns their IDs.
   */
  readonly create: (ids: Ids) => Run<ReadonlyArray<string>>
  /** The path of the list that has the objects. Default: the path that they were created below. */
  readonly path?: (ids: Ids, items: ReadonlyArray<string>) => Run<Ids>
}

/** The sample of any operation. */
export interface Any extends Options<Endpoint.Any> {
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly body?: (models: Scenario.Models) => object
}

type NameOf<E> = E extends { readonly name: infer Name extends string } ? Name : never

/** A sample for each operation of a resource. */
export type Samples<R extends Contract.ResourceName> = {
  readonly [E in Contract.EndpointsOf<R> as NameOf<E>]: Sample<E>
}
