import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Arr from "effect/Array"
import type { Finding } from "../../Deviation.js"
import type { Report, Result, Verdict } from "../../Report.js"
import { Group } from "../../Scenario.js"

/** The titles of the groups of scenarios. */
export const groups: ReadonlyArray<readonly [group: Group, title: string]> = Group.literals.map((group) => [
  group,
  {
    happy: "Happy path",
    state: "State",
    negative: "Negative",
    streams: "Streams",
    properties: "Properties"
  }[group]
])

const isVerdict = <Tag extends Verdict["_tag"]>(tag: Tag) =>
(
  result: Result
): result is Result & { readonly verdict: Extract<Verdict, { readonly _tag: Tag }> } => result.verdict._tag === tag

const isPassed = isVerdict("Passed")
export const isFailed = isVerdict("Failed")
const isSkipped = isVerdict("Skipped")

/** Whether no scenario failed and no response deviated. */
export const holds = ({ totals }: Report): boolean => totals.failed === 0 && totals.findings === 0

/** A deviation, and the scenarios that found it. */
export interface Met {
  readonly finding: Finding
  readonly scenarios: ReadonlyArray<Result>
}

/** All deviations, each once, by operation. */
export const deviations = (
  { results }: Report
): ReadonlyArray<{ readonly operation: string; readonly met: ReadonlyArray<Met> }> => {
  const found = results.flatMap((result) => result.findings.map((finding) => ({ finding, result })))
  return Object.entries(Arr.groupBy(found, ({ finding }) => finding.operation)).map(([operation, found]) => ({
    operation,
    met: Object.values(Arr.groupBy(found, ({ finding: { field, what } }) => `${field}\n${what}`)).map((found) => ({
      finding: found[0].finding,
      scenarios: Arr.dedupe(found.map(({ result }) => result))
    }))
  }))
}

/** The number of different deviations. */
export const countDeviations = (report: Report): number =>
  deviations(report).reduce((sum, { met }) => sum + met.length, 0)

/** An example, unless the description of the deviation contains it. */
export const exampleOf = ({ example, what }: Finding): string | undefined =>
  example === null || what.endsWith(`actual ${example}`) ? undefined : example

/** A deviation as a sentence. */
export const sentence = (finding: Finding): string => {
  const { field, operation, what } = finding
  const example = exampleOf(finding)
  return `${operation}: ${field === "" ? "the response" : field} ${what}${
    example === undefined ? "" : ` (the value was ${example})`
  }`
}

/** The reasons of skipped scenarios, the most frequent first. */
export const skipped = (
  { results }: Report
): ReadonlyArray<{ readonly because: string; readonly results: Arr.NonEmptyReadonlyArray<Result> }> =>
  Object.entries(Arr.groupBy(results.filter(isSkipped), ({ verdict }) => verdict.because))
    .map(([because, results]) => ({ because, results }))
    .sort((self, that) => that.results.length - self.results.length)

/** The numbers of passed, failed and skipped scenarios. */
export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const count = (results: ReadonlyArray<Result>): Count => ({
  passed: results.filter(isPassed).length,
  failed: results.filter(isFailed).length,
  skipped: results.filter(isSkipped).length
})

/** An operation, and the results of its scenarios by group. */
export interface Row {
  readonly operation: string
  /** undefined if it is not an operation of the contract. */
  readonly endpoint: Endpoint.Any | undefined
  readonly cells: ReadonlyArray<{ readonly group: Group; readonly title: string; readonly count: Count }>
  readonly deviations: number
}

/** The operations of the contract by resource, and other names that scenarios test. */
export const matrix = (
  report: Report
): ReadonlyArray<{ readonly resource: string; readonly rows: ReadonlyArray<Row> }> => {
  const { results } = report
  const byOperation = new Map(deviations(report).map(({ met, operation }) => [operation, met.length]))
  const rowOf = (operation: string, endpoint?: Endpoint.Any): Row => {
    const about = results.filter(({ operations }) => operations.includes(operation))
    return {
      operation,
      endpoint,
      cells: groups.map(([group, title]) => ({
        group,
        title,
        count: count(about.filter((result) => result.group === group))
      })),
      deviations: byOperation.get(operation) ?? 0
    }
  }
  const named = new Set([...results.flatMap(({ operations }) => operations), ...byOperation.keys()])
  const others = [...named].filter((operation) => !Contract.endpoints.some(({ name }) => name === operation))
  return [
    ...Contract.resourceNames.map((resource) => ({
      // `MessageFiles`, as people write it.
      resource: resource.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      rows: Contract.endpointsOf(resource).map((endpoint: Endpoint.Any) => rowOf(endpoint.name, endpoint))
    })),
    ...others.length === 0 ? [] : [{ resource: "Others", rows: others.map((operation) => rowOf(operation)) }]
  ]
}

/** `1 request`, `2 requests`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export const duration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`
  return `${Math.floor(millis / 60_000)} min ${Math.round(millis % 60_000 / 1000)} s`
}
