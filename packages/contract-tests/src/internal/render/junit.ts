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

const outcomeOf = ({ exchanges, findings, verdict }: Result): ReadonlyArray<string> => {
  switch (verdict._tag) {
    case "Passed":
      return []
    case "Skipped":
      return [element("skipped", { message: `skipped, because ${verdict.because}` })]
    case "Failed": {
      const request = exchanges.at(-1)?.request
      const lines = [
        `expected: ${verdict.expectation}`,
        `but: ${verdict.message}`,
        ...findings.map(({ field, operation, what }) => `deviation: ${operation} ${field} ${what}`),
        ...request === undefined ? [] : [curl.command(request)]
      ]
      return [
        element("failure", { type: verdict.expectation, message: verdict.message }, [text(lines.join("\n"))])
      ]
    }
  }
}

const testCase = (result: Result): string =>
  element("testcase", {
    classname: result.operations.join(" ") || result.group,
    name: `${result.id}: ${result.title}`,
    time: seconds(result.millis)
  }, outcomeOf(result))

/** A report as JUnit: a suite for each group, a case for each scenario. */
export const render = (report: Report): string => {
  const { millis, results, seed, startedAt, target, totals } = report
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
          element("property", { name: "seed", value: seed })
        ]),
        ...own.map(testCase)
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
