import type { Profile } from "@effect-openai/emulator"
import type { Call, Outcome } from "./calls.js"

/** The outcomes of the calls to one server, by transport. */
export interface Result {
  readonly name: string
  readonly profile: Profile.Profile
  readonly outcomes: ReadonlyMap<string, ReadonlyArray<Outcome>>
}

const introduction = `# Servers

Which calls work with which server. The emulator plays each server by a profile: a list of facts from public reports,
listed below the table. [Servers.test.ts](../emulator/test/Servers.test.ts) makes the calls over real sockets, and fails
where an outcome differs from this file. A fact holds for some version of a server, not for every version.

\`\`\`sh
npm run servers  # runs the tests and updates this file
\`\`\`

| Call | Works if the program receives |
|---|---|
| chat | the text and \`finish_reason\` |
| chat, streamed | the same, the ID and the model, by \`ChatStream.final\` |
| usage, streamed | the number of tokens, requested by \`stream_options\` |
| tool loop | two tool calls in one response, and the text after their outputs, by \`ChatCompletions.runTools\` |
| tool calls, streamed | two tool calls with their arguments, by \`ChatStream.final\` |
| embeddings | two vectors |
| models | the list of models |
| refusal | \`BadRequestError\` or \`UnprocessableEntityError\`, with the server's message |
| failure | \`InternalServerError\`, with a message that is not HTML |
| limit | \`RateLimitError\`, with the server's message |
| limit, streamed | the same, for a request with \`stream: true\` |
`

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;")

const summary = (outcome: Outcome): string =>
  outcome === undefined ? "works" : outcome === "not served" ? outcome : "**fails**"

/** One outcome if all transports agree, or one for each transport. */
const agreed = (words: ReadonlyArray<readonly [transport: string, word: string]>): string =>
  new Set(words.map(([, word]) => word)).size === 1
    ? words[0]![1]
    : words.map(([transport, word]) => `${transport}: ${word}`).join("<br>")

const link = (source: string): string => {
  const [repository, number] = source.split("#")
  return number === undefined
    ? `<${source}>`
    : `[${source}](https://github.com/${repository}/issues/${number})`
}

/** The report. */
export const render = (calls: ReadonlyArray<Call>, results: ReadonlyArray<Result>): string => {
  const outcomesOf = ({ outcomes }: Result, call: number) =>
    Array.from(outcomes, ([transport, found]) => [transport, found[call]] as const)

  const table = [
    `| Server | ${calls.map(({ title }) => title).join(" | ")} |`,
    `|---|${"---|".repeat(calls.length)}`,
    ...results.map((result) =>
      `| [${result.profile.title}](#${result.name}) | ${
        calls.map((_, call) =>
          agreed(outcomesOf(result, call).map(([transport, outcome]) => [transport, summary(outcome)]))
        )
          .join(" | ")
      } |`
    )
  ]

  const failures = results.flatMap((result) =>
    calls.flatMap(({ title }, call) => {
      const failed = outcomesOf(result, call).flatMap(([transport, outcome]) =>
        outcome === undefined || outcome === "not served" ? [] : [[transport, cell(outcome)] as const]
      )
      if (failed.length === 0) return []
      const isEverywhere = failed.length === result.outcomes.size
      const reason = isEverywhere
        ? agreed(failed)
        : failed.map(([transport, why]) => `${transport}: ${why}`).join("<br>")
      return [`| ${result.profile.title} | ${title} | ${reason} |`]
    })
  )

  const facts = results.flatMap(({ name, profile }) => [
    `## ${name}`,
    "",
    `${profile.title}: \`--profile ${name}\``,
    "",
    ...profile.facts.map(({ description, sources }) => `- ${description} ${sources.map(link).join(", ")}`),
    ""
  ])

  return [
    introduction,
    `Over ${Array.from(results[0]!.outcomes.keys()).join(" and ")}:`,
    "",
    ...table,
    "",
    ...(failures.length === 0
      ? ["Nothing fails.", ""]
      : ["Calls that fail:", "", "| Server | Call | Outcome |", "|---|---|---|", ...failures, ""]),
    ...facts
  ].join("\n")
}
