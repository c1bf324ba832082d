import * as Data from "effect/Data"

/** A command can't be run as it was given. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** A command ran to its end, and what it was to show did not hold. It has said so already. */
export class DoesNotHold extends Data.TaggedError("DoesNotHold")<{}> {}

/** A terminal that shows colours, and that a line can be rewritten on. */
export const isTerminal = (): boolean => process.stdout.isTTY === true && process.env["TERM"] !== "dumb"

export const hasColor = (): boolean => isTerminal() && (process.env["NO_COLOR"] ?? "") === ""
