/** How many of the last cursors are kept: a million objects in pages of a hundred. */
const defaultKept = 10_000

/**
 * Returns a function that reports whether a cursor leads back to an earlier page, in bounded memory. A cycle of up to
 * `kept` pages is found where it closes. A longer one is found by Brent's method, which marks one cursor, and another one
 * whenever the number of pages has doubled: within three times the pages up to where the cycle closes.
 */
export const makeCycleDetector = (kept = defaultKept): (cursor: string) => boolean => {
  const recent = new Set<string>()
  let mark: string | undefined
  let steps = 0
  let power = 1
  return (cursor) => {
    if (cursor === mark || recent.has(cursor)) return true
    if (++steps === power) {
      mark = cursor
      steps = 0
      power *= 2
    }
    recent.add(cursor)
    if (recent.size > kept) {
      for (const oldest of recent) {
        recent.delete(oldest)
        break
      }
    }
    return false
  }
}
