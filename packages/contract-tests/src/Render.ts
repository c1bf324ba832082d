/**
 * A report for people and for machines: text for a terminal, JSON, JUnit, and one page of HTML.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Exchange } from "./Exchange.js"
import * as internalCurl from "./internal/render/curl.js"
import * as internalHtml from "./internal/render/html.js"
import * as internalJunit from "./internal/render/junit.js"
import * as internalText from "./internal/render/text.js"
import type { Report, Result } from "./Report.js"

/**
 * How text is rendered.
 *
 * @since 0.1.0
 * @category models
 */
export interface TextOptions {
  /** Whether it is for a terminal that shows colours; not, unless told. */
  readonly color?: boolean | undefined
}

/**
 * A report as text: failures, each with the command that repeats its last request, deviations, the reasons of what was
 * skipped, and totals.
 *
 * @since 0.1.0
 * @category renderers
 */
export const text: (report: Report, options?: TextOptions) => string = internalText.render

/**
 * One scenario's result as a line of text.
 *
 * @since 0.1.0
 * @category renderers
 */
export const line: (result: Result, options?: TextOptions) => string = internalText.line

/**
 * A report as JSON, for the report's Schema to read: that transforms nothing.
 *
 * @since 0.1.0
 * @category renderers
 */
export const json = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`

/**
 * A report as JUnit writes one, for continuous integration: a suite for each group of scenarios.
 *
 * @since 0.1.0
 * @category renderers
 */
export const junit: (report: Report) => string = internalJunit.render

/**
 * A report as one page that needs nothing else: the matrix of operations and scenarios, each failure with what was
 * expected, what came, its requests and the commands that repeat them, deviations, and what was skipped. Whatever a
 * server answered is text on it.
 *
 * @since 0.1.0
 * @category renderers
 */
export const html: (report: Report) => string = internalHtml.render

/**
 * The `curl` command that sends an exchange's request once more, for a POSIX shell. Secrets are variables in it:
 * `$OPENAI_API_KEY`, `$OPENAI_ORG_ID`, `$OPENAI_PROJECT_ID`; and `$OPENAI_BASE_URL` where the target was no server. A body
 * that the exchange has not kept is read from a file `body`.
 *
 * @since 0.1.0
 * @category renderers
 */
export const curl = ({ request }: Exchange): string => internalCurl.command(request)

/**
 * Writes a report four ways: `report.txt`, `report.json`, `junit.xml` and `report.html`. The directory need not exist;
 * what stands there under these names is overwritten.
 *
 * @since 0.1.0
 * @category renderers
 */
export const write = (
  report: Report,
  directory: string
): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fileSystem.makeDirectory(directory, { recursive: true })
    const files = {
      "report.txt": text(report),
      "report.json": json(report),
      "junit.xml": junit(report),
      "report.html": html(report)
    }
    for (const [name, content] of Object.entries(files)) {
      yield* fileSystem.writeFileString(path.join(directory, name), content)
    }
  })
