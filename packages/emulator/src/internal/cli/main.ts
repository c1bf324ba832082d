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

/** What a process ends with. */
const status = { ended: 0, couldNotRun: 2 } as const

/** Why a command ended as it did; what was said already is not said again. */
const messageOf = (cause: Cause.Cause<unknown>): string | undefined => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error === undefined) return Cause.pretty(cause)
  if (ValidationError.isValidationError(error)) return undefined
  return error instanceof Error ? error.message : String(error)
}

/**
 * Runs the command, and tells what its process ends with. It never fails. `interrupted` comes to an end when somebody
 * wants the server to.
 */
export const main = ({ args, interrupted, version }: {
  readonly args: ReadonlyArray<string>
  readonly version: string
  readonly interrupted: Effect.Effect<void>
}) =>
  Effect.gen(function*() {
    const command = Command.make("emulator", options, serve(interrupted)).pipe(
      Command.withDescription(
        "Serves the OpenAI HTTP API of 2024, with state. It ends with status 0 when it was told to, 2 if it can't be run."
      )
    )
    const run = Command.run(command, { name: "Emulator", version, executable: "emulator" })
    // What is empty is dropped, and a server that was to check a key would take any.
    const isEmpty = args.some((arg) => /^(?:--[\w-]+=)?$/.test(arg))
    const exit = yield* Effect.exit(
      isEmpty ? new UsageError({ message: "An argument is empty: a variable may not be set" }) : run(args)
    )
    if (exit._tag === "Success") return status.ended
    const message = messageOf(exit.cause)
    if (message !== undefined) yield* Console.error(message)
    return status.couldNotRun
  }).pipe(Effect.provide(CliConfig.layer({ showBuiltIns: false, finalCheckBuiltIn: true })))
