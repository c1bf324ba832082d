/**
 * Suite: all scenarios, and functions that run them against a target.
 *
 * @since 0.1.0
 */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Call from "./Call.js"
import type { Finding } from "./Deviation.js"
import * as Exchange from "./Exchange.js"
import * as InOrder from "./internal/inOrder.js"
import * as Monotonic from "./internal/monotonic.js"
import * as view from "./internal/render/view.js"
import * as Scenarios from "./internal/scenarios/index.js"
import * as Unchecked from "./internal/unchecked.js"
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
export const all: ReadonlyArray<Scenario.Scenario> = Scenarios.all

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
 * The default maximum number of scenarios that run at the same time.
 *
 * @since 0.1.0
 * @category defaults
 */
export const defaultConcurrency = 4

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
  /** Receives the exchanges of each scenario that ran. `run` passes them on in the order of scenarios. */
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
  /**
   * Default: 4. The maximum number of scenarios that run at the same time. Scenarios that are `sequential` run alone. The
   * time of a scenario includes the time in which others run. 1: one after the other.
   */
  readonly concurrency?: number | undefined
  /** Receives each result as soon as it and the results of the scenarios before it are known. */
  readonly onResult?: ((result: Report.Result) => Effect.Effect<void>) | undefined
}

/** Whether a name selects a scenario: an operation, an ID, or the beginning of an ID. An exact ID selects no other. */
const selects = (name: string, ids: ReadonlySet<string>) => ({ id, operations }: Scenario.Scenario): boolean =>
  ids.has(name) ? id === name : id.startsWith(name) || operations.includes(name)

/**
 * The scenarios of the suite and of a target, or those that names select: operations, IDs, and beginnings of IDs. Fails
 * with the first name that selects none, and with the first of the target's operations that is not in the contract.
 *
 * @since 0.1.0
 * @category accessors
 */
export const scenariosFor = (
  target: Target.Target,
  only?: ReadonlyArray<string>
): Either.Either<ReadonlyArray<Scenario.Scenario>, Target.TargetError> => {
  const fail = (message: string) => Either.left(new Target.TargetError({ target: target.name, message }))
  const wrong = target.operations?.find((name) => !isOperation(name))
  if (wrong !== undefined) return fail(`${wrong} in the operations of the target is not an operation of the contract`)
  const scenarios = [...all, ...target.scenarios]
  if (only === undefined) return Either.right(scenarios)
  const ids = new Set(scenarios.map(({ id }) => id))
  const unknown = only.find((name) => name === "" || !scenarios.some(selects(name, ids)))
  if (unknown !== undefined) {
    return fail(
      isOperation(unknown)
        ? `No scenario tests ${unknown}`
        : `${JSON.stringify(unknown)} is not an operation, and not the ID of a scenario or its beginning`
    )
  }
  return Either.right(scenarios.filter((scenario) => only.some((name) => selects(name, ids)(scenario))))
}

const isOperation = (name: string): boolean => Contract.endpoints.some((endpoint) => endpoint.name === name)

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
  target: Target.Target,
  { operations, requires }: Scenario.Scenario
): string | undefined => {
  const needed = operations.some(needsAdminKey) ? [...requires, "administration" as const] : requires
  const missing = needed.find((capability) => !target.capabilities[capability])
  if (missing !== undefined) return Scenario.because(missing)
  const lacking = operations.find((operation) => target.operations?.includes(operation) === false)
  return lacking === undefined ? undefined : needs(lacking)
}

/** The reason why a scenario is skipped that needs an operation. */
const needs = (operation: string): string => `it needs ${operation}, which the target does not have`

// -----------------------------------------------------------------------------
// running
// -----------------------------------------------------------------------------

const failed = (expectation: string, message: string, field?: string): Report.Verdict => ({
  _tag: "Failed",
  expectation,
  message,
  ...field !== undefined && field !== "" && { field }
})

const verdictOfFailure = (scenario: Scenario.Scenario, cause: Cause.Cause<Scenario.Failure>): Report.Verdict =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => failed(`${scenario.title}, without a defect`, Cause.pretty(cause)),
    onSome: (error) => {
      if (error instanceof Scenario.NotApplicable) return { _tag: "Skipped", because: error.because }
      if (error instanceof Scenario.ScenarioFailure) {
        return failed(error.expectation, error.message, error.field)
      }
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

/** Failures that follow from a response that does not fit the contract. What looks not applicable may follow from it, too. */
const followsFromDeviation = (cause: Cause.Cause<Scenario.Failure>): boolean =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => !Cause.isInterruptedOnly(cause),
    onSome: ({ _tag }) => ["InvalidResponseError", "InvalidRequestError", "NotApplicable"].includes(_tag)
  })

