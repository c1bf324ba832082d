/** How many of the last cursors are kept: a million objects in pages of a hundred. */
const kept = 10_000

/**
 * Tells whether a cursor leads back to where a walk has been, in bounded memory. A circle of up to `last` pages is found
 * where it closes. A longer one is found by Brent's method, which marks one cursor and another one whenever the walk is
 * twice as long: within three times the pages up to where the circle closes.
 */
export const makeCycleDetector = (last = kept): (cursor: string) => boolean => {
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
    if (recent.size > last) {
      for (const oldest of recent) {
        recent.delete(oldest)
        break
      }
    }
    return false
  }
}
