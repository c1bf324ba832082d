import * as Schema from "effect/Schema"
import * as Struct from "../Struct.js"
import { described } from "./described.js"
import * as Field from "./field.js"

// The fields that chat completions and completions have in common.

export const StreamOptions = Struct.make({
  include_usage: Schema.optional(
    Field.boolean("Whether a last chunk without choices reports the token usage. `usage` is null in all other chunks.")
  )
}).annotations({ identifier: "ChatCompletionStreamOptions", description: "Options of a streamed response." })

export interface StreamOptions extends Schema.Schema.Type<typeof StreamOptions> {}

const penalty = (description: string) =>
  Schema.optional(Schema.NullOr(Schema.Number.pipe(Schema.between(-2, 2))).pipe(described(description, { default: 0 })))

/** The fields of a request. */
export const sampling = {
  frequency_penalty: penalty("The penalty for tokens by their frequency so far, from -2 to 2."),
  logit_bias: Schema.optional(
    Schema.NullOr(Schema.Record({ key: Schema.String, value: Field.Integer.pipe(Schema.between(-100, 100)) })).pipe(
      described("The bias of tokens, by token ID, from -100 (never) to 100 (always).", { default: null })
    )
  ),
  n: Schema.optional(
    Schema.NullOr(Field.Integer.pipe(Schema.between(1, 128))).pipe(
      described("The number of choices, from 1 to 128. The tokens of each choice are billed.", { default: 1 })
    )
  ),
  presence_penalty: penalty("The penalty for tokens that have occurred so far, from -2 to 2."),
  seed: Schema.optional(
    Schema.NullOr(
      Schema.Number.pipe(
        // `Integer` accepts only safe integers. A seed may be larger.
        Schema.filter((value) => Number.isInteger(value) || "is not an integer", { jsonSchema: { type: "integer" } }),
        Schema.between(-(2 ** 63), 2 ** 63)
        // Few random numbers are integers.
      ).annotations({ arbitrary: () => (fc) => fc.maxSafeInteger() })
    ).pipe(described("Beta. The same seed makes the same response likely, while `system_fingerprint` does not change."))
  ),
  stop: Schema.optional(
    Schema.Union(
      Schema.String,
      Schema.Array(Schema.String).pipe(Schema.minItems(1), Schema.maxItems(4)),
      Schema.Null
    ).pipe(described("Up to 4 sequences that end the response.", { default: null }))
  ),
  stream: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the response is a stream of chunks. `[DONE]` ends it.", { default: false })
    )
  ),
  stream_options: Schema.optional(
    Schema.NullOr(StreamOptions).pipe(
      described("Options of a streamed response. Only with `stream`.", { default: null })
    )
  ),
  temperature: Schema.optional(Field.temperature),
  top_p: Schema.optional(Field.topP),
  user: Field.user
}

/** The fields of a response and its chunks. */
export const envelope = {
  id: Field.string("The completion's ID. It is the same in all chunks."),
  created: Field.timestamp("the completion was created"),
  model: Field.string("The model that created the completion."),
  system_fingerprint: Schema.optional(
    Field.string("The server's configuration. When it changes, the same `seed` can give another response.")
  )
}
