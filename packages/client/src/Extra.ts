/**
 * Fields that are not documented: parameters of a server in requests, and what a server adds to responses.
 *
 * @since 0.1.0
 */
import * as internal from "./internal/request/extra.js"

/**
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = internal.TypeId

/**
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * Extra fields of an object. To be spread into the object.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields<out A extends { readonly [name: string]: unknown } = { readonly [name: string]: unknown }> {
  readonly [TypeId]: A
}

/** Removes the extra fields of one object. */
const withoutExtra = (self: object): Record<string, unknown> => {
  const { [TypeId]: _, toJSON: __, ...others } = self as Record<PropertyKey, unknown>
  return others
}

/** A method of the object that the fields are spread into. `JSON.stringify` calls it. */
function toJSON(this: Fields) {
  return { ...withoutExtra(this), ...this[TypeId] }
}

const read: internal.Read = (request) => {
  let isExtended = false
  const copy = (value: unknown, ancestors: ReadonlyArray<unknown>): unknown => {
    // A cycle can't be sent, and fails later.
    if (typeof value !== "object" || value === null || ancestors.includes(value)) return value
    const within = [...ancestors, value]
    if (Array.isArray(value)) return value.map((item) => copy(item, within))
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
    const hasExtra = internal.extraOf(value) !== undefined
    if (hasExtra) isExtended = true
    const copied: Record<string, unknown> = hasExtra ? withoutExtra(value) : { ...value }
    for (const name of Object.keys(copied)) copied[name] = copy(copied[name], within)
    return copied
  }
  const documented = copy(request, []) as object
  return isExtended ? { documented, own: withoutExtra(request) } : undefined
}

/**
 * Adds fields to a request, or to any object in it, by a spread. They are sent unchecked, and replace documented fields of
 * the same name. All other fields are still checked. Extra fields of the request itself are sent in the body, or in the
 * query of an operation without a body. A second spread replaces the first.
 *
 * @example
 * import { ChatCompletions, Extra } from "@effect-openai/client"
 *
 * const answer = ChatCompletions.create({
 *   model: "Qwen/Qwen3-8B",
 *   messages: [
 *     { role: "user", content: "How warm is it?", ...Extra.fields({ cache_control: { type: "ephemeral" } }) }
 *   ],
 *   ...Extra.fields({ top_k: 20, chat_template_kwargs: { enable_thinking: false } })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const fields = <const A extends { readonly [name: string]: unknown }>(fields: A): Fields<A> => {
  internal.current.read = read
  const extended = { [TypeId]: fields, toJSON }
  return extended
}

/**
 * Returns a field that a server added to an object of a response, such as `reasoning_content` of a message. Undefined
 * without one.
 *
 * @example
 * import { ChatCompletions, Extra } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const reasoning = ChatCompletions.create({
 *   model: "deepseek-reasoner",
 *   messages: [{ role: "user", content: "How long is a day on Mars?" }]
 * }).pipe(
 *   Effect.map(({ choices }) => choices.map(({ message }) => Extra.get(message, "reasoning_content")))
 * )
 *
 * @since 0.1.0
 * @category accessors
 */
export const get = (self: object, name: string): unknown =>
  Object.hasOwn(self, name) ? (self as { readonly [name: string]: unknown })[name] : undefined
