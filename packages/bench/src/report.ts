/** Renders tables and the chart from the results. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chart } from "./chart.js"
import {
  baselineVariation,
  byRound,
  clientNames,
  coldCpuOfOne,
  cpuOfOne,
  modelNames,
  ratioOf,
  shown,
  spreadOf
} from "./evaluation.js"
import { pageSize } from "./payloads.js"
import { type Contestant, contestants } from "./processes.js"
import { type Program, programNames, programs, typedProgramNames, typedPrograms } from "./programs.js"
import type { Results, Sample } from "./results.js"
import { type Name, names, scenarios } from "./scenarios.js"
import { isSteady, pairedRatios, type Spread } from "./statistics.js"

// -----------------------------------------------------------------------------
// tables
// -----------------------------------------------------------------------------

export const markdown = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): string =>
  [
    `| ${head.join(" | ")} |`,
    `|---|${head.slice(1).map(() => "--:|").join("")}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`)
  ].join("\n")

const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

interface Format {
  (spread: Spread | undefined, scale?: number): string
}

const cell: Format = (spread, scale = 1) =>
  spread === undefined
    ? "–"
    : `${digits(spread.median * scale)} <sub>${digits(spread.min * scale)}–${digits(spread.max * scale)}</sub>`

const middle: Format = (spread, scale = 1) => spread === undefined ? "–" : digits(spread.median * scale)

const has = (results: Pick<Results, "samples">, scenario: Name): boolean =>
  results.samples.some((sample) => sample.scenario === scenario)

const spreadOfValue = (results: Results, contestant: string, scenario: Name, value: (sample: Sample) => number) =>
  spreadOf(byRound(results, contestant, scenario, value).values())

const isMillion = (name: Name): boolean => name.startsWith("million")

/** A ratio below 1 says as much of the baseline as of the contestant. */
const marked = (ratio: Spread | undefined, format: Format): string =>
  format(ratio) + (ratio !== undefined && ratio.median < 1 ? " ‡" : "")

const percent = (variation: number): string => `${Math.round(variation * 100)} %`

/** The ratios, each with its costs, cold and warm. Marks what a baseline that varies makes doubtful. */
const ratios = (
  results: Pick<Results, "samples">,
  among: ReadonlyArray<Name>,
  format: Format,
  head = "CPU, paired"
): string => {
  const columns = shown(results, among)
  const rows = among.filter((name) => has(results, name) && !isMillion(name)).flatMap((name) =>
    [
      { name, title: `${scenarios[name].title}, cold`, cost: coldCpuOfOne },
      { name, title: scenarios[name].title, cost: cpuOfOne }
    ].flatMap((row) => {
      const variation = baselineVariation(results, name, row.cost)
      return Number.isFinite(variation) ? [{ ...row, variation }] : []
    })
  )
  const unsteady = rows.filter(({ variation }) => !isSteady(variation))
  const table = markdown(
    [head, ...columns.map((name) => contestants[name])],
    rows.map(({ cost, name, title, variation }) => [
      `${title}, µs per ${scenarios[name].unit}${isSteady(variation) ? "" : " †"}`,
      ...columns.map((contestant) => {
        const ratio = ratioOf(results, contestant, name, cost)
        return ratio === undefined
          ? "–"
          : `**${marked(ratio, format)}**<br>${format(spreadOf(byRound(results, contestant, name, cost).values()))}`
      })
    ])
  )
  const isBelow = table.includes("‡")
  const largest = percent(Math.max(...rows.map(({ variation }) => variation)))
  return [
    table,
    unsteady.length === 0 ?
      "" :
      "† The baseline varies by more than a fifth, within or between rounds, so these ratios are not reliable: " +
      `${unsteady.map(({ title, variation }) => `${title} by ${percent(variation)}`).join("; ")}.`,
    isBelow ? `‡ Less than the baseline, whose costs vary by up to ${largest} in this run.` : ""
  ].filter((text) => text !== "").join("\n\n")
}

const megabytes = 1e-6

const memory = (results: Results): string =>
  markdown(
    ["", ...shown(results).map((name) => contestants[name])],
    names.filter((name) => has(results, name) && isMillion(name)).flatMap((name) =>
      [
        ["peak RSS, MB", ({ peakRss }: Sample) => peakRss * megabytes],
        ["heap growth, MB", ({ heapAfter, heapBefore }: Sample) => (heapAfter - heapBefore) * megabytes],
        ["CPU, µs per item", cpuOfOne]
      ].map(([what, value]) => [
        `${scenarios[name].title}: ${what}`,
        ...shown(results).map((contestant) =>
          cell(spreadOfValue(results, contestant, name, value as (sample: Sample) => number))
        )
      ])
    )
  )

const startsOf = (results: Results, program: Program): ReadonlyMap<number, number> =>
  new Map(results.starts.filter((start) => start.program === program).map((start) => [start.round, start.cpuMicros]))

