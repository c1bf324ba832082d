import * as Schema from "effect/Schema"

type Fields = { readonly [name: string]: unknown }

/**
 * The Schema of a tagged error: an object of its fields on one side, an instance of its class on the other. JSON has no
 * `undefined`, so a field that is missing is undefined.
 */
export const make = <A extends { readonly _tag: string }>(
  constructor: new(fields: any) => A,
  tag: A["_tag"],
  fields: { readonly [name: string]: Schema.Schema<any, any> | Schema.PropertySignature.All }
): Schema.Schema<A, unknown> => {
  const names = Object.keys(fields)
  const optional = Object.fromEntries(
    names.map((name) => {
      const field = fields[name]!
      return [name, Schema.isSchema(field) && Schema.is(field)(undefined) ? Schema.optional(field) : field]
    })
  )
  // The types of the fields are known at run time only.
  const struct = Schema.make<Fields, unknown>(Schema.Struct({ _tag: Schema.Literal(tag), ...optional }).ast)
  return Schema.transform(struct, Schema.instanceOf(constructor), {
    strict: false,
    decode: ({ _tag: _, ...others }) => new constructor(others),
    encode: (error: A) =>
      Object.fromEntries(["_tag", ...names].flatMap((name) => {
        const value = (error as Fields)[name]
        return value === undefined ? [] : [[name, value]]
      }))
  }).annotations({ identifier: tag })
}
