import * as Schema from "effect/Schema"
import * as Field from "./field.js"

/** The limits of a model in a project. */
export const fields = {
  max_requests_per_1_minute: Field.integer("The maximum number of requests in a minute."),
  max_tokens_per_1_minute: Field.integer("The maximum number of tokens in a minute."),
  max_images_per_1_minute: Field.integer("The maximum number of images in a minute, for models of images."),
  max_audio_megabytes_per_1_minute: Field.integer(
    "The maximum number of megabytes of audio in a minute, for models of audio."
  ),
  max_requests_per_1_day: Field.integer("The maximum number of requests in a day, for models that have this limit."),
  batch_1_day_max_input_tokens: Field.integer(
    "The maximum number of input tokens of batches in a day, for models that batches can use."
  )
}

/** The same fields, which may be missing. */
export const optional = <Fields extends { readonly [name: string]: Schema.Schema.All }>(
  fields: Fields
): { readonly [K in keyof Fields]: Schema.optional<Fields[K]> } =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, Schema.optional(field)])
    // The names stay the same.
  ) as any
