import * as Context from "effect/Context"
import { constVoid } from "effect/Function"
import type { Answer } from "../response/response.js"

/** Sees every answer of the calls around which it is provided, before its body is read. */
export class CurrentObserver extends Context.Reference<CurrentObserver>()(
  "@effect-openai/client/internal/CurrentObserver",
  { defaultValue: (): (answer: Answer) => void => constVoid }
) {}
