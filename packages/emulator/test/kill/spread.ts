/** The spread of some values, as a report states it. */
export const spreadOf = (values: ReadonlyArray<number>): string => {
  if (values.length === 0) return "none"
  const sorted = [...values].sort((one, other) => one - other)
  return `${sorted[0]} to ${sorted.at(-1)} ms, median ${sorted[Math.floor(sorted.length / 2)]}`
}
