import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Arr from "effect/Array"
import type { Finding } from "../../Deviation.js"
import type { Exchange } from "../../Exchange.js"
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
const isFailed = isVerdict("Failed")
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

/** The reason why a scenario fails without another failure. */
export const asDocumented = "every response is as documented"

/** A field path within an object, so that an object and a list of such objects have the same paths. */
const pathInObject = (field: string): string =>
  field.replace(/^\[\d+\]\.?/, "").replace(/^data(?:\[\d+\]\.?|\.)/, "").replace(/\[\d+\]/g, "[]")

/** Fields of every response. A mistake in one of these is the same in all operations. */
const isCommon = (field: string): boolean => /^(?:error\b|status$|content-type$)/.test(field)

const resourceOf = (operation: string): string =>
  Contract.resourceNames.find((resource) =>
    Contract.endpointsOf(resource).some(({ name }: Endpoint.Any) => name === operation)
  ) ?? operation

const deviationKey = ({ field, operation, what }: Finding): string => {
  const path = pathInObject(field)
  const resource = isCommon(path) ? "" : resourceOf(operation)
  return JSON.stringify([resource, path, what.replace(/,? (?:but the )?actual .*$/s, "")])
}

/** Whether a failure follows from a deviation that the same scenario found. */
const follows = ({ findings, verdict: { expectation, field, message } }: Failed): boolean => {
  if (findings.length === 0) return false
  if (expectation === asDocumented) return true
  const path = pathInObject(field ?? "")
  return findings.some((finding) => {
    const deviant = pathInObject(finding.field)
    if (finding.what === "is missing" && /\bis undefined\b/.test(message)) return true
    if (path === "" || deviant === "") return false
    return path === deviant || path.startsWith(`${deviant}.`) || deviant.startsWith(`${path}.`)
  })
}

/** A failed result. */
export type Failed = Result & { readonly verdict: Extract<Verdict, { readonly _tag: "Failed" }> }

/** One mistake of a target, with every place where it shows. */
export interface Mistake {
  readonly title: string
  readonly expectation: string
  readonly message: string
  /** Where the responses deviate, or what else fails at the same operation. */
  readonly places: ReadonlyArray<string>
  readonly scenarios: Arr.NonEmptyReadonlyArray<Failed>
  /** The exchange that shows it. */
  readonly exchange: Exchange | undefined
}

const placeOf = ({ field, operation }: Finding): string =>
  `${operation}${field === "" ? "" : ` ${field.replace(/\[\d+\]/g, "[]")}`}`

const ofDeviation = (
  found: Arr.NonEmptyReadonlyArray<{ readonly finding: Finding; readonly result: Failed }>
): Mistake => {
  const [{ finding, result }] = found
  return {
    title: sentence(finding),
    expectation: asDocumented,
    message: sentence(finding),
    places: Arr.dedupe(found.map(({ finding }) => placeOf(finding))),
    scenarios: Arr.dedupe(Arr.map(found, ({ result }) => result)),
    exchange:
      result.exchanges.findLast(({ findings }) =>
        findings.some(({ field, operation, what }) =>
          field === finding.field && operation === finding.operation && what === finding.what
        )
      ) ?? result.exchanges.at(-1)
  }
}

const operationOf = ({ exchanges, id, operations }: Failed): string =>
  exchanges.at(-1)?.operation ?? operations[0] ?? id

const ofFailures = (scenarios: Arr.NonEmptyReadonlyArray<Failed>): Mistake => {
  const [first] = scenarios
  const { exchanges, verdict: { expectation, message } } = first
  return {
    title: `${operationOf(first)}: ${expectation}`,
    expectation,
    message,
    places: Arr.dedupe(scenarios.map((result) => `${operationOf(result)}: ${result.verdict.expectation}`)),
    scenarios,
    exchange: exchanges.at(-1)
  }
}

/** A message without IDs, so that the same mistake has the same message in each operation. Short messages are unique. */
const messageKey = (operation: string, message: string): string => {
  const text = message.replace(/\b[a-z]+[-_]\w{6,}/gi, "*").replace(/\d+/g, "*")
  return text.length < 30 ? `${operation}: ${text}` : text
}

/** Groups failures by their operation, and the operations with the same message. */
const groupFailures = (
  failures: ReadonlyArray<Failed>
): ReadonlyArray<Arr.NonEmptyReadonlyArray<Failed>> => {
  const byOperation = Object.entries(Arr.groupBy(failures, operationOf))
  const byMessage = Arr.groupBy(byOperation, ([operation, [first]]) => messageKey(operation, first.verdict.message))
  return Object.values(byMessage).map((groups) => Arr.flatMap(groups, ([, failures]) => failures))
}

/**
 * The mistakes of a target, each once, in the order in which they were found. Deviations of one field are one mistake in
 * all operations of a resource. Other failures are grouped by the operation of the last request, and by their message.
 */
export const mistakes = ({ results }: Report): ReadonlyArray<Mistake> => {
  const failed = results.filter(isFailed)
  const found = failed.flatMap((result) => result.findings.map((finding) => ({ finding, result })))
  const deviations = Object.values(Arr.groupBy(found, ({ finding }) => deviationKey(finding))).map(ofDeviation)
  const others = groupFailures(failed.filter((result) => !follows(result))).map(ofFailures)
  const first = ({ scenarios: [result] }: Mistake) => failed.indexOf(result)
  return [...deviations, ...others].sort((one, other) => first(one) - first(other))
}

/** The mistakes that make a scenario fail. */
export const mistakesOf = (all: ReadonlyArray<Mistake>, result: Result): ReadonlyArray<Mistake> =>
  all.filter(({ scenarios }) => scenarios.some((failed) => failed === result))

/** What could not be deleted, by scenario. */
export const left = ({ results }: Report): ReadonlyArray<Result> => results.filter(({ left }) => left.length > 0)

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

/** The results of the scenarios that took longest. */
export const slowest = ({ results, slowest }: Report): ReadonlyArray<Result> =>
  slowest.flatMap(({ id, millis }) => results.find((result) => result.id === id && result.millis === millis) ?? [])

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

/**
 * The operations of the contract by resource, and other names that scenarios test. Only those that took part: a scenario
 * ran, or a response deviated.
 */
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
  const tookPart = ({ cells, deviations }: Row): boolean =>
    deviations > 0 || cells.some(({ count: { failed, passed } }) => failed + passed > 0)
  return [
    ...Contract.resourceNames.map((resource) => ({
      // `MessageFiles`, as people write it.
      resource: resource.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      rows: Contract.endpointsOf(resource).map((endpoint: Endpoint.Any) => rowOf(endpoint.name, endpoint)).filter(
        tookPart
      )
    })).filter(({ rows }) => rows.length > 0),
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
