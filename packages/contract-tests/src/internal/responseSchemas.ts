import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as Schema from "effect/Schema"

/** The Schemas of an operation's JSON responses, and whether it has others. A field of the request may choose one. */
export const responseSchemas = ({ success }: Endpoint.Any): {
  readonly schemas: ReadonlyArray<Schema.Schema.AnyNoContext>
  readonly hasOthers: boolean
} => {
  const cases = success._tag === "ByField" ? Object.values(success.cases) : [success]
  const schemas = cases.flatMap((one) => one._tag === "Json" ? [one.schema] : [])
  return { schemas, hasOthers: schemas.length < cases.length }
}

/** The media types of an operation's responses that are chosen by a field of the request and not JSON. */
export const otherMediaTypes = ({ success }: Endpoint.Any): ReadonlyArray<string> =>
  success._tag === "ByField"
    ? [...new Set(Object.values(success.cases).flatMap((one) => one._tag === "Json" ? [] : [one.mediaType]))]
    : []

/** The shortest of several lists. What fits one of several Schemas deviates from the Schema that it fits best. */
export const shortest = <A>(lists: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<A> =>
  lists.reduce((best, list) => list.length < best.length ? list : best, lists[0] ?? [])
