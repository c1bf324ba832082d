/** Compares two runs. They are not paired, so a difference below 10 % can come from the machine. */
import { contestants } from "./processes.js"
import { markdown } from "./report.js"
import type { Results, Sample } from "./results.js"
import { scenarios } from "./scenarios.js"
import { median } from "./statistics.js"

const costs = (samples: ReadonlyArray<Sample>): ReadonlyMap<string, number> => {
  const groups = new Map<string, Array<number>>()
  for (const { contestant, count, cpuMicros, scenario } of samples) {
    const key = `${scenarios[scenario].title}|${contestants[contestant]}`
    groups.set(key, [...groups.get(key) ?? [], cpuMicros / count.count])
  }
  return new Map(Array.from(groups, ([key, group]) => [key, median(group)]))
}

export const compare = (results: Results, other: Results): string => {
  const before = costs(other.samples)
  return markdown(
    ["", "contestant", `µs at ${other.commit}`, `µs at ${results.commit}`, "ratio"],
    Array.from(costs(results.samples)).flatMap(([key, now]) => {
      const then = before.get(key)
      return then === undefined ? [] : [[...key.split("|"), then.toFixed(2), now.toFixed(2), (now / then).toFixed(2)]]
    })
  )
}
