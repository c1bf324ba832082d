/** Of paired rounds: what is told of a number that differs from round to round. */
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
 * Each round's value over the baseline's of the same round; a round that lacks either counts for nothing. The machine is
 * as fast for both, which it need not be from one round to the next.
 */
export const pairedRatios = (
  values: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>
): ReadonlyArray<number> =>
  Array.from(values).flatMap(([round, value]) => {
    const one = baseline.get(round)
    return one === undefined ? [] : [value / one]
  })

/** A B B A: each second round goes the other way, so that whatever drifts within a round falls on both ends alike. */
export const interleaved = <A>(contestants: ReadonlyArray<A>, round: number): ReadonlyArray<A> =>
  round % 2 === 0 ? contestants : contestants.toReversed()
