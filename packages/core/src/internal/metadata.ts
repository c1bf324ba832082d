import * as Schema from "effect/Schema"
import * as Common from "../Common.js"
import { described } from "./described.js"

/** The field `metadata`, which every object of Assistants has. */
export const Metadata = Schema.NullOr(Common.Metadata).pipe(
  described("Up to 16 pairs of strings for the caller's own use; keys of at most 64 characters, values of at most 512.")
)
