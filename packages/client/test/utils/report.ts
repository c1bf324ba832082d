import type { Task } from "vitest"
import { type Behaviour, type Section, titleOf, type Transport } from "./behaviour.js"

const introduction = `# Behaviours

What the client does when servers and networks misbehave, case by case. Each row is a test of that name, which runs over
each transport against a server on a real socket. [Behaviours.test.ts](test/Behaviours.test.ts) runs them, and fails where
this file differs from their results.

\`\`\`sh
npm run behaviours               # runs the tests, and writes this file
npm run behaviours -- -t " 9: "  # runs the tests of one number
\`\`\`
`

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;")

/** Renders the results of the tests, as the runner has them. */
export const render = (
  sections: ReadonlyArray<Section>,
  transports: ReadonlyArray<Transport>,
  ran: ReadonlyArray<Task>
): string => {
  const resultOf = (transport: Transport, row: Behaviour): string => {
    const suite = ran.find((task) => task.type === "suite" && task.name === transport.name)
    const tests = suite?.type === "suite" ? suite.tasks : []
    const reason = row.unless(transport)
    if (reason !== undefined) return `skipped: ${reason}`
    return tests.find((test) => test.name === titleOf(row))?.result?.state ?? "not run"
  }
  const table = ({ file, rows, title }: Section) => [
    `## ${title}`,
    "",
    `| | Case | Test | ${transports.map(({ name }) => name).join(" | ")} |`,
    `|--:|---|---|${transports.map(() => "---|").join("")}`,
    ...[...rows].sort((one, other) => one.number - other.number).map((row) =>
      `| ${row.number} | ${cell(row.case)} | [${file}](test/behaviours/${file}) | ${
        transports.map((transport) => resultOf(transport, row)).join(" | ")
      } |`
    ),
    ""
  ]
  return [introduction, ...sections.flatMap(table)].join("\n")
}
