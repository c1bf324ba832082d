/** The tables of the load. */
import { isSteady, spread, variationOf } from "../statistics.js"
import { type Kind, partNames, parts, type Results } from "./parts.js"

export const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

export const show = (values: ReadonlyArray<number>, digits: number): string => {
  const { max, median, min } = spread(values)
  const [shown, least, most] = [median, min, max].map((value) => value.toFixed(digits))
  return `${shown} <sub>${least}–${most}</sub>`
}

/** CPU of each contestant for a request, and as a multiple of the first one's in the same round. */
export const table = (
  results: Results,
  titles: Readonly<Record<string, string>>,
  title: string
): ReadonlyArray<string> => {
  const [baseline] = Object.keys(titles)
  return [
    row([title, ...Object.values(titles)]),
    row(["---", ...Object.keys(titles).map(() => "--:")]),
    ...partNames.map((part) => {
      const first = results.get(`${baseline} ${part}`)!.map(({ cpuMicros }) => cpuMicros)
      return row([
        isSteady(variationOf(first.map((value) => [value]))) ? parts[part].title : `${parts[part].title} †`,
        ...Object.keys(titles).map((kind) => {
          const all = results.get(`${kind} ${part}`)!.map(({ cpuMicros }) => cpuMicros)
          const ratio = show(all.map((cpuMicros, round) => cpuMicros / first[round]!), 1)
          return kind === baseline ? show(all, 0) : `${show(all, 0)}, × ${ratio}`
        })
      ])
    })
  ]
}

export const perSecond = (results: Results, key: string): ReadonlyArray<number> =>
  results.get(key)!.map(({ perSecond }) => perSecond)

export const stores = { memory: "in memory", SQLite: "SQLite", PostgreSQL: "PostgreSQL" } satisfies {
  readonly [K in Kind]?: string
}

export const nodes = { PostgreSQL: "PostgreSQL, one node", "two nodes": "PostgreSQL, two nodes" } satisfies {
  readonly [K in Kind]?: string
}

/** Requests per second of the emulator, by contestant. */
export const throughput = (results: Results, titles: Readonly<Record<string, string>>): ReadonlyArray<string> => [
  row(["requests per second", ...Object.values(titles)]),
  row(["---", ...Object.keys(titles).map(() => "--:")]),
  ...partNames.map((part) =>
    row([
      parts[part].title,
      ...Object.keys(titles).map((kind) => show(perSecond(results, `${kind} ${part}`), 0))
    ])
  )
]
