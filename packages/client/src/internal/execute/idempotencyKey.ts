import * as Context from "effect/Context"
import { constUndefined } from "effect/Function"

/** The `Idempotency-Key` of the request within an effect that creates an object. */
export class CurrentIdempotencyKey extends Context.Reference<CurrentIdempotencyKey>()(
  "@effect-openai/client/internal/CurrentIdempotencyKey",
  { defaultValue: constUndefined as () => string | undefined }
) {}
