/**
 * Report: the results of a run of the suite, as data.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Finding } from "./Deviation.js"
import { Exchange } from "./Exchange.js"
import { Group } from "./Scenario.js"

/**
 * How a scenario ended. Only `Passed` is a pass.
 *
 * @since 0.1.0
 * @category models
 */
export const Verdict = Schema.Union(
  Schema.TaggedStruct("Passed", {}),
  Schema.TaggedStruct("Failed", {
    expectation: Schema.String.annotations({ description: "The expectation, as a sentence." }),
    message: Schema.String.annotations({ description: "What was found instead." }),
    field: Schema.optional(Schema.String.annotations({
      description: "The path of the field that differs. Missing if it is not one field."
    }))
  }),
  Schema.TaggedStruct("Skipped", {
    because: Schema.NonEmptyString.annotations({ description: "The end of the sentence \"skipped, because …\"." })
  })
).annotations({ identifier: "Verdict", description: "How a scenario ended." })

/**
 * @since 0.1.0
 * @category models
 */
export type Verdict = typeof Verdict.Type

/**
 * The result of a scenario.
 *
 * @since 0.1.0
 * @category models
 */
export const Result = Schema.Struct({
  id: Schema.NonEmptyString,
  title: Schema.NonEmptyString,
  group: Group,
  operations: Schema.Array(Schema.NonEmptyString),
  verdict: Verdict,
  findings: Schema.Array(Finding).annotations({
    description: "Deviations of responses from the documentation. Each field of an operation is listed once."
  }),
  requests: Schema.NonNegativeInt.annotations({ description: "The number of requests." }),
  exchanges: Schema.Array(Exchange).annotations({
    description: "The exchanges of a failed scenario that show its failure. Empty for others."
  }),
  left: Schema.Array(Schema.String).annotations({
    description: "The paths of objects that the scenario created, and that could not be deleted."
  }),
  millis: Schema.NonNegative.annotations({
    description: "The time from its start to its end, with the time in which scenarios at the same time ran."
  })
}).annotations({ identifier: "Result", description: "The result of a scenario." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * The results of a run.
 *
 * @since 0.1.0
 * @category models
 */
export const Report = Schema.Struct({
  target: Schema.NonEmptyString,
  seed: Schema.Int,
  startedAt: Schema.Int.annotations({ description: "The start time, in milliseconds since 1970." }),
  millis: Schema.NonNegative,
  results: Schema.Array(Result),
  slowest: Schema.Array(Schema.Struct({ id: Schema.NonEmptyString, millis: Schema.NonNegative })).annotations({
    description: "The scenarios that took longest, at most 10, the slowest first."
  }),
  interrupted: Schema.optional(Schema.NonEmptyString.annotations({
    description: "Why the run ended before all scenarios had run. Missing if all ran."
  })),
  totals: Schema.Struct({
    passed: Schema.NonNegativeInt,
    failed: Schema.NonNegativeInt,
    skipped: Schema.NonNegativeInt,
    findings: Schema.NonNegativeInt,
    requests: Schema.NonNegativeInt
  })
}).annotations({ identifier: "Report", description: "The results of a run of the contract suite." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Report extends Schema.Schema.Type<typeof Report> {}

/**
 * Makes a report of results: counts them, and finds the slowest.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Omit<Report, "slowest" | "totals">): Report => {
  const count = (tag: Verdict["_tag"]) => options.results.filter(({ verdict }) => verdict._tag === tag).length
  const sum = (of: (result: Result) => number) => options.results.reduce((sum, result) => sum + of(result), 0)
  return {
    ...options,
    slowest: options.results
      .filter(({ verdict }) => verdict._tag !== "Skipped")
      .sort((one, other) => other.millis - one.millis)
      .slice(0, 10)
      .map(({ id, millis }) => ({ id, millis })),
    totals: {
      passed: count("Passed"),
      failed: count("Failed"),
      skipped: count("Skipped"),
      findings: sum(({ findings }) => findings.length),
      requests: sum(({ requests }) => requests)
    }
  }
}
