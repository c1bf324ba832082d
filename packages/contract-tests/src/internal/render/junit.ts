import type { Report, Result } from "../../Report.js"
import * as curl from "./curl.js"
import * as view from "./view.js"

const entities: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "\n": "&#10;" }

/** Characters that XML 1.0 can't contain. */
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu

const text = (text: string) =>
  text.replace(unwritable, "\ufffd").replace(/[<>&]/g, (c) => entities[c]!).replace(/\r/g, "&#13;")

const attribute = (text: string) =>
  text.replace(unwritable, "\ufffd").replace(/[<>&"\n]/g, (c) => entities[c]!).replace(/\t/g, "&#9;").replace(
    /\r/g,
    "&#13;"
  )

const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: ReadonlyArray<string> = []
): string => {
  const start = `<${name}${
    Object.entries(attributes).map(([name, value]) => ` ${name}="${attribute(String(value))}"`).join("")
  }`
  return children.length === 0 ? `${start}/>` : `${start}>${children.join("")}</${name}>`
}

const seconds = (millis: number) => (millis / 1000).toFixed(3)

/** A failure for each mistake. The first scenario of a mistake has the details, the others refer to it. */
const failuresOf = (result: Result, mistakes: ReadonlyArray<view.Mistake>): ReadonlyArray<string> =>
  view.mistakesOf(mistakes, result).map(({ exchange, expectation, message, places, scenarios: [first], title }) => {
    const lines = first === result
      ? [
        `expected: ${expectation}`,
        `but: ${message}`,
        ...places.length > 1 ? places.map((place) => `shows as: ${place}`) : [],
        ...exchange === undefined ? [] : [curl.command(exchange.request)]
      ]
      : [`see ${first.id}`]
    return element("failure", { type: title, message: first === result ? message : `${message} (see ${first.id})` }, [
      text(lines.join("\n"))
    ])
  })

const outcomeOf = (result: Result, mistakes: ReadonlyArray<view.Mistake>): ReadonlyArray<string> => {
  const { left, verdict } = result
  return [
    ...verdict._tag === "Skipped" ? [element("skipped", { message: `skipped, because ${verdict.because}` })] : [],
    ...failuresOf(result, mistakes),
    ...left.length === 0
      ? []
      : [element("system-out", {}, [text(left.map((path) => `not deleted: ${path}`).join("\n"))])]
  ]
}

const testCase = (mistakes: ReadonlyArray<view.Mistake>) => (result: Result): string =>
  element("testcase", {
    classname: result.operations.join(" ") || result.group,
    name: `${result.id}: ${result.title}`,
    time: seconds(result.millis)
  }, outcomeOf(result, mistakes))

/** A report as JUnit: a suite for each group, a case for each scenario. */
export const render = (report: Report): string => {
  const { interrupted, millis, results, seed, startedAt, target, totals } = report
  const mistakes = view.mistakes(report)
  const suites = view.groups.flatMap(([group, title]) => {
    const own = results.filter((result) => result.group === group)
    const { failed, skipped } = view.count(own)
    return own.length === 0 ? [] : [
      element("testsuite", {
        name: title,
        tests: own.length,
        failures: failed,
        errors: 0,
        skipped,
        time: seconds(own.reduce((sum, { millis }) => sum + millis, 0)),
        timestamp: new Date(startedAt).toISOString().slice(0, 19)
      }, [
        element("properties", {}, [
          element("property", { name: "target", value: target }),
          element("property", { name: "seed", value: seed }),
          ...interrupted === undefined ? [] : [element("property", { name: "interrupted", value: interrupted })]
        ]),
        ...own.map(testCase(mistakes))
      ])
    ]
  })
  const attributes = {
    name: `contract of ${target}`,
    tests: results.length,
    failures: totals.failed,
    errors: 0,
    skipped: totals.skipped,
    time: seconds(millis)
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", attributes, suites)}\n`
}
