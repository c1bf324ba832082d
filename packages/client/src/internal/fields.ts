import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Predicate from "effect/Predicate"

// Objects of JSON can have a field `__proto__`. An assignment to it sets the prototype instead, and loses the field.

/** Sets a field of any name. */
export const setField = (target: Record<string, unknown>, name: string, value: unknown): void => {
  if (name !== "__proto__") target[name] = value
  else Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true })
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Returns the path of a field `__proto__` in arrays and objects, or undefined. */
export const prototypePath = (request: object): NonEmptyReadonlyArray<PropertyKey> | undefined => {
  const seen = new Set<object>()
  const find = (value: unknown): NonEmptyReadonlyArray<PropertyKey> | undefined => {
    if (!Predicate.isObject(value) || seen.has(value)) return undefined
    const isArray = Array.isArray(value)
    if (!isArray && !isPlain(value)) return undefined
    seen.add(value)
    if (isArray) {
      for (let index = 0; index < value.length; index++) {
        const path = find(value[index])
        if (path !== undefined) return [index, ...path]
      }
      return undefined
    }
    for (const [name, field] of Object.entries(value)) {
      if (name === "__proto__") return [name]
      const path = find(field)
      if (path !== undefined) return [name, ...path]
    }
    return undefined
  }
  return find(request)
}
