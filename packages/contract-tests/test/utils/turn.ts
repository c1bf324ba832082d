import { Effect } from "effect"
import { setImmediate } from "node:timers/promises"

/** Lets the test runner report: what is in memory never waits for anything else. */
export const turn = Effect.promise(() => setImmediate())
