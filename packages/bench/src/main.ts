/** `npm run bench`: measures and renders what came out; `npm run bench -- report` renders again what was kept. */
import { parseArgs } from "node:util"
import { compare } from "./compare.js"
import { measure } from "./measure.js"
import { render, table } from "./report.js"
import { readResults, resultsPath, writeResults } from "./results.js"

const usage = `npm run bench                     measure everything, keep it, and render it
npm run bench -- report           render again what was kept
  --rounds <n>            how many rounds, 7 unless told
  --only <scenario>       only that scenario; can be repeated: sequential, concurrent, pages, stream, embeddings, retry,
                          million, growth, sizes, starts, types
  --contestants <names>   only those, with commas between; the baseline's is needed for ratios
  --quick                 two rounds of a tenth, to see that all works
  --out <file>            keep the results there; with --only or --quick they are not kept otherwise
  --compare <file>        put the medians beside those of another run`

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string", multiple: true },
    contestants: { type: "string" },
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
    rounds: options.quick ? 2 : rounds,
    scale: options.quick ? 0.1 : 1,
    only: options.only,
    contestants: options.contestants?.split(",")
  })
  console.log(table(results))
  const whole = options.only === undefined && options.contestants === undefined && !options.quick
  const out = options.out ?? (whole ? resultsPath : undefined)
  if (out !== undefined) writeResults(out, results)
  if (out === resultsPath) render(results)
  if (options.compare !== undefined) console.log(compare(results, readResults(options.compare)))
}
