import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Coverage from "../../Coverage.js"
import type * as Exchange from "../../Exchange.js"
import * as Fixture from "../../Fixture.js"
import * as Render from "../../Render.js"
import * as Report from "../../Report.js"
import * as Scenario from "../../Scenario.js"
import * as Suite from "../../Suite.js"
import * as Target from "../../Target.js"
import * as view from "../render/view.js"
import { DoesNotHold, hasColor, isTerminal, UsageError } from "./shared.js"

const optional = <A>(option: Options.Options<A>, description: string) =>
  option.pipe(Options.withDescription(description), Options.optional)

/** The options of the suite. */
export const options = {
  baseUrl: optional(
    Options.text("base-url").pipe(Options.withPseudoName("url")),
    "Default: the emulator. The base URL of the server to test, for example http://127.0.0.1:8080/v1. Scenarios " +
      "delete what they create."
  ),
  apiKey: optional(
    Options.redacted("api-key").pipe(Options.withPseudoName("key")),
    "The key to send. Default: OPENAI_API_KEY."
  ),
  adminKey: optional(
    Options.redacted("admin-key").pipe(Options.withPseudoName("key")),
    "The key for operations of administration. Default: OPENAI_ADMIN_KEY. Without it, these are skipped."
  ),
  organization: optional(
    Options.redacted("organization").pipe(Options.withPseudoName("id")),
    "The organization to send. Default: OPENAI_ORG_ID."
  ),
  project: optional(
    Options.redacted("project").pipe(Options.withPseudoName("id")),
    "The project to send. Default: OPENAI_PROJECT_ID."
  ),
  target: optional(
    Options.choice("target", ["emulator", "replay"]),
    "A target instead of a server: the emulator over HTTP in this process, or fixtures that are replayed without a network."
  ),
  fixtures: optional(
    Options.directory("fixtures", { exists: "yes" }).pipe(Options.withPseudoName("directory")),
    "Default: the documentation's examples. The fixtures to replay."
  ),
  only: Options.text("only").pipe(
    Options.withPseudoName("name"),
    Options.withDescription(
      "Default: all. An operation, an ID or the beginning of an ID of the scenarios to run. May be repeated."
    ),
    Options.repeated
  ),
  operations: Options.text("operations").pipe(
    Options.withPseudoName("name"),
    Options.withDescription(
      "Default: all. The operations that the server has, separated by commas. Scenarios that need others are skipped. " +
        "May be repeated."
    ),
    Options.repeated
  ),
  capabilities: Options.choice("capability", Scenario.capabilities).pipe(
    Options.withPseudoName("name"),
    Options.withDescription("A capability that the server has and most servers lack. May be repeated."),
    Options.repeated
  ),
  without: Options.choice("without", Scenario.capabilities).pipe(
    Options.withPseudoName("name"),
    Options.withDescription(
      "A capability that the server lacks. Scenarios that require it are skipped. May be repeated."
    ),
    Options.repeated
  ),
  model: optional(
    Options.text("model").pipe(Options.withPseudoName("model")),
    "The model for assistants, runs and chat completions. It must be able to call functions."
  ),
  completionModel: optional(
    Options.text("completion-model").pipe(Options.withPseudoName("model")),
    "The model for completions."
  ),
  embeddingModel: optional(
    Options.text("embedding-model").pipe(Options.withPseudoName("model")),
    "The model for embeddings."
  ),
  seed: Options.integer("seed").pipe(
    Options.withDescription("The seed of generated requests."),
    Options.withDefault(Suite.defaultSeed)
  ),
  cases: optional(Options.integer("cases"), "Default: 25. The number of generated requests for each operation."),
  concurrency: Options.integer("concurrency").pipe(
    Options.withPseudoName("number"),
    Options.withDescription(
      "The maximum number of scenarios that run at the same time. Scenarios that change what others see run alone."
    ),
    Options.withDefault(Suite.defaultConcurrency)
  ),
  report: optional(
    Options.directory("report").pipe(Options.withPseudoName("directory")),
    "The directory for the report: report.html, report.json, report.txt and junit.xml."
  ),
  coverage: Options.boolean("coverage").pipe(
    Options.withDescription("Lists everything in the contract that the scenarios did not reach.")
  ),
  list: Options.boolean("list").pipe(Options.withDescription("Lists the scenarios without running them."))
} as const

/** The parsed options. */
export type Given = Command.Command.ParseConfig<typeof options>

