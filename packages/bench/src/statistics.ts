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

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Returns how much larger the largest value is than the smallest: 0.2 for a fifth. */
const variation = (values: ReadonlyArray<number>): number => Math.max(...values) / Math.min(...values) - 1

/** Returns how much a baseline varies: within a round, or between the means of the rounds, whichever is more. */
export const variationOf = (rounds: ReadonlyArray<ReadonlyArray<number>>): number =>
  Math.max(variation(rounds.map(mean)), ...rounds.map(variation))

/** Whether the ratios to a baseline that varies so much mean something. */
export const isSteady = (variation: number): boolean => variation <= 0.2

/** Returns the mean of the values of each round. */
export const means = (rounds: ReadonlyMap<number, ReadonlyArray<number>>): ReadonlyMap<number, number> =>
  new Map(Array.from(rounds, ([round, values]) => [round, mean(values)]))

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
