import type * as Extra from "../../Extra.js"

/** The key of the extra fields of an object. A spread copies it. */
export const TypeId: Extra.TypeId = Symbol.for("@effect-openai/client/Extra") as Extra.TypeId

type Fields = { readonly [name: string]: unknown }

/** Returns the extra fields of an object. */
export const extraOf = (self: object): Fields | undefined => (self as { readonly [TypeId]?: Fields })[TypeId]

/** A request with extra fields. */
interface Extended {
  /** A copy without extra fields at any depth. */
  readonly documented: object
  /** The request without its own extra fields. */
  readonly own: Fields
}

/** Returns undefined for a request without extra fields at any depth. */
export interface Read {
  (request: object): Extended | undefined
}

/** Set by `Extra.fields`, so that a program without extra fields does not bundle how they are read. */
export const current: { read?: Read } = {}
