/** Runs rounds: every contestant in turn, each in a separate process. The next round has the reverse order. */
import { execFile, execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Measured, Order } from "./contestant.js"
import { type Node, nodeOf } from "./nodes.js"
import * as Payloads from "./payloads.js"
import {
  compile,
  type Contestant,
  contestantNames,
  defaultContestants,
  type Server,
  startContestant,
  startServer
} from "./processes.js"
import * as Programs from "./programs.js"
import {
  type ContractRun,
  machine,
  type OtherNode,
  type Results,
  type Sample,
  type Size,
  type Start,
  type TypeCheck
} from "./results.js"
import { coldAmount, type Name, names, scenarios, shareOf } from "./scenarios.js"
import { interleaved } from "./statistics.js"
import { contractRun } from "./suite.js"

export interface Options {
  readonly rounds: number
  /** The factor for each scenario's amount and warm-up. */
  readonly scale: number
  readonly only: ReadonlyArray<string> | undefined
  /** Default: `defaultContestants`. */
  readonly contestants: ReadonlyArray<string> | undefined
  /** The other major versions of Node. */
  readonly nodes: ReadonlyArray<string>
}

const log = (text: string) => process.stderr.write(`${text}\n`)

/** Checks what a contestant read against what the server sent. */
export const verify = (contestant: Contestant, { amount, cold, scenario }: Order, measured: Measured): void => {
  const check = ({ count }: Pick<Measured, "count">, amount: number) => {
    const expected = scenarios[scenario].expect(amount)
    if (count.count !== expected.count || count.sum !== expected.sum) {
      throw new Error(`${contestant} read ${JSON.stringify(count)} of ${JSON.stringify(expected)} in ${scenario}`)
    }
  }
  check(measured, amount)
  if (measured.cold !== undefined) check(measured.cold, cold)
}

const sample = async (contestant: Contestant, order: Order, node?: Node): Promise<Omit<Sample, "round">> => {
  const competitor = await startContestant(contestant, node?.path)
  try {
    const measured = await competitor.measure(order)
    verify(contestant, order, measured)
    return { scenario: order.scenario, contestant, ...measured }
  } finally {
    competitor.stop()
  }
}

/** Returns the contestants of a scenario. Each contestant is started once to list its scenarios. */
const entries = async (
  contestants: ReadonlyArray<Contestant>
): Promise<(scenario: Name) => ReadonlyArray<Contestant>> => {
  const offered = new Map<Contestant, ReadonlyArray<Name>>()
  for (const contestant of contestants) {
    const competitor = await startContestant(contestant)
    offered.set(contestant, competitor.scenarios)
    competitor.stop()
  }
  return (scenario) =>
    contestants.filter((contestant) =>
      offered.get(contestant)!.includes(scenario) && (scenarios[scenario].contestants?.includes(contestant) ?? true)
    )
}

/** Scenarios with the same baseline share their rounds, so that their costs are paired. */
const groups = (chosen: ReadonlyArray<Name>): ReadonlyArray<ReadonlyArray<Name>> =>
  Array.from(
    chosen.reduce((groups, name) => {
      const group = scenarios[name].baseline.scenario
      return groups.set(group, [...groups.get(group) ?? [], name])
    }, new Map<Name, ReadonlyArray<Name>>()).values()
  )

const measureScenarios = async (
  server: Server,
  options: Pick<Options, "rounds" | "scale" | "only" | "contestants">,
  node?: Node
): Promise<ReadonlyArray<Sample>> => {
  const chosenContestants = contestantNames.filter((name) => (options.contestants ?? defaultContestants).includes(name))
  const enter = await entries(chosenContestants)
  const chosen = names.filter((name) =>
    options.only?.some((only) => name === only || name.startsWith(`${only}/`)) ?? true
  )
  const samples: Array<Sample> = []
  for (const group of groups(chosen)) {
    const { amount, baseline, collect = false, rounds: most = Infinity, warmUp = amount } = scenarios[group[0]!]
    const pairs = group.flatMap((scenario) => enter(scenario).map((contestant) => ({ contestant, scenario })))
    // The baseline begins and ends a round, which shows how steady the machine is.
    const again = pairs.filter(({ contestant, scenario }) =>
      contestant === baseline.contestant && scenario === baseline.scenario
    )
    const rounds = Math.min(options.rounds, most)
    for (let round = 0; round < rounds; round++) {
      log(`${node === undefined ? "" : `Node ${node.version}, `}${group[0]}: round ${round + 1} of ${rounds}`)
      for (const { contestant, scenario } of interleaved([...pairs, ...again], round)) {
        const scale = options.scale * shareOf(contestant, scenarios[scenario])
        const order = {
          scenario,
          origin: server.origin,
          amount: Math.ceil(amount * scale),
          cold: Math.ceil(coldAmount(scenarios[scenario]) * options.scale),
          warmUp: Math.ceil(warmUp * scale),
          collect
        }
        samples.push({ ...await sample(contestant, order, node), round })
      }
    }
  }
  return samples
}

