import * as Context from "effect/Context"
import { constVoid } from "effect/Function"
import type { Response } from "../response/response.js"

/** Receives every response of the calls within an effect, before its body is read. */
export class CurrentObserver extends Context.Reference<CurrentObserver>()(
  "@effect-openai/client/internal/CurrentObserver",
  { defaultValue: (): (response: Response) => void => constVoid }
) {}
