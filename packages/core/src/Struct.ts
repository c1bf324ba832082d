/**
 * Schemas of objects, as `Schema.Struct` makes them, with types that the compiler computes faster.
 *
 * @since 3.0.0
 */
import * as Schema from "effect/Schema"
import type { Simplify } from "effect/Types"

type Fields = Schema.Struct.Fields

type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends { readonly _TypeToken: "?:" } ? K : never
}[keyof F]

// With the keys as a parameter, a mapped type keeps the comments of the fields.
type Required<F extends Fields, K extends keyof F> = { readonly [P in K]: Schema.Schema.Type<F[P]> }

type Optional<F extends Fields, K extends keyof F> = { readonly [P in K]?: Schema.Schema.Type<F[P]> }

/**
 * The type of an object with these fields.
 *
 * @since 3.0.0
 * @category type-level
 */
export type Type<F extends Fields> = 0 extends 1 & F ? any
  : Simplify<Required<F, Exclude<keyof F, OptionalKeys<F>>> & Optional<F, OptionalKeys<F>>>

/**
 * The Schema of an object. It does not transform: what it encodes has the same type. `Schema.pick` and `Schema.omit` select
 * fields. `Schema.Struct(struct.fields)` has the other methods of Effect's.
 *
 * @since 3.0.0
 * @category models
 */
export interface Struct<F extends Fields> extends Schema.AnnotableClass<Struct<F>, Type<F>> {
  readonly fields: Readonly<F>
  readonly records: readonly []

  /** Returns the value. Throws a `ParseError` if it does not have this type. */
  make(value: Type<F>, options?: Schema.MakeOptions): Type<F>
}

/**
 * Makes the Schema of an object. None of its fields may transform.
 *
 * @since 3.0.0
 * @category constructors
 */
export const make: <F extends Fields>(fields: F) => Struct<F> =
  // Effect computes the same type in another way.
  Schema.Struct as any
