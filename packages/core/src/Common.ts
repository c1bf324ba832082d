/**
 * Fields that several resources share.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Tolerant from "./Tolerant.js"

/**
 * A time as the API writes it: Unix time in whole seconds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const timestamp = (description: string): Schema.Schema<number> =>
  Tolerant.unlimited(Schema.Int.annotations({ description }))

/**
 * Up to 16 pairs of strings that a caller attaches to an object; keys of at most 64 characters, values of at most 512.
 *
 * @since 0.1.0
 * @category models
 */
export const Metadata = Schema.Record({
  key: Schema.String.pipe(Schema.maxLength(64)),
  value: Schema.String.pipe(Schema.maxLength(512))
}).pipe(
  Schema.filter((pairs) => Object.keys(pairs).length <= 16 || "has more than 16 pairs", {
    description:
      "Up to 16 pairs of strings for the caller's own use; keys of at most 64 characters, values of at most 512.",
    jsonSchema: { maxProperties: 16 }
  })
)

/**
 * A function that the model may ask the caller to run.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionObject = Schema.Struct({
  name: Schema.String.pipe(Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/)).annotations({
    description: "The function's name: letters, digits, underscores and dashes, 64 at the most."
  }),
  description: Schema.optional(Schema.String.annotations({
    description: "What the function does; the model decides by it when and how to call the function."
  })),
  parameters: Schema.optional(
    Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({
      description: "The arguments as a JSON Schema object. Left out, the function takes none."
    })
  ),
  strict: Schema.optional(
    Schema.NullOr(Schema.Boolean).annotations({
      description: "Whether the model must keep to `parameters` exactly; only a part of JSON Schema is supported then.",
      default: false
    })
  )
}).annotations({ identifier: "FunctionObject", description: "A function that the model may ask for." })

/**
 * @since 0.1.0
 * @category models
 */
export interface FunctionObject extends Schema.Schema.Type<typeof FunctionObject> {}
