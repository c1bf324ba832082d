import type { OpenAiClient } from "@effect-openai/client"
import { Cause, Effect, Exit, Fiber, Inspectable, type Layer, Logger, LogLevel, Metric } from "effect"
import { inspect } from "node:util"
import * as Tracing from "./tracer.js"

/** Returns a value in every form that a program may log. */
const formsOf = (value: unknown): ReadonlyArray<string> => [
  String(value),
  Inspectable.toStringUnknown(value),
  JSON.stringify(value) ?? "",
  inspect(value, { depth: 6, showHidden: true }),
  ...(value instanceof Error ? [value.message, value.stack ?? ""] : [])
]

/** The exit of an effect, and everything that a program could log of it. */
export interface Evidence {
  readonly exit: Exit.Exit<unknown, unknown>
  /** Its failure in every form, the logs of every level, and the spans. */
  readonly text: string
}

export const collect = <A, E>(
  effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
  client: Layer.Layer<OpenAiClient.OpenAiClient>
): Effect.Effect<Evidence> =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    const known = new Set<unknown>()
    const see = (value: unknown): void => {
      if (known.has(value)) return
      known.add(value)
      if (Exit.isExit(value)) {
        if (Exit.isSuccess(value)) return
        seen.push(Cause.pretty(value.cause, { renderErrorCause: true }), inspect(value, { depth: 4 }))
        see(Cause.squash(value.cause))
      } else {
        seen.push(...formsOf(value))
      }
    }
    const logger = Logger.make(({ annotations, cause, message, spans }) => {
      for (const part of Array.isArray(message) ? message : [message]) see(part)
      see(Exit.failCause(cause))
      see([...annotations])
      see([...spans])
    })
    const { spans, tracer } = Tracing.make()
    const exit = yield* effect.pipe(
      // A fiber that is not observed logs its failure.
      Effect.fork,
      Effect.flatMap(Fiber.await),
      Effect.tap((exit) => Exit.isFailure(exit) ? Effect.logError("failed", exit) : Effect.void),
      Effect.provide([client, Logger.replace(Logger.defaultLogger, logger)]),
      Logger.withMinimumLogLevel(LogLevel.All),
      Effect.withTracer(tracer)
    )
    for (const span of spans) {
      see([span.name, span.attributes, span.events])
      see(span.exit)
    }
    return { exit, text: seen.join("\n") }
  })

/** The names and labels of all metrics of this process. */
export const metrics = (): string =>
  JSON.stringify(Metric.unsafeSnapshot().map(({ metricKey }) => [metricKey.name, metricKey.tags]))
