import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { annotation } from "../journal.js"

/** A line for people: when, how bad where it is, and what. What a line says already is not annotated again. */
const lines = Logger.make<unknown, string>(({ annotations, cause, date, logLevel, message }) => {
  const severity = LogLevel.greaterThan(logLevel, LogLevel.Info) ? [logLevel.label] : []
  const noted = HashMap.toEntries(HashMap.remove(annotations, annotation)).map(([key, value]) =>
    `${key}=${String(value)}`
  )
  const failure = Cause.isEmpty(cause) ? [] : [`\n${Cause.pretty(cause, { renderErrorCause: true })}`]
  return [date.toISOString(), ...severity, ...Array.ensure(message).map(String), ...noted, ...failure].join(" ")
})

/** The log on standard error: standard output is for where the server listens. */
export const layer = Logger.replace(
  Logger.defaultLogger,
  Logger.withConsoleError(lines)
)