const oneCall = (results: Results, format: Format): string =>
  markdown(
    ["a program that makes one call", ...programNames.map((name) => programs[name])],
    [
      ...(["browser", "node"] as const).map((platform) => [
        `bundle for ${platform === "node" ? "Node" : "a browser"}, KB gzip`,
        ...programNames.map((name) => {
          const size = results.sizes.find((size) => size.program === name && size.platform === platform)
          return size === undefined ? "–" : (size.gzip / 1000).toFixed(1)
        })
      ]),
      [
        "cold start bundled, CPU ms",
        ...programNames.map((name) => format(spreadOf(startsOf(results, name).values()), 1e-3))
      ],
      [
        "relative to the floor, paired",
        ...programNames.map((name) =>
          format(spreadOf(pairedRatios(startsOf(results, name), startsOf(results, "floor"))))
        )
      ]
    ]
  )

const types = (results: Results): string =>
  markdown(
    ["types of a program that uses everything", ...typedProgramNames.map((name) => typedPrograms[name])],
    ([
      ["`tsc`, CPU seconds", ({ cpuMicros }) => cpuMicros / 1e6],
      ["instantiations, thousands", ({ instantiations }) => instantiations / 1e3],
      ["memory, MB", ({ memoryKilobytes }) => memoryKilobytes / 1e3]
    ] satisfies ReadonlyArray<[string, (check: Results["typeChecks"][number]) => number]>).map(([what, value]) => [
      what,
      ...typedProgramNames.map((name) =>
        middle(spreadOf(results.typeChecks.filter(({ program }) => program === name).map(value)))
      )
    ])
  )

const pagesOf = ({ samples }: Results, scenario: Name): number =>
  samples.find((sample) => sample.scenario === scenario)!.count.count / pageSize

const growth = (results: Results): string => {
  const perItem = (contestant: Contestant, name: Name) => spreadOfValue(results, contestant, name, cpuOfOne)
  const iterated = shown(results).filter((name) =>
    perItem(name, "pages") !== undefined && perItem(name, "million") !== undefined
  )
  return [
    has(results, "growth")
      ? `CPU of a call with all operations imported, divided by that of a call with one resource imported (paired): ${
        cell(ratioOf(results, "effect-openai-all", "growth"))
      }.`
      : "",
    iterated.length === 0 ? "" : markdown(
      ["CPU per item, µs", ...iterated.map((name) => contestants[name])],
      [
        ...(["pages", "million"] as const).map((scenario) => [
          `${pagesOf(results, scenario).toLocaleString("en")} pages read`,
          ...iterated.map((name) => cell(perItem(name, scenario)))
        ])
      ]
    )
  ].filter((text) => text !== "").join("\n\n")
}

const contractRuns = ({ contractRuns }: Results): string => {
  const [{ requests, scenarios }] = contractRuns as [Results["contractRuns"][number]]
  return "A run of the contract suite against the emulator by the command line, over HTTP, from start to exit: " +
    `${cell(spreadOf(contractRuns.map(({ millis }) => millis)), 1e-3)} s for ${scenarios} scenarios and ` +
    `${requests.toLocaleString("en")} requests.`
}

const sections = (results: Results): ReadonlyArray<string> => [
  ...(shown(results).length === 0 ? [] : [ratios(results, clientNames, cell)]),
  ...(shown(results, modelNames).length === 0 ? [] : [ratios(results, modelNames, cell, "`@effect/ai`, CPU, paired")]),
  ...results.nodes.map((node) => ratios(node, clientNames, cell, `Node ${node.version}, CPU, paired`)),
  ...(results.contractRuns.length === 0 ? [] : [contractRuns(results)]),
  ...(results.emulator === "" ? [] : [results.emulator]),
  ...(has(results, "million") ? [memory(results)] : []),
  ...(results.sizes.length + results.starts.length === 0 ? [] : [oneCall(results, cell)]),
  ...(results.typeChecks.length === 0 ? [] : [types(results)]),
  ...(growth(results) === "" ? [] : [growth(results)])
]

export const table = (results: Results): string => sections(results).join("\n\n")

// -----------------------------------------------------------------------------
// files
// -----------------------------------------------------------------------------

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const provenance = ({ commit, machine, samples, scale }: Results): string => {
  const rounds = 1 + Math.max(...samples.map(({ round }) => round))
  const part = scale === 1 ? "" : ` at ${scale} of the amounts`
  return `Medians of ${rounds} rounds${part} at \`${commit}\`, Node ${machine.node}, ${machine.cores} × ${machine.cpu}.`
}

/** Replaces the text between the two marks with this name. Throws if a mark is missing. */
export const between = (readme: string, mark: string, text: string): string => {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`]
  const [before, rest] = readme.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error(`No ${begin} with ${end} in the README`)
  return `${before}${begin}\n\n${text}\n\n${end}${after}`
}

const replaceIn = (path: string, mark: string, text: string): void => {
  writeFileSync(path, between(readFileSync(path, "utf8"), mark, text))
}

/** Writes the table, the chart, and the table in the README. */
export const render = (results: Results): void => {
  writeFileSync(file("../results/table.md"), `${provenance(results)}\n\n${table(results)}\n`)
  writeFileSync(file("../results/chart.svg"), chart(results))
  replaceIn(file("../README.md"), "results", `${provenance(results)}\n\n${table(results)}`)
}
