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

/** What a process ends with. */
const status = { held: 0, didNotHold: 1, couldNotRun: 2, interrupted: 130 } as const

const secretOptions = ["--api-key", "--admin-key", "--organization", "--project"]
const secretVariables = ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"]

/** The secrets among a command's arguments and in its environment. */
const secretsOf = (args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv): Secrets => {
  const given = args.flatMap((arg, index) => {
    const [option = "", ...value] = arg.split("=")
    if (!secretOptions.includes(option)) return []
    return [value.length > 0 ? value.join("=") : args[index + 1] ?? ""]
  })
  const known = [...given, ...secretVariables.map((name) => environment[name] ?? "")]
  return internalSecrets.make(known.map((secret) => [secret, redacted]))
}

/** A console that no secret gets on, be it in a wrong place on the command line or in a server's response. */
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

/** Why a command ended as it did; what was said already is not said again. */
const messageOf = (cause: Cause.Cause<unknown>, args: ReadonlyArray<string>): string | undefined => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error === undefined) return Cause.pretty(cause)
  if (error instanceof DoesNotHold) return undefined
  if (!ValidationError.isValidationError(error)) return error instanceof Error ? error.message : String(error)
  // An option that is not known is taken for a command that is not known.
  const unknown = args.map((arg) => arg.replace(/=.*$/s, "")).find((arg) => arg.startsWith("--") && !known.has(arg))
  return unknown === undefined ? undefined : `${unknown} is no option; --help lists them.`
}

/**
 * Runs a command, and tells what its process ends with. It never fails. `interrupted` comes to an end when somebody wants
 * the command to.
 */
export const main = (
  options: {
    readonly args: ReadonlyArray<string>
    readonly version: string
    readonly interrupted: Effect.Effect<void>
  }
) =>
  Effect.gen(function*() {
    const record = Command.make("record", Record.options, Record.record(options.interrupted)).pipe(
      Command.withDescription(
        "Passes a program's requests on to a server, and writes each exchange down as a fixture, without its secrets."
      )
    )
    const drift = Command.make("drift", Drift.options, Drift.drift).pipe(
      Command.withDescription(
        "Lists what differs between two versions of the contract, or between a recording and the contract. It ends with " +
          "status 0 if nothing does, 1 if something does, 2 if it could not be run."
      )
    )
    const contract = Command.make("contract", Run.options, (given) =>
      Effect.raceFirst(Run.run(given), Effect.zipRight(options.interrupted, Effect.interrupt))).pipe(
        Command.withDescription(
          "Checks whether a server keeps the contract of the OpenAI HTTP API. It ends with status 0 if all held, 1 if " +
            "something failed or was not as documented, 2 if it could not be run."
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
    return Option.exists(Cause.failureOption(exit.cause), (error) =>
        error instanceof DoesNotHold)
      ? status.didNotHold
      : status.couldNotRun
  }).pipe(
    Effect.provide(CliConfig.layer({ showBuiltIns: false, finalCheckBuiltIn: true })),
    withoutSecrets(secretsOf(options.args, process.env))
  )
