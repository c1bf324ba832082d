/**
 * Suite: all scenarios, and functions that run them against a target.
 *
 * @since 0.1.0
 */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Finding } from "./Deviation.js"
import * as Exchange from "./Exchange.js"
import * as scenarios from "./internal/scenarios/index.js"
import * as Scrub from "./internal/scrub.js"
import * as Report from "./Report.js"
import * as Scenario from "./Scenario.js"
import * as Target from "./Target.js"
import * as Wire from "./Wire.js"

/**
 * All scenarios of the suite, in the order in which they run.
 *
 * @since 0.1.0
 * @category models
 */
export const all: ReadonlyArray<Scenario.Scenario> = scenarios.all

/**
 * The default seed of generated requests.
 *
 * @since 0.1.0
 * @category defaults
 */
export const defaultSeed = 1

/**
 * The default timeout of a scenario.
 *
 * @since 0.1.0
 * @category defaults
 */
export const defaultTimeout: Duration.DurationInput = "1 minute"

/**
 * The settings of a run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** Default: 1. The seed of generated requests. */
  readonly seed?: number | undefined
  /** Default: 25. The number of generated requests for each operation. */
  readonly cases?: number | undefined
  /** Default: 20 seconds. The maximum time without an expected change, for example of a run's status. */
  readonly patience?: Duration.DurationInput | undefined
  /** Default: 1 minute. The timeout of a scenario. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Receives the exchanges of each scenario. */
  readonly onExchanges?:
    | ((scenario: Scenario.Scenario, exchanges: ReadonlyArray<Exchange.Exchange>) => Effect.Effect<void>)
    | undefined
}

/**
 * The options of a run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Settings {
  readonly target: Target.Target
  /** Default: all. The IDs, beginnings of IDs, or operations of the scenarios to run. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Receives each result as soon as it is known. */
  readonly onResult?: ((result: Report.Result) => Effect.Effect<void>) | undefined
}

/**
 * The scenarios of the suite and of a target.
 *
 * @since 0.1.0
 * @category accessors
 */
export const scenariosFor = (
  target: Target.Target,
  only?: ReadonlyArray<string>
): ReadonlyArray<Scenario.Scenario> =>
  [...all, ...target.scenarios].filter(({ id, operations }) =>
    only === undefined || only.some((name) => id === name || id.startsWith(`${name}/`) || operations.includes(name))
  )

const adminOperations = new Set(
  Contract.endpoints
    .filter(({ family }) => Endpoint.families[family].credential === "adminKey")
    .map(({ name }) => name)
)

const needsAdminKey = (operation: string): boolean => adminOperations.has(operation)

/**
 * The reason why a scenario does not apply to a target. undefined if it applies.
 *
 * @since 0.1.0
 * @category accessors
 */
export const skipped = (
  { capabilities }: Target.Target,
  { operations, requires }: Scenario.Scenario
): string | undefined => {
  const needed = operations.some(needsAdminKey) ? [...requires, "administration" as const] : requires
  const missing = needed.find((capability) => !capabilities[capability])
  if (missing !== undefined) return Scenario.because(missing)
  const { operations: served } = capabilities
  const unserved = served && operations.find((operation) => !served.includes(operation))
  return unserved === undefined ? undefined : `the target does not serve ${unserved}`
}

// -----------------------------------------------------------------------------
// running
// -----------------------------------------------------------------------------

const failed = (expectation: string, message: string): Report.Verdict => ({ _tag: "Failed", expectation, message })

const verdictOfFailure = (scenario: Scenario.Scenario, cause: Cause.Cause<Scenario.Failure>): Report.Verdict =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => failed(`${scenario.title}, without a defect`, Cause.pretty(cause)),
    onSome: (error) => {
      if (error instanceof Scenario.NotApplicable) return { _tag: "Skipped", because: error.because }
      if (error instanceof Scenario.ScenarioFailure) return failed(error.expectation, error.message)
      const field = "field" in error && typeof error.field === "string" && error.field !== "" ? `${error.field}: ` : ""
      const operation = "operation" in error ? `${error.operation} succeeds` : scenario.title
      return failed(operation, `${error._tag}: ${field}${error.message}`)
    }
  })

/** A field path without array indexes: a deviation of every item is reported once. */
const fieldPathOf = ({ field, operation, what }: Finding): string =>
  `${operation} ${field.replace(/\[\d+\]/g, "[]")} ${/^is (?:missing|not documented)$/.test(what) ? what : ""}`

const dedupe = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  [
    ...new Map(findings.map((finding) => [fieldPathOf(finding), finding] as const).reverse()).values()
  ].reverse()

const isKnown = ({ known }: Scenario.Scenario) => ({ field, what }: Finding): boolean =>
  known.some((deviation) => deviation.field === field && deviation.what === what)

