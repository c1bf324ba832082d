import * as Data from "effect/Data"

/** Invalid options. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** The command ran and its check failed. The reason is printed already. */
export class DoesNotHold extends Data.TaggedError("DoesNotHold")<{}> {}

/** Whether the output is a terminal that supports colors and overwriting a line. */
export const isTerminal = (): boolean => process.stdout.isTTY === true && process.env["TERM"] !== "dumb"

export const hasColor = (): boolean => isTerminal() && (process.env["NO_COLOR"] ?? "") === ""
