/**
 * Fields that several resources share.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import { Integer } from "./internal/integer.js"
import { modelId } from "./internal/modelId.js"
import * as Tolerant from "./Tolerant.js"

/**
 * The ID of a model: one of those that the documentation names, or any other.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId(
  "gpt-4o",
  "gpt-4o-2024-11-20",
  "gpt-4o-2024-08-06",
  "gpt-4o-2024-05-13",
  "gpt-4o-mini",
  "gpt-4o-mini-2024-07-18",
  "gpt-4-turbo",
  "gpt-4-turbo-2024-04-09",
  "gpt-4-0125-preview",
  "gpt-4-turbo-preview",
  "gpt-4-1106-preview",
  "gpt-4-vision-preview",
  "gpt-4",
  "gpt-4-0314",
  "gpt-4-0613",
  "gpt-4-32k",
  "gpt-4-32k-0314",
  "gpt-4-32k-0613",
  "gpt-3.5-turbo",
  "gpt-3.5-turbo-16k",
  "gpt-3.5-turbo-0613",
  "gpt-3.5-turbo-1106",
  "gpt-3.5-turbo-0125",
  "gpt-3.5-turbo-16k-0613"
)

/**
 * @since 0.1.0
 * @category models
 */
export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * A time as the API writes it: Unix time in whole seconds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const timestamp = (description: string): Schema.Schema<number> =>
  Tolerant.unlimited(Schema.Int.pipe(described(description)))

/**
 * Up to 16 pairs of strings that a caller attaches to an object; keys of at most 64 characters, values of at most 512.
 *
 * @since 0.1.0
 * @category models
 */
export const Metadata = Schema.Record({
  key: Schema.String.pipe(Schema.maxLength(64, { title: "a key of at most 64 characters" })),
  value: Schema.String.pipe(Schema.maxLength(512))
}).pipe(
  Schema.filter((pairs) => Object.keys(pairs).length <= 16 || "has more than 16 pairs", {
    jsonSchema: { maxProperties: 16 }
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Metadata = Schema.Schema.Type<typeof Metadata>

/**
 * A function that the model may ask the caller to run.
 *
 * @since 0.1.0
 * @category models
 */
export const FunctionObject = Schema.Struct({
  name: Schema.String.pipe(
    Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/),
    described("The function's name: letters, digits, underscores and dashes, 64 at the most.")
  ),
  description: Schema.optional(
    Schema.String.pipe(described("What the function does; the model decides by it when and how to call the function."))
  ),
  parameters: Schema.optional(
    Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(
      described("The arguments as a JSON Schema object. Left out, the function takes none.")
    )
  ),
  strict: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the model must keep to `parameters` exactly; only a part of JSON Schema is supported then.", {
        default: false
      })
    )
  )
}).annotations({ identifier: "FunctionObject", description: "A function that the model may ask for." })

/**
 * @since 0.1.0
 * @category models
 */
export interface FunctionObject extends Schema.Schema.Type<typeof FunctionObject> {}

/**
 * A time that is null until it comes, or where it never does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const nullableTimestamp = (description: string): Schema.Schema<number | null> =>
  Tolerant.unlimited(Schema.NullOr(Integer).pipe(described(description)))
