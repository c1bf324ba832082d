import * as Schema from "effect/Schema"

// What the process of the emulator does for that of the suite.

/** Returns the base URL of the emulator. */
export class BaseUrl extends Schema.TaggedRequest<BaseUrl>()("BaseUrl", {
  failure: Schema.Never,
  success: Schema.String,
  payload: {}
}) {}

/** Advances the time of the emulator. */
export class Advance extends Schema.TaggedRequest<Advance>()("Advance", {
  failure: Schema.Never,
  success: Schema.Void,
  payload: { duration: Schema.DurationFromMillis }
}) {}

export const Requests = Schema.Union(BaseUrl, Advance)
