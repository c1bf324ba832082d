import { Effect } from "effect"

/** The garbage collector, as a function. */
export interface Collect {
  (options?: { readonly type: "minor" }): void
}

export const collector: Effect.Effect<Collect> = Effect.promise(async () => {
  const { setFlagsFromString } = await import("node:v8")
  const { runInNewContext } = await import("node:vm")
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
})

/** Runs a full garbage collection. */
export const collectGarbage = Effect.flatMap(collector, (collect) =>
  Effect.promise(async () => {
    for (let i = 0; i < 3; i++) {
      // The referents of promises and WeakRefs are released after the next turn.
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
  }))