/** A scenario passes if it sent requests, received responses, and all were as documented. */
const verdictOf = (
  scenario: Scenario.Scenario,
  exit: Exit.Exit<void, Scenario.Failure>,
  exchanges: ReadonlyArray<Exchange.Exchange>,
  findings: ReadonlyArray<Finding>,
  lacking: string | undefined
): Report.Verdict => {
  const [finding] = findings
  // What was requested before the missing operation may have deviated.
  if (lacking !== undefined && finding === undefined) return { _tag: "Skipped", because: needs(lacking) }
  if (
    Exit.isFailure(exit) && lacking === undefined && (finding === undefined || !followsFromDeviation(exit.cause))
  ) {
    return verdictOfFailure(scenario, exit.cause)
  }
  if (exchanges.every(({ response }) => response === null)) {
    return failed("a scenario sends at least one request", "No response was received")
  }
  if (finding === undefined) return { _tag: "Passed" }
  return failed(
    view.asDocumented,
    view.sentence(finding) + (findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`),
    finding.field
  )
}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/** The name of an operation that a request calls, if the target does not have it. */
const lackingOf = (
  { operations }: Target.Target,
  baseUrl: string,
  { method, url }: { readonly method: string; readonly url: string }
): string | undefined => {
  if (operations === undefined || !url.startsWith(baseUrl)) return undefined
  const name = Call.endpointOf({ method, path: url.slice(baseUrl.length).replace(/[?#].*$/, "") })?.endpoint.name
  return name === undefined || operations.includes(name) ? undefined : name
}

/** Sends requests of a target's operations only, and keeps the name of the first other operation. */
const serving = (target: Target.Target, baseUrl: string, httpClient: HttpClient.HttpClient) => {
  let lacking: string | undefined
  return {
    lacking: () => lacking,
    httpClient: HttpClient.transform(httpClient, (effect, request) => {
      const name = lackingOf(target, baseUrl, request)
      if (name === undefined) return effect
      lacking ??= name
      return new HttpClientError.RequestError({ request, reason: "Transport", description: needs(name) })
    })
  }
}

/**
 * The operation that a failed scenario needs, if it was not selected, and the target refused it as unknown. Only
 * operations without IDs in their paths: an unknown ID is refused as well.
 */
const unknownOperation = (
  { operations }: Scenario.Scenario,
  only: ReadonlyArray<string> | undefined,
  exchanges: ReadonlyArray<Exchange.Exchange>
): string | undefined => {
  const selected = only?.filter(isOperation) ?? []
  if (!operations.some((operation) => selected.includes(operation))) return undefined
  return exchanges.find(({ operation, response }) =>
    operation !== null && !selected.includes(operation) && response !== null &&
    [404, 405, 501].includes(response.status) &&
    Contract.endpoints.some(({ name, path }: Endpoint.Any) => name === operation && !path.includes("{"))
  )?.operation ?? undefined
}

/** The services of a target's layer. */
type Built = Context.Context<Target.Connection>

const runOne = (
  target: Target.Target,
  context: Built,
  scenario: Scenario.Scenario,
  settings: Settings & Pick<Options, "only">
): Effect.Effect<Report.Result> =>
  Effect.gen(function*() {
    const { group, id, operations, title } = scenario
    const about = { id, title, group, operations }
    const because = skipped(target, scenario)
    if (because !== undefined) {
      const verdict: Report.Verdict = { _tag: "Skipped", because }
      return { ...about, verdict, findings: [], requests: 0, exchanges: [], left: [], millis: 0 }
    }
    const connection = yield* Effect.provide(Target.Connection, context)
    const { adminKey, advance, apiKey, baseUrl, organization, project } = connection
    const secrets = [apiKey, adminKey, organization, project].filter((secret) => secret !== undefined)
    const recorder = Exchange.record(connection.httpClient, { baseUrl, secrets })
    const served = serving(target, baseUrl, recorder.httpClient)
    const wire = Wire.make(served.httpClient, { apiKey, adminKey, baseUrl })
    const client = yield* Client.OpenAiClient.make({ apiKey, adminKey, baseUrl, organization, project }).pipe(
      Effect.orDie,
      Effect.provideService(HttpClient.HttpClient, served.httpClient)
    )
    const services = Context.make(Client.OpenAiClient.OpenAiClient, Unchecked.client(client)).pipe(
      Context.add(Wire.Wire, wire),
      Context.add(Scenario.CurrentSettings, {
        seed: settings.seed ?? defaultSeed,
        cases: settings.cases ?? 25,
        patience: settings.patience ?? "20 seconds",
        models: target.models,
        advance: advance ?? (() => new Scenario.NotApplicable({ because: Scenario.because("clock") }))
      })
    )
    const timeout = Duration.decode(settings.timeout ?? defaultTimeout)
    const start = yield* Monotonic.currentMillis
    // Deletes what the scenario's own finalizers did not, also if it is interrupted.
    const deleteLeft = Effect.flatMap(recorder.left, (paths) =>
      Effect.forEach(paths, (path) => Effect.ignore(wire.send({ method: "DELETE", path })), { discard: true })).pipe(
        Effect.timeout(timeout),
        Effect.ignore
      )
    // Requests of finalizers do not belong to the scenario.
    const [exit, exchanges, lacking] = yield* Effect.scoped(
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
        Effect.flatMap((exit) =>
          Effect.map(recorder.exchanges, (exchanges) =>
            [exit, exchanges, served.lacking()] as const)
        )
      )
    ).pipe(
      Effect.provide(services),
      Effect.ensuring(target.capabilities.stateful ? deleteLeft : Effect.void),
      Client.Retry.none,
      Effect.provide(context)
    )
    const findings = dedupe(
      exchanges.flatMap(({ findings }) => findings).filter((finding) => !isKnown(scenario)(finding))
    )
    const needed = lacking ?? (Exit.isFailure(exit) ? unknownOperation(scenario, settings.only, exchanges) : undefined)
    const scrub = yield* recorder.scrub
    // A failure message may quote a response.
    const verdict = scrub(verdictOf(scenario, exit, exchanges, findings, needed))
    if (settings.onExchanges !== undefined) yield* settings.onExchanges(scenario, exchanges)
    return {
      ...about,
      verdict,
      findings,
      requests: exchanges.length,
      exchanges: verdict._tag === "Failed" ? exchanges.slice(showsLast(exit) ? -1 : 0) : [],
      left: target.capabilities.stateful ? scrub(yield* recorder.left) : [],
      millis: (yield* Monotonic.currentMillis) - start
    }
  })

/** Whether a scenario runs while no other scenario runs. */
const isAlone = (target: Target.Target, scenario: Scenario.Scenario): boolean =>
  scenario.sequential && skipped(target, scenario) === undefined

/** Whether the last exchange of a failed scenario shows its failure. */
const showsLast = (exit: Exit.Exit<void, Scenario.Failure>): boolean =>
  Exit.isFailure(exit) && Option.exists(
    Cause.failureOption(exit.cause),
    (error) => error instanceof Scenario.ScenarioFailure && error.shownBy === "last"
  )

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
  settings: Settings & Pick<Options, "only"> = {}
): Effect.Effect<Report.Result, never, Target.Connection> =>
  Effect.flatMap(
    Effect.context<Target.Connection>(),
    (context) => runOne(target, context, scenario, settings)
  )

/** A scenario that ran or was skipped. */
interface Ended {
  readonly scenario: Scenario.Scenario
  readonly result: Report.Result
  /** undefined if nothing receives them. */
  readonly exchanges: ReadonlyArray<Exchange.Exchange> | undefined
}

/**
 * Runs scenarios against a target. Scenarios run at the same time, up to `concurrency`. One that is `sequential` starts
 * when those before it have ended, and those after it start when it has ended. The report has a fixed order. Fails only if
 * the target can't be reached, or if a name in `only` or in the target's operations is unknown.
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
    const { concurrency = defaultConcurrency, only, onExchanges, onResult, target } = options
    const scenarios = yield* scenariosFor(target, only)
    const startedAt = yield* Clock.currentTimeMillis
    const start = yield* Monotonic.currentMillis
    const context = yield* Layer.build(target.layer)
    const ended = yield* InOrder.forEach(
      scenarios,
      {
        concurrency,
        isAlone: (scenario) => isAlone(target, scenario),
        onResult: ({ exchanges, result, scenario }: Ended) =>
          Effect.gen(function*() {
            if (exchanges !== undefined && onExchanges !== undefined) yield* onExchanges(scenario, exchanges)
            if (onResult !== undefined) yield* onResult(result)
          })
      },
      (scenario) =>
        Effect.suspend(() => {
          let exchanges: ReadonlyArray<Exchange.Exchange> | undefined
          const keep = (_: unknown, all: ReadonlyArray<Exchange.Exchange>) =>
            Effect.sync(() => {
              exchanges = all
            })
          return Effect.map(
            runOne(target, context, scenario, { ...options, onExchanges: onExchanges && keep }),
            (result) => ({ exchanges, result, scenario })
          )
        })
    )
    const results = ended.map(({ result }) => result)
    const millis = (yield* Monotonic.currentMillis) - start
    return Report.make({ target: target.name, seed: options.seed ?? defaultSeed, startedAt, millis, results })
  }).pipe(Effect.scoped)
