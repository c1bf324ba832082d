/** The results of a run, as saved in `results/results.json`. Everything rendered is derived from them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import type { Measured } from "./contestant.js"
import type { Contestant } from "./processes.js"
import type { Program, TypedProgram } from "./programs.js"
import type { Name } from "./scenarios.js"

export interface Sample extends Measured {
  readonly scenario: Name
  readonly contestant: Contestant
  readonly round: number
}

/** Bytes of a program that makes one call, bundled and minified. */
export interface Size {
  readonly program: Program
  readonly platform: "browser" | "node"
  readonly minified: number
  readonly gzip: number
}

/** One run of that program, from start to exit. */
export interface Start {
  readonly program: Program
  readonly round: number
  readonly cpuMicros: number
}

/** One run of `tsc` over a program that uses everything. */
export interface TypeCheck {
  readonly program: TypedProgram
  readonly round: number
  readonly cpuMicros: number
  readonly instantiations: number
  readonly types: number
  readonly memoryKilobytes: number
}

/** One run of the contract suite against the emulator, from start to exit. */
export interface ContractRun {
  readonly millis: number
  readonly scenarios: number
  readonly requests: number
}

/** The samples of another version of Node. */
export interface OtherNode {
  readonly version: string
  readonly samples: ReadonlyArray<Sample>
}

export interface Results {
  readonly machine: {
    readonly node: string
    readonly v8: string
    readonly cpu: string
    readonly cores: number
    readonly memoryGigabytes: number
  }
  /** The measured commit, and whether its sources had changes. */
  readonly commit: string
  /** The factor of each scenario's amount. */
  readonly scale: number
  readonly samples: ReadonlyArray<Sample>
  readonly sizes: ReadonlyArray<Size>
  readonly starts: ReadonlyArray<Start>
  readonly typeChecks: ReadonlyArray<TypeCheck>
  readonly nodes: ReadonlyArray<OtherNode>
  readonly contractRuns: ReadonlyArray<ContractRun>
  /** The tables of `npm run load`. Empty if it did not run. */
  readonly emulator: string
}

export const machine = (): Results["machine"] => ({
  node: process.versions.node,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 2 ** 30)
})

export const resultsPath = fileURLToPath(new URL("../results/results.json", import.meta.url))

export const readResults = (path: string): Results => JSON.parse(readFileSync(path, "utf8"))

/** Writes one measurement per line, so that a diff of two runs is readable. */
export const writeResults = (path: string, results: Results): void => {
  const fields = Object.entries(results).map(([key, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`
      : JSON.stringify(value)
    return `  ${JSON.stringify(key)}: ${text}`
  })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `{\n${fields.join(",\n")}\n}\n`)
}