/** What a run needs besides its options. */
export interface Environment {
  /** Ends when the command is interrupted. */
  readonly interrupted: Effect.Effect<void>
  /** The target if no other one is named. */
  readonly emulator: (options: Target.Options) => Target.Target
}

// -----------------------------------------------------------------------------
// target
// -----------------------------------------------------------------------------

/** An option, or its environment variable. */
const secret = (given: Option.Option<Redacted.Redacted>, option: string, variable: string) =>
  Effect.flatMap(Config.option(Config.redacted(variable)), (fromEnvironment) => {
    const value = Option.orElse(given, () => Option.filter(fromEnvironment, (secret) => Redacted.value(secret) !== ""))
    return Option.exists(value, (secret) => !/^[\x21-\x7e]+$/.test(Redacted.value(secret)))
      ? new UsageError({ message: `--${option} or ${variable} is empty or not valid in a header` })
      : Effect.succeed(Option.getOrUndefined(value))
  })

const checkUrl = (url: string): Effect.Effect<string, UsageError> => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return new UsageError({ message: "--base-url is not an http or https URL" })
  }
  return parsed.username + parsed.password + parsed.search + parsed.hash === ""
    ? Effect.succeed(url)
    : new UsageError({ message: "--base-url may only have an origin and a path" })
}

const capabilitiesOf = ({ capabilities, without }: Given) => {
  const both = capabilities.find((capability) => without.includes(capability))
  return both === undefined
    ? Effect.succeed(Object.fromEntries([
      ...capabilities.map((capability) => [capability, true] as const),
      ...without.map((capability) => [capability, false] as const)
    ]))
    : new UsageError({ message: `--capability ${both} and --without ${both} can't be combined` })
}

const targetOf = (given: Given, emulator: Environment["emulator"]) =>
  Effect.gen(function*() {
    const capabilities = yield* capabilitiesOf(given)
    const operations = given.operations.length === 0
      ? undefined
      : given.operations.flatMap((names) => names.split(",").map((name) => name.trim()))
    const models = {
      ...Option.isSome(given.model) && { chat: given.model.value },
      ...Option.isSome(given.completionModel) && { completion: given.completionModel.value },
      ...Option.isSome(given.embeddingModel) && { embedding: given.embeddingModel.value }
    }
    const kind = Option.getOrUndefined(given.target)
    if (Option.isSome(given.fixtures) && kind !== "replay") {
      return yield* new UsageError({ message: "--fixtures requires --target replay" })
    }
    if (Option.isSome(given.baseUrl)) {
      if (kind !== undefined) {
        return yield* new UsageError({ message: `--base-url and --target ${kind} can't be combined` })
      }
      const baseUrl = yield* checkUrl(given.baseUrl.value)
      const apiKey = yield* secret(given.apiKey, "api-key", "OPENAI_API_KEY")
      if (apiKey === undefined) {
        return yield* new UsageError({ message: "--base-url requires --api-key or OPENAI_API_KEY" })
      }
      const adminKey = yield* secret(given.adminKey, "admin-key", "OPENAI_ADMIN_KEY")
      const organization = yield* secret(given.organization, "organization", "OPENAI_ORG_ID")
      const project = yield* secret(given.project, "project", "OPENAI_PROJECT_ID")
      return Target.baseUrl({
        baseUrl,
        apiKey,
        adminKey,
        organization,
        project,
        capabilities,
        operations,
        models,
        httpClient: UndiciHttpClient.layer
      })
    }
    if (kind === "replay") {
      if (Object.keys(capabilities).length > 0 || operations !== undefined) {
        return yield* new UsageError({
          message: "--capability, --without and --operations can't be combined with --target replay"
        })
      }
      return Target.replay(
        yield* Option.match(given.fixtures, { onNone: () => Fixture.all, onSome: Fixture.readDirectory })
      )
    }
    return emulator({ capabilities, operations, models })
  })

// -----------------------------------------------------------------------------
// progress
// -----------------------------------------------------------------------------

const eraseLine = "\r\u001b[2K"

/** Prints each result. On a terminal, passed scenarios are overwritten. */
const progress = (total: number) => {
  const color = hasColor()
  let count = 0
  return {
    onResult: (result: Report.Result) =>
      Effect.suspend(() => {
        count++
        const line = Render.line(result, { color })
        if (!isTerminal()) return Console.log(line)
        const kept = result.verdict._tag === "Failed" ? `${line}\n` : ""
        const next = `[${count}/${total}] ${result.id}`.slice(0, (process.stdout.columns ?? 80) - 1)
        return Effect.sync(() => void process.stdout.write(`${eraseLine}${kept}${next}`))
      }),
    end: Effect.suspend(() => isTerminal() ? Effect.sync(() => void process.stdout.write(eraseLine)) : Console.log(""))
  }
}