const measureSizes = async (): Promise<ReadonlyArray<Size>> => {
  const sizes: Array<Size> = []
  for (const platform of ["browser", "node"] as const) {
    for (const program of Programs.programNames) {
      // Browsers do not have Node's sockets.
      if (platform === "browser" && program === "undici") continue
      const code = Programs.codeOf(await Programs.bundle({ program }, { platform }))
      sizes.push({ program, platform, minified: code.length, gzip: Programs.gzipped(code) })
    }
  }
  return sizes
}

const measureStarts = async (server: Server, rounds: number): Promise<ReadonlyArray<Start>> => {
  await Programs.compilePrograms()
  const starts: Array<Start> = []
  for (let round = 0; round < rounds; round++) {
    log(`starts: round ${round + 1} of ${rounds}`)
    for (const program of interleaved(Programs.programNames, round)) {
      starts.push({
        program,
        round,
        cpuMicros: await Programs.start(program, server.origin, Payloads.assistant(0).name)
      })
    }
  }
  return starts
}

const measureTypes = async (rounds: number): Promise<ReadonlyArray<TypeCheck>> => {
  const checks: Array<TypeCheck> = []
  for (let round = 0; round < rounds; round++) {
    log(`types: round ${round + 1} of ${rounds}`)
    for (const program of interleaved(Programs.typedProgramNames, round)) {
      checks.push({ program, round, ...await Programs.checkTypes(program) })
    }
  }
  return checks
}

/** What other versions of Node are measured by. */
const onOtherNodes = {
  only: ["sequential", "concurrent", "pages", "stream"],
  contestants: ["undici", "effect-openai-undici"]
}

const measureNodes = async (server: Server, { nodes, rounds, scale }: Options): Promise<ReadonlyArray<OtherNode>> => {
  const measured: Array<OtherNode> = []
  for (const node of nodes.map(nodeOf)) {
    const samples = await measureScenarios(server, { ...onOtherNodes, rounds, scale }, node)
    measured.push({ version: node.version, samples })
  }
  return measured
}

const measureContractRuns = async (rounds: number): Promise<ReadonlyArray<ContractRun>> => {
  const runs: Array<ContractRun> = []
  for (let round = 0; round < rounds; round++) {
    log(`suite: round ${round + 1} of ${rounds}`)
    runs.push(await contractRun())
  }
  return runs
}

const loadCommand = fileURLToPath(new URL("./load/main.ts", import.meta.url))

const measureEmulator = async (rounds: number): Promise<string> => {
  log("emulator")
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", loadCommand, "--rounds", String(rounds)]
  )
  return stdout.trim()
}

const git = (...args: ReadonlyArray<string>): string => execFileSync("git", args, { encoding: "utf8" }).trim()

export const measure = async (options: Options): Promise<Results> => {
  const wanted = (what: string) => options.only?.includes(what) ?? true
  const { rounds, scale } = options
  // The measured code is the code compiled below.
  const commit = git("rev-parse", "--short", "HEAD") +
    (git("status", "--porcelain", "--", "packages/*/src") && " with changes")
  await compile()
  const server = await startServer()
  try {
    const samples = await measureScenarios(server, options)
    return {
      machine: machine(),
      commit,
      scale,
      samples,
      sizes: wanted("sizes") ? await measureSizes() : [],
      starts: wanted("starts") ? await measureStarts(server, rounds) : [],
      // One round: the counts do not vary, and a run takes long.
      typeChecks: wanted("types") ? await measureTypes(1) : [],
      nodes: wanted("nodes") ? await measureNodes(server, { ...options, rounds: Math.min(rounds, 3) }) : [],
      contractRuns: wanted("suite") ? await measureContractRuns(Math.min(rounds, 3)) : [],
      emulator: wanted("emulator") ? await measureEmulator(Math.min(rounds, 3)) : ""
    }
  } finally {
    server.stop()
  }
}
