import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type { Limits } from "./request.js"

/** The options that handlers need. */
export class Settings extends Context.Tag("@effect-openai/emulator/internal/Settings")<Settings, {
  readonly limits: Limits
  readonly pollAfter: Duration.Duration
}>() {}
