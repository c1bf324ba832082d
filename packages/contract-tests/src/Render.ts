/**
 * Render: a report as text, JSON, JUnit and HTML.
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
 * The options of text.
 *
 * @since 0.1.0
 * @category models
 */
export interface TextOptions {
  /** Default: false. Whether the terminal shows colors. */
  readonly color?: boolean | undefined
}

/**
 * A report as text: failures, each with the command that repeats its last request, deviations, reasons of skipped
 * scenarios, the slowest scenarios, and totals.
 *
 * @since 0.1.0
 * @category renderers
 */
export const text: (report: Report, options?: TextOptions) => string = internalText.render

/**
 * The result of a scenario as a line of text.
 *
 * @since 0.1.0
 * @category renderers
 */
export const line: (result: Result, options?: TextOptions) => string = internalText.line

/**
 * A report as JSON. The Schema `Report.Report` decodes it.
 *
 * @since 0.1.0
 * @category renderers
 */
export const json = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`

/**
 * A report as JUnit, for continuous integration. Each group of scenarios is a test suite.
 *
 * @since 0.1.0
 * @category renderers
 */
export const junit: (report: Report) => string = internalJunit.render

/**
 * A report as one HTML page without other resources: the matrix of operations and scenarios, each failure with its
 * expectation, requests, responses and commands, deviations, skipped scenarios, and the slowest. Content from the server
 * is shown as text.
 *
 * @since 0.1.0
 * @category renderers
 */
export const html: (report: Report) => string = internalHtml.render

/**
 * The `curl` command that repeats a request, for a POSIX shell. Secrets are variables: `$OPENAI_API_KEY`,
 * `$OPENAI_ADMIN_KEY`, `$OPENAI_ORG_ID`, `$OPENAI_PROJECT_ID`. The base URL is `$OPENAI_BASE_URL` if the target ran in
 * the process. A body that the exchange does not keep is read from the file `body`.
 *
 * @since 0.1.0
 * @category renderers
 */
export const curl = ({ request }: Exchange): string => internalCurl.command(request)

/**
 * Writes `report.txt`, `report.json`, `junit.xml` and `report.html`. The directory is created if it does not exist.
 * Existing files of these names are overwritten.
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
