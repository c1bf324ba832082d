import * as Schema from "effect/Schema"
import * as Common from "../Common.js"
import * as Struct from "../Struct.js"
import { described } from "./described.js"

/** The field `metadata` of the objects of Assistants. */
export const Metadata = Schema.NullOr(Common.Metadata).pipe(
  described("Up to 16 key-value pairs for the caller's own use. Keys have at most 64 characters, values at most 512.")
)

/** The request to modify an object whose only field that changes is `metadata`. */
export const modifyRequest = (identifier: string, what: string) =>
  Struct.make({ metadata: Schema.optional(Metadata) }).annotations({
    identifier,
    description: `Request to modify ${what}.`
  })
