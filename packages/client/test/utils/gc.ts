import { Effect } from "effect"

/** The collector, where a test may run it. */
export interface Collect {
  (options?: { readonly type: "minor" }): void
}

export const collector: Effect.Effect<Collect> = Effect.promise(async () => {
  const { setFlagsFromString } = await import("node:v8")
  const { runInNewContext } = await import("node:vm")
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
})

/** Collects all that can be. */
export const collectGarbage = Effect.flatMap(collector, (collect) =>
  Effect.promise(async () => {
    for (let i = 0; i < 3; i++) {
      // What a promise or a WeakRef holds is free after the next turn.
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
  }))
