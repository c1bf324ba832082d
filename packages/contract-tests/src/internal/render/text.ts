import type { Report, Result } from "../../Report.js"
import * as curl from "./curl.js"
import * as view from "./view.js"

export interface Options {
  /** Whether the terminal supports colors. */
  readonly color?: boolean | undefined
}

const styles = (color: boolean) => {
  const style = (code: number) => (text: string) => color ? `\u001b[${code}m${text}\u001b[0m` : text
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), yellow: style(33) }
}

/** Removes escape sequences of terminals from a server's text. */
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd")

/** Data with printable text. */
const allPrintable = <A>(data: A): A =>
  JSON.parse(JSON.stringify(data, (_, value) => typeof value === "string" ? printable(value) : value))

const indent = (text: string, by: string): string => text.replaceAll("\n", `\n${by}`)

/** The result of a scenario as one line. */
export const line = (result: Result, { color = false }: Options = {}): string => {
  const { id, millis, requests, title, verdict } = allPrintable({ ...result, exchanges: [] })
  const { bold, dim, green, red, yellow } = styles(color)
  switch (verdict._tag) {
    case "Passed":
      return `${green("✓")} ${id} ${dim(`${view.duration(millis)}, ${view.plural(requests, "request")}`)}`
    case "Failed":
      return `${red("✗")} ${bold(id)} ${title}`
    case "Skipped":
      return `${yellow("–")} ${id} ${dim(`skipped, because ${verdict.because}`)}`
  }
}

/** The results of a run: mistakes, what was not deleted, reasons of skipped scenarios, the slowest scenarios, totals. */
export const render = (whole: Report, { color = false }: Options = {}): string => {
  const { bold, dim, green, red, yellow } = styles(color)
  const report = allPrintable({ ...whole, results: whole.results.map((result) => ({ ...result, exchanges: [] })) })
  const { interrupted, millis, seed, slowest, target, totals } = report
  const lines: Array<string> = []

  const mistakes = view.mistakes(whole)
  if (mistakes.length > 0) {
    lines.push(bold(`Mistakes (${mistakes.length} in ${view.plural(totals.failed, "scenario")})`), "")
  }
  for (const { exchange, expectation, message, places, scenarios: [first, ...others] } of mistakes) {
    const shown = (text: string) => indent(printable(text), "              ")
    lines.push(
      `  ${red("✗")} ${bold(printable(first.id))} ${printable(first.title)}`,
      `    expected  ${shown(expectation)}`,
      `    but       ${shown(message)}`
    )
    if (places.length > 1) lines.push(`    shows as  ${shown(places.join("\n"))}`)
    if (others.length > 0) lines.push(`    also in   ${shown(others.map(({ id }) => id).join("\n"))}`)
    if (exchange !== undefined) {
      const { response, request } = exchange
      lines.push(
        `    request   ${printable(`${request.method} ${request.path}`)} → ${
          response === null ? "no response" : response.status
        }`,
        dim(`    ${indent(printable(curl.command(request)), "    ")}`)
      )
    }
    lines.push("")
  }

  const left = view.left(report)
  if (left.length > 0) {
    lines.push(bold("Not deleted"), "", ...left.flatMap(({ id, left }) => left.map((path) => `  ${path} of ${id}`)), "")
  }

  const skipped = view.skipped(report)
  if (skipped.length > 0) {
    lines.push(bold(`Skipped (${totals.skipped})`), "")
    for (const { because, results } of skipped) {
      lines.push(`  ${String(results.length).padStart(4)}  because ${because}`)
    }
    lines.push("")
  }

  if (slowest.length > 1) {
    lines.push(
      bold("Slowest"),
      "",
      ...slowest.map(({ id, millis }) => `  ${view.duration(millis).padStart(7)}  ${id}`),
      ""
    )
  }

  const deviations = view.countDeviations(report)
  const counts = [
    green(`${totals.passed} passed`),
    ...totals.failed > 0 ? [red(`${totals.failed} failed`)] : [],
    ...totals.skipped > 0 ? [yellow(`${totals.skipped} skipped`)] : [],
    ...deviations > 0 ? [yellow(view.plural(deviations, "deviation"))] : []
  ]
  if (interrupted !== undefined) lines.push(red(`Interrupted: ${interrupted}`), "")
  lines.push(
    `${bold(target)}: ${counts.join(", ")}`,
    dim(`${view.plural(totals.requests, "request")} in ${view.duration(millis)}, seed ${seed}`)
  )
  return `${lines.join("\n")}\n`
}
