import { Effect } from "effect"

/** Runs the collector, where a test may. */
export const collectGarbage = Effect.promise(async () => {
  const { setFlagsFromString } = await import("node:v8")
  const { runInNewContext } = await import("node:vm")
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  for (let i = 0; i < 3; i++) {
    // What a promise or a WeakRef holds is free after the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
})
