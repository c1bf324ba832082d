/**
 * Fields that several resources share.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Struct from "./Struct.js"

/**
 * The ID of a model: a documented one, or any other string.
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

export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * Up to 16 key-value pairs that a caller attaches to an object. Keys have at most 64 characters, values at most 512.
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

export type Metadata = Schema.Schema.Type<typeof Metadata>

/**
 * @since 0.1.0
 * @category models
 */
export const FunctionObject = Struct.make({
  name: Field.name("function"),
  description: Schema.optional(
    Field.string("What the function does. The model uses it to decide when and how to call the function.")
  ),
  parameters: Schema.optional(
    Field.JsonSchema.pipe(described("The parameters as a JSON Schema object. Default: no parameters."))
  ),
  strict: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the arguments always fit `parameters`. Only a subset of JSON Schema is supported then.", {
        default: false
      })
    )
  )
}).annotations({ identifier: "FunctionObject", description: "A function that the model may call. The caller runs it." })

export interface FunctionObject extends Schema.Schema.Type<typeof FunctionObject> {}
