import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { redacted, type Secrets } from "../secrets.js"
import * as internalSecrets from "../secrets.js"
import * as Drift from "./drift.js"
import * as Record from "./record.js"
import * as Run from "./run.js"
import { DoesNotHold } from "./shared.js"

/** The exit statuses. */
const status = { held: 0, didNotHold: 1, couldNotRun: 2, interrupted: 130 } as const

const secretOptions = ["--api-key", "--admin-key", "--organization", "--project"]
const secretVariables = ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"]

/** The secrets in the arguments and the environment. */
const secretsOf = (args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv): Secrets => {
  const given = args.flatMap((arg, index) => {
    const [option = "", ...value] = arg.split("=")
    if (!secretOptions.includes(option)) return []
    return [value.length > 0 ? value.join("=") : args[index + 1] ?? ""]
  })
  const known = [...given, ...secretVariables.map((name) => environment[name] ?? "")]
  return internalSecrets.make(known.map((secret) => [secret, redacted]))
}

/** Removes secrets from console output, also from misplaced arguments and from responses. */
const withoutSecrets = (secrets: Secrets) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) => {
    const text = (args: ReadonlyArray<unknown>) => args.map((arg) => typeof arg === "string" ? secrets.text(arg) : arg)
    return Effect.withConsole(effect, {
      ...console,
      log: (...args) => console.log(...text(args)),
      error: (...args) => console.error(...text(args))
    })
  })

const known = new Set(
  [...Object.values(Run.options), ...Object.values(Record.options), ...Object.values(Drift.options)]
    .flatMap((option: Options.Options<unknown>) => Option.toArray(Options.getIdentifier(option)))
)

/** The message of a failure. undefined if it was printed before. */
const messageOf = (cause: Cause.Cause<unknown>, args: ReadonlyArray<string>): string | undefined => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error === undefined) return Cause.pretty(cause)
  if (error instanceof DoesNotHold) return undefined
  if (!ValidationError.isValidationError(error)) return error instanceof Error ? error.message : String(error)
  // The parser takes an unknown option for an unknown command.
  const unknown = args.map((arg) => arg.replace(/=.*$/s, "")).find((arg) => arg.startsWith("--") && !known.has(arg))
  return unknown === undefined ? undefined : `${unknown} is not an option. --help lists all options.`
}

/** Runs a command and returns its exit status. It does not fail. */
export const main = (
  options: {
    readonly args: ReadonlyArray<string>
    readonly version: string
  } & Run.Environment
) =>
  Effect.gen(function*() {
    const record = Command.make("record", Record.options, Record.record(options.interrupted)).pipe(
      Command.withDescription(
        "Forwards the requests of a program to a server, and writes each exchange to a fixture, without its secrets."
      )
    )
    const drift = Command.make("drift", Drift.options, Drift.drift).pipe(
      Command.withDescription(
        "Lists the differences between two versions of the contract, or between a recording and the contract. Exit " +
          "status: 0 without differences, 1 with differences, 2 if it could not run."
      )
    )
    const contract = Command.make("contract", Run.options, Run.run(options)).pipe(
      Command.withDescription(
        "Tests a server against the contract of the OpenAI HTTP API. Exit status: 0 if all scenarios passed, 1 if one " +
          "failed or a response was not as documented, 2 if it could not run or the server is gone, 130 after SIGINT or " +
          "SIGTERM. The report then has the results so far."
      ),
      Command.withSubcommands([record, drift])
    )
    const run = Command.run(contract, { name: "Contract suite", version: options.version, executable: "contract" })

    const exit = yield* Effect.exit(run(options.args))
    if (exit._tag === "Success") {
      return status.held
    }
    if (Cause.isInterruptedOnly(exit.cause)) {
      return status.interrupted
    }
    const message = messageOf(exit.cause, options.args)
    if (message !== undefined) {
      yield* Console.error(message)
    }
    return Option.exists(Cause.failureOption(exit.cause), (error) => error instanceof DoesNotHold)
      ? status.didNotHold
      : status.couldNotRun
  }).pipe(
    Effect.provide(CliConfig.layer({ showBuiltIns: false, finalCheckBuiltIn: true })),
    withoutSecrets(secretsOf(options.args, process.env))
  )
