import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type { prices } from "./organization/costs.js"
import type { Limits } from "./request.js"

/** How a run is polled. */
interface Polling {
  /** The time in `openai-poll-after-ms`. */
  readonly after: Duration.Duration
  /** How long, in real time, the response to `getRun` waits for a run in progress. */
  readonly maxWait: Duration.Duration
}

/** The options that handlers need. */
export class Settings extends Context.Tag("@effect-openai/emulator/internal/Settings")<Settings, {
  readonly limits: Limits
  readonly polling: Polling
  /** What models cost. */
  readonly prices: typeof prices
}>() {}
