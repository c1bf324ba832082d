/** The median and the range of a number over paired rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values)
})

/**
 * Divides each round's value by the baseline's of the same round; rounds that lack either are left out. The speed of the
 * machine is the same for both, but can differ between rounds.
 */
export const pairedRatios = (
  values: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>
): ReadonlyArray<number> =>
  Array.from(values).flatMap(([round, value]) => {
    const one = baseline.get(round)
    return one === undefined ? [] : [value / one]
  })

/** A B B A: every second round is reversed, so that a drift within a round affects all contestants equally. */
export const interleaved = <A>(contestants: ReadonlyArray<A>, round: number): ReadonlyArray<A> =>
  round % 2 === 0 ? contestants : contestants.toReversed()
