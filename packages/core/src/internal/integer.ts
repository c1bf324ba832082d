import * as Schema from "effect/Schema"

/** An integer. `Schema.Int` has an identifier, and so would become a component of the OpenAPI document. */
export const Integer = Schema.Number.pipe(Schema.int())
