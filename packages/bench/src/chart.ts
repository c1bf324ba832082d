/** A chart of the ratios: one line per scenario, one mark per contestant, on a logarithmic scale. Supports both color themes. */
import { ratioOf, shown } from "./evaluation.js"
import { type Contestant, contestants } from "./processes.js"
import type { Results } from "./results.js"
import { type Name, names, scenarios } from "./scenarios.js"

const width = 860
const left = 262
const right = 24
const rowHeight = 34
const top = 100
const ticks = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128]

/** Other clients are grey and differ by shape. Our clients are blue. */
const marks: {
  readonly [K in Contestant]?: {
    readonly className: string
    readonly shape: "dot" | "ring" | "square" | "diamond" | "triangle"
  }
} = {
  fetch: { className: "peer", shape: "ring" },
  "openai-4": { className: "peer", shape: "dot" },
  "openai-6": { className: "peer", shape: "square" },
  "openai-7": { className: "peer", shape: "diamond" },
  "effect-ai-openai": { className: "effect", shape: "dot" },
  "effect-openai-stock-fetch": { className: "ours", shape: "diamond" },
  "effect-openai-fetch": { className: "ours", shape: "ring" },
  "effect-openai-stock": { className: "ours", shape: "square" },
  "effect-openai-undici": { className: "ours", shape: "dot" },
  "effect-openai-ai": { className: "ours", shape: "triangle" }
}

const x = (ratio: number): number => {
  const [from, to] = [Math.log(ticks[0]!), Math.log(ticks[ticks.length - 1]! * 1.3)]
  return left + (width - left - right) * (Math.log(ratio) - from) / (to - from)
}

const round = (value: number): string => String(Math.round(value * 10) / 10)

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const mark = (contestant: Contestant, cx: number, cy: number): string => {
  const { className, shape } = marks[contestant]!
  const [px, py] = [round(cx), round(cy)]
  switch (shape) {
    case "dot":
      return `<circle class="${className}" cx="${px}" cy="${py}" r="5"/>`
    case "ring":
      return `<circle class="${className} open" cx="${px}" cy="${py}" r="4.5"/>`
    case "square":
      return `<rect class="${className}" x="${round(cx - 4.5)}" y="${round(cy - 4.5)}" width="9" height="9"/>`
    case "diamond":
      return `<path class="${className}" d="M${px} ${round(cy - 6)}l6 6l-6 6l-6-6z"/>`
    case "triangle":
      return `<path class="${className}" d="M${px} ${round(cy - 5)}l5 9h-10z"/>`
  }
}

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .one { stroke: #1f2328; stroke-width: 1.5 }
  .peer { fill: #818b98; stroke: #818b98; stroke-width: 2 }
  .effect { fill: #9a6700; stroke: #9a6700; stroke-width: 2 }
  .ours { fill: #0969da; stroke: #0969da; stroke-width: 2 }
  .open { fill: none }
  .range { stroke-width: 2; opacity: .45 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .one { stroke: #f0f6fc }
    .peer { fill: #9198a1; stroke: #9198a1 }
    .effect { fill: #d29922; stroke: #d29922 }
    .ours { fill: #4493f8; stroke: #4493f8 }
    .open { fill: none }
  }`

const plain = (text: string): string => escape(text.replaceAll("`", ""))

export const chart = (results: Results): string => {
  const drawn = shown(results, names).filter((name) => marks[name] !== undefined)
  const isDrawn = (name: Name) =>
    scenarios[name].baseline.contestant === "undici" && !name.startsWith("million") &&
    drawn.some((contestant) => ratioOf(results, contestant, name) !== undefined)
  const rows = names.filter(isDrawn)
  const bottom = top + rows.length * rowHeight
  const ours = drawn.findIndex((name) => name.startsWith("effect-openai"))
  let legend = 0
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 40}" role="img" aria-labelledby="title">`,
    `<title id="title">CPU of each client as a multiple of raw undici with JSON.parse: medians and ranges of paired rounds</title>`,
    `<style>${style}</style>`,
    // Our clients have a separate row.
    ...drawn.map((name, index) => {
      if (index === ours) legend = 0
      const [at, y] = [12 + legend, index < ours ? 16 : 36]
      legend += 22 + contestants[name].length * 5.7
      return `${mark(name, at, y)}<text class="small" x="${round(at + 10)}" y="${y + 4}">${
        escape(contestants[name])
      }</text>`
    }),
    `<text class="small" x="12" y="64">CPU as a multiple of raw undici with JSON.parse (logarithmic scale; less is better)</text>`,
    ...ticks.map((tick) =>
      `<path class="${tick === 1 ? "one" : "grid"}" d="M${round(x(tick))} ${top - 12}V${bottom}"/>` +
      `<text class="small" text-anchor="middle" x="${round(x(tick))}" y="${bottom + 18}">${tick}</text>`
    ),
    ...rows.flatMap((name, row) => {
      const y = top + (row + 0.5) * rowHeight
      return [
        `<text x="12" y="${round(y + 4)}">${plain(scenarios[name].title)}</text>`,
        ...drawn.flatMap((contestant) => {
          const ratio = ratioOf(results, contestant, name)
          if (ratio === undefined) return []
          const { className } = marks[contestant]!
          return [
            `<g><title>${escape(contestants[contestant])}: ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${
              ratio.max.toFixed(2)
            })</title><path class="${className} range" d="M${round(x(ratio.min))} ${round(y)}H${
              round(x(ratio.max))
            }"/>${mark(contestant, x(ratio.median), y)}</g>`
          ]
        })
      ]
    }),
    "</svg>"
  ]
  return `${lines.join("\n")}\n`
}
