/**
 * Json: the maximum depth of JSON.
 *
 * @since 0.1.0
 */

/**
 * The maximum depth of JSON that is read: 256 arrays and objects within each other. Code that follows the structure of a
 * value, such as a Schema or `JSON.stringify`, overflows the stack some thousands of levels deeper.
 *
 * @since 0.1.0
 * @category limits
 */
export const maxDepth = 256

/**
 * Returns whether valid JSON nests deeper than {@link maxDepth}. Reads the text once, up to the level that is too deep, and
 * parses nothing.
 *
 * @example
 * import { Json } from "@effect-openai/core"
 *
 * Json.isTooDeep("[".repeat(300) + "]".repeat(300)) // true
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTooDeep = (text: string): boolean => {
  // Each level has two brackets. Most events of a stream are shorter.
  if (text.length <= 2 * maxDepth) return false
  let depth = 0
  for (let i = 0; i < text.length && depth <= maxDepth; i++) {
    const code = text.charCodeAt(i)
    // A string: its brackets do not count.
    if (code === 34) {
      while (++i < text.length && text.charCodeAt(i) !== 34) if (text.charCodeAt(i) === 92) i++
    }
    // Opening brackets differ from opening braces in this one bit, and so do the closing ones.
    if ((code | 32) === 123) depth++
    if ((code | 32) === 125) depth--
  }
  return depth > maxDepth
}
