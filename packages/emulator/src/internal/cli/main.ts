import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "./emulator.js"
import { options } from "./options.js"
import { serve } from "./serve.js"

/** The status of the process. */
const status = { ended: 0, couldNotRun: 2 } as const

/** The message of a failure. Undefined where it was printed already. */
const messageOf = (cause: Cause.Cause<unknown>): string | undefined => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error === undefined) return Cause.pretty(cause)
  if (ValidationError.isValidationError(error)) return undefined
  return error instanceof Error ? error.message : String(error)
}

/**
 * Runs the command, and returns the status of its process. It never fails. The server ends when `interrupted` does.
 */
export const main = ({ args, interrupted, version }: {
  readonly args: ReadonlyArray<string>
  readonly version: string
  readonly interrupted: Effect.Effect<void>
}) =>
  Effect.gen(function*() {
    const command = Command.make("emulator", options, serve(interrupted)).pipe(
      Command.withDescription(
        "Serves the OpenAI HTTP API of 2024, with state. Exit status: 0 after SIGTERM or SIGINT, 2 where it can't run."
      )
    )
    const run = Command.run(command, { name: "Emulator", version, executable: "emulator" })
    // The parser drops an empty argument, and a server without its key would accept any.
    const isEmpty = args.some((arg) => /^(?:--[\w-]+=)?$/.test(arg))
    const exit = yield* Effect.exit(
      isEmpty ? new UsageError({ message: "An argument is empty: a variable may not be set" }) : run(args)
    )
    if (exit._tag === "Success") return status.ended
    const message = messageOf(exit.cause)
    if (message !== undefined) yield* Console.error(message)
    return status.couldNotRun
  }).pipe(Effect.provide(CliConfig.layer({ showBuiltIns: false, finalCheckBuiltIn: true })))
