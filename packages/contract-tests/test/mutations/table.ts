import type { Kind } from "./generated.js"
import type { Mutation } from "./mutation.js"

export interface Group {
  readonly title: string
  readonly mutations: ReadonlyArray<Mutation>
}

const row = (...cells: ReadonlyArray<string | number>) => `| ${cells.join(" | ")} |`

const scenariosOf = (mutations: ReadonlyArray<Mutation>) =>
  [...new Set(mutations.map(({ scenario }) => `\`${scenario}\``))].join(", ")

/** A table of kinds of mutations, one row for each operation. */
const byOperation = (kinds: ReadonlyArray<Kind>): ReadonlyArray<string> => {
  const operations = new Set(kinds.flatMap(({ mutations }) => mutations.map(({ operation }) => operation)))
  return [
    row("Operation", ...kinds.map(({ title }) => `The server ${title}`), "detected by"),
    row("---", ...kinds.map(() => "--:"), "---"),
    ...[...operations].map((name) => {
      const found = kinds.map(({ mutations }) => mutations.filter(({ operation }) => operation === name))
      return row(name, ...found.map(({ length }) => length), scenariosOf(found.flat()))
    })
  ]
}

/** All mutations and the scenarios that detect them, as Markdown. */
export const render = (
  groups: ReadonlyArray<Group>,
  refusals: ReadonlyArray<Kind>,
  fields: ReadonlyArray<Kind>,
  excepted: ReadonlyArray<string>
): string => {
  const written = groups.reduce((sum, { mutations }) => sum + mutations.length, 0)
  const made = [...refusals, ...fields].reduce((sum, { mutations }) => sum + mutations.length, 0)
  return [
    "# Mutations",
    "",
    "Faults of a server, each with the scenario that detects it. A proxy in front of the emulator causes each fault. The",
    "scenario must fail with the proxy and pass without it. `npm run mutations -- --update` writes this file.",
    "",
    `${written} faults are written by hand or made from the contract. ${made} are generated for each field of a request or response.`,
    "",
    `A fault that no scenario can detect: ${excepted.join("; ")}.`,
    ...groups.flatMap(({ mutations, title }) => [
      "",
      `## ${title}`,
      "",
      row("The server …", "detected by"),
      row("---", "---"),
      ...mutations.map(({ scenario, title }) => row(title, `\`${scenario}\``))
    ]),
    "",
    "## Requests that must be refused, by operation",
    "",
    ...byOperation(refusals),
    "",
    "## Fields of responses, operation by operation",
    "",
    ...byOperation(fields),
    ""
  ].join("\n")
}