// -----------------------------------------------------------------------------
// running
// -----------------------------------------------------------------------------

/** So many refused connections in a row, and the target is gone. */
const maxRefused = 10

/** Notices that a target no longer accepts connections. */
const watch = Effect.map(Deferred.make<void>(), (gone) => {
  let refused = 0
  return {
    gone: Deferred.await(gone),
    see: ({ failure, response }: Exchange.Exchange) => {
      refused = response === null && /ECONNREFUSED|connection refused/i.test(failure ?? "") ? refused + 1 : 0
      return refused >= maxRefused ? Effect.asVoid(Deferred.succeed(gone, undefined)) : Effect.void
    }
  }
})

type Outcome =
  | { readonly _tag: "Complete"; readonly report: Report.Report }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "Gone" }

const reasons = {
  Interrupted: "a signal ended the run",
  Gone: `the target is gone, it refused ${maxRefused} connections in a row`
} as const

/**
 * Runs the suite. Succeeds if all scenarios passed and at least one ran. If `interrupted` ends before, or the target is gone,
 * the report has the results so far.
 */
export const run = ({ emulator, interrupted }: Environment) => (given: Given) =>
  Effect.gen(function*() {
    const target = yield* targetOf(given, emulator)
    if (given.concurrency < 1) return yield* new UsageError({ message: "--concurrency is less than 1" })
    const only = given.only.length === 0 ? undefined : given.only
    const scenarios = yield* Effect.mapError(
      Suite.scenariosFor(target, only),
      ({ message }) => new UsageError({ message: `--only or --operations: ${message}` })
    )
    if (given.list) {
      return yield* Effect.forEach(scenarios, ({ id, title }) => Console.log(`${id}  ${title}`), { discard: true })
    }
    const reached = new Map<string, Coverage.Item>()
    const results: Array<Report.Result> = []
    const { end, onResult } = progress(scenarios.length)
    const { gone, see } = yield* watch
    yield* Console.log(`${view.plural(scenarios.length, "scenario")} against ${target.name}\n`)
    const startedAt = yield* Clock.currentTimeMillis
    const complete = Effect.map(
      Suite.run({
        target,
        only,
        seed: given.seed,
        cases: Option.getOrUndefined(given.cases),
        concurrency: given.concurrency,
        onExchanges: (_, exchanges) =>
          Effect.suspend(() => {
            for (const item of exchanges.flatMap(Coverage.ofExchange)) reached.set(`${item.area} ${item.name}`, item)
            return Effect.forEach(exchanges, see, { discard: true })
          }),
        onResult: (result) => {
          results.push(result)
          return onResult(result)
        }
      }),
      (report): Outcome => ({ _tag: "Complete", report })
    ).pipe(
      // Spans would cost a third of a call, and the command has no reader of them.
      Effect.withTracerEnabled(false)
    )
    const outcome = yield* Effect.raceFirst(
      complete,
      Effect.raceFirst(
        Effect.as(interrupted, { _tag: "Interrupted" } as Outcome),
        Effect.as(gone, { _tag: "Gone" } as Outcome)
      )
    ).pipe(Effect.ensuring(end))
    const report = outcome._tag === "Complete" ? outcome.report : Report.make({
      target: target.name,
      seed: given.seed,
      startedAt,
      millis: (yield* Clock.currentTimeMillis) - startedAt,
      results,
      interrupted: `${reasons[outcome._tag]}; ${results.length} of ${view.plural(scenarios.length, "scenario")} ended`
    })
    yield* Console.log(Render.text(report, { color: hasColor() }).trimEnd())
    const coverage = Coverage.make(reached.values())
    yield* Console.log(`\nCoverage of the contract:\n${Coverage.text(coverage, { missed: given.coverage })}\n`)
    if (Option.isSome(given.report)) {
      const path = yield* Path.Path
      yield* Render.write(report, given.report.value)
      yield* Console.log(`The report: ${path.resolve(given.report.value, "report.html")}`)
    }
    if (outcome._tag === "Interrupted") return yield* Effect.interrupt
    if (outcome._tag === "Gone") return yield* new UsageError({ message: `The run ended early: ${reasons.Gone}` })
    if (!view.holds(report)) return yield* new DoesNotHold()
    if (report.totals.passed === 0) {
      return yield* new UsageError({ message: "Every scenario was skipped" })
    }
  })
