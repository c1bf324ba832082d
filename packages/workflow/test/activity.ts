import { Effect, Option } from "effect"

/** The prefix of the activities that a process dies in. */
const prefix = /^crash\//

/** The activity that an effect runs in. Empty outside of one. */
export const currentActivity: Effect.Effect<string> = Effect.map(Effect.option(Effect.currentSpan), (span) => {
  for (let at = Option.getOrUndefined(span); at !== undefined;) {
    if (prefix.test(at.name)) return at.name
    const parent = Option.getOrUndefined(at.parent)
    at = parent?._tag === "Span" ? parent : undefined
  }
  return ""
})
