/** `npm run bench`: measures and renders the results; `npm run bench -- report` renders the saved results again. */
import { parseArgs } from "node:util"
import { compare } from "./compare.js"
import { measure } from "./measure.js"
import { contestantNames } from "./processes.js"
import { render, table } from "./report.js"
import { readResults, resultsPath, writeResults } from "./results.js"

const usage = `npm run bench                     measure everything, save and render the results
npm run bench -- report           render the saved results again
  --rounds <n>            number of rounds; default: 5
  --only <scenario>       only this scenario; can be repeated: sequential, concurrent, pages, stream, embeddings, retry,
                          text, million, growth, sizes, starts, types, nodes, suite, emulator
  --contestants <names>   only these, separated by commas, or all; ratios need the baseline. Default: without raw fetch,
                          openai 6, and the transports of others
  --nodes <majors>        other versions of Node, separated by commas; default: 22,24. Downloaded once
  --quick                 three rounds of a tenth of the amounts, to check that everything works
  --out <file>            save the results there; --only, --contestants and --quick save nothing without it
  --compare <file>        compare the medians with those of another run`

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", multiple: true },
    contestants: { type: "string" },
    nodes: { type: "string", default: "22,24" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    compare: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

const rounds = Number(options.rounds)

if (options.help || !Number.isInteger(rounds) || rounds < 1 || positionals.some((word) => word !== "report")) {
  console.log(usage)
  process.exit(options.help ? 0 : 1)
}

if (positionals.includes("report")) {
  render(readResults(resultsPath))
} else {
  const results = await measure({
    rounds: options.quick ? 3 : rounds,
    scale: options.quick ? 0.1 : 1,
    only: options.only,
    contestants: options.contestants === "all" ? contestantNames : options.contestants?.split(","),
    nodes: options.nodes.split(",").filter((major) => major !== "")
  })
  console.log(table(results))
  const complete = options.only === undefined && options.contestants === undefined && !options.quick
  const out = options.out ?? (complete ? resultsPath : undefined)
  if (out !== undefined) writeResults(out, results)
  if (out === resultsPath) render(results)
  if (options.compare !== undefined) console.log(compare(results, readResults(options.compare)))
}