/** A scenario passes if it sent requests, received responses, and all were as documented. */
const checkResponse = (
  scenario: Scenario.Scenario,
  exit: Exit.Exit<void, Scenario.Failure>,
  exchanges: ReadonlyArray<Exchange.Exchange>,
  findings: ReadonlyArray<Finding>
): Report.Verdict => {
  if (Exit.isFailure(exit)) return verdictOfFailure(scenario, exit.cause)
  if (exchanges.every(({ response }) => response === null)) {
    return failed("a scenario sends at least one request", "No response was received")
  }
  const [finding] = findings
  if (finding === undefined) return { _tag: "Passed" }
  const { example, field, operation, what } = finding
  return failed(
    "every response is as documented",
    `${operation}: ${field === "" ? "the response" : field} ${what}${
      example === null ? "" : ` (the value was ${example})`
    }` +
      (findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`)
  )
}

/** The services of a target's layer. */
type Built = Context.Context<Target.Connection>

const runOne = (
  target: Target.Target,
  context: Built,
  scenario: Scenario.Scenario,
  settings: Settings
): Effect.Effect<Report.Result> =>
  Effect.gen(function*() {
    const { group, id, operations, title } = scenario
    const about = { id, title, group, operations }
    const because = skipped(target, scenario)
    if (because !== undefined) {
      const verdict: Report.Verdict = { _tag: "Skipped", because }
      return { ...about, verdict, findings: [], requests: 0, exchanges: [], millis: 0 }
    }
    const connection = yield* Effect.provide(Target.Connection, context)
    const { adminKey, advance, apiKey, baseUrl, organization, project } = connection
    const secrets = [apiKey, adminKey, organization, project].filter((secret) => secret !== undefined)
    const recorder = Exchange.record(connection.httpClient, { baseUrl, secrets })
    const services = Layer.mergeAll(
      Layer.orDie(Client.OpenAiClient.layer({ apiKey, adminKey, baseUrl, organization, project })).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, recorder.httpClient))
      ),
      Layer.succeed(Wire.Wire, Wire.make(recorder.httpClient, { apiKey, adminKey, baseUrl })),
      Layer.succeed(Scenario.CurrentSettings, {
        seed: settings.seed ?? defaultSeed,
        cases: settings.cases ?? 25,
        patience: settings.patience ?? "20 seconds",
        models: target.models,
        advance: advance ?? (() => new Scenario.NotApplicable({ because: Scenario.because("clock") }))
      })
    )
    const timeout = Duration.decode(settings.timeout ?? defaultTimeout)
    const start = yield* Clock.currentTimeMillis
    // Requests of finalizers do not belong to the scenario.
    const [exit, exchanges] = yield* Effect.scoped(
      scenario.run.pipe(
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () =>
            new Scenario.ScenarioFailure({
              expectation: `${title}, within ${Duration.format(timeout)}`,
              message: "It did not end in time"
            })
        }),
        Effect.exit,
        Effect.zip(recorder.exchanges)
      )
    ).pipe(Effect.provide(services), Client.Retry.none, Effect.provide(context))
    const findings = dedupe(
      exchanges.flatMap(({ findings }) => findings).filter((finding) => !isKnown(scenario)(finding))
    )
    // A failure message may quote a response.
    const verdict = Scrub.make(secrets)(checkResponse(scenario, exit, exchanges, findings))
    if (settings.onExchanges !== undefined) yield* settings.onExchanges(scenario, exchanges)
    return {
      ...about,
      verdict,
      findings,
      requests: exchanges.length,
      exchanges: verdict._tag === "Failed" ? exchanges : [],
      millis: (yield* Clock.currentTimeMillis) - start
    }
  })

/**
 * Runs one scenario against a target whose layer was built. It does not fail: failures are in the verdict of the
 * result.
 *
 * @since 0.1.0
 * @category running
 */
export const runScenario = (
  target: Target.Target,
  scenario: Scenario.Scenario,
  settings: Settings = {}
): Effect.Effect<Report.Result, never, Target.Connection> =>
  Effect.flatMap(
    Effect.context<Target.Connection>(),
    (context) => runOne(target, context, scenario, settings)
  )

/**
 * Runs scenarios against a target, one after the other, in a fixed order. Fails only if the target can't be reached or
 * no scenario is selected.
 *
 * @example
 * import { Suite, Target } from "@effect-openai/contract-tests"
 * import { Effect, Redacted } from "effect"
 *
 * const target = Target.baseUrl({ baseUrl: "http://127.0.0.1:8080/v1", apiKey: Redacted.make("sk-test") })
 *
 * const program = Effect.map(Suite.run({ target, only: ["createRun"] }), ({ totals }) => totals.failed)
 *
 * @since 0.1.0
 * @category running
 */
export const run = (options: Options): Effect.Effect<Report.Report, Target.TargetError> =>
  Effect.gen(function*() {
    const { only, onResult, target } = options
    const unknown = only?.find((name) => scenariosFor(target, [name]).length === 0)
    if (unknown !== undefined) {
      const known = Contract.endpoints.some(({ name }) => name === unknown)
      return yield* new Target.TargetError({
        target: target.name,
        message: known ? `No scenario tests ${unknown}` : `${unknown} is neither an operation nor a scenario`
      })
    }
    const startedAt = yield* Clock.currentTimeMillis
    const context = yield* Layer.build(target.layer)
    const results: Array<Report.Result> = []
    for (const scenario of scenariosFor(target, only)) {
      const result = yield* runOne(target, context, scenario, options)
      results.push(result)
      if (onResult !== undefined) yield* onResult(result)
    }
    const millis = (yield* Clock.currentTimeMillis) - startedAt
    return Report.make({ target: target.name, seed: options.seed ?? defaultSeed, startedAt, millis, results })
  }).pipe(Effect.scoped)
