import type { Kind } from "./generated.js"
import type { Mutation } from "./mutation.js"

export interface Group {
  readonly title: string
  readonly mutations: ReadonlyArray<Mutation>
}

const row = (...cells: ReadonlyArray<string | number>) => `| ${cells.join(" | ")} |`

const scenariosOf = (mutations: ReadonlyArray<Mutation>) =>
  [...new Set(mutations.map(({ scenario }) => `\`${scenario}\``))].join(", ")

/** Kinds of mutation of operations, a row for each operation. */
const byOperation = (kinds: ReadonlyArray<Kind>): ReadonlyArray<string> => {
  const operations = new Set(kinds.flatMap(({ mutations }) => mutations.map(({ operation }) => operation)))
  return [
    row("The server …", ...kinds.map(({ title }) => title), "noticed by"),
    row("---", ...kinds.map(() => "--:"), "---"),
    ...[...operations].map((name) => {
      const found = kinds.map(({ mutations }) => mutations.filter(({ operation }) => operation === name))
      return row(name, ...found.map(({ length }) => length), scenariosOf(found.flat()))
    })
  ]
}

/** All mutations and what notices them, as a page. */
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
    "What a server could do wrong, and the scenario of the suite that notices. A proxy in front of the emulator does each",
    "of these; the scenario named must then fail, and without the proxy pass. Written by `npm run mutations -- --update`.",
    "",
    `${written} are written by hand. ${made} are generated, from the contract and from what scenarios see.`,
    "",
    `Not tried is what is documented nowhere: ${excepted.join("; ")}.`,
    ...groups.flatMap(({ mutations, title }) => [
      "",
      `## ${title}`,
      "",
      row("The server …", "noticed by"),
      row("---", "---"),
      ...mutations.map(({ scenario, title }) => row(title, `\`${scenario}\``))
    ]),
    "",
    "## Requests that must be refused, operation by operation",
    "",
    ...byOperation(refusals),
    "",
    "## Fields of responses, operation by operation",
    "",
    ...byOperation(fields),
    ""
  ].join("\n")
}
