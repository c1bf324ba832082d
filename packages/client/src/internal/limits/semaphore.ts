import * as Effect from "effect/Effect"

/** One's place in a line: not in it yet, in it, served, or gone. */
interface Place {
  /** Waits until one is served. Interrupting it is not yet leaving. */
  readonly wait: Effect.Effect<void>
  /** Gives up the place, whatever it is at; the next in line is served instead. */
  readonly leave: () => void
  /** Whether to wait would be to wait for others. */
  readonly isBusy: () => boolean
}

/** A line before a counter that serves so many at once, strictly in the order of arrival. */
export interface Line {
  readonly enter: () => Place
}

/**
 * Not a semaphore of Effect's, which wakes who waits in a turn of its own, and lets who comes in between overtake. A place
 * is left by who holds it and not by the effect that waits, so that no interruption, however it falls, loses one.
 */
export const make = (counters: number): Line => {
  let free = counters
  const waiting = new Set<() => void>()

  const enter = (): Place => {
    let state: "outside" | "served" | "gone" = "outside"
    let serve: (() => void) | undefined
    return {
      isBusy: () => free === 0,
      wait: Effect.async<void>((resume) => {
        if (state === "gone") return
        const served = () => {
          state = "served"
          resume(Effect.void)
        }
        if (free > 0) {
          free--
          return served()
        }
        serve = served
        waiting.add(served)
      }),
      leave: () => {
        if (serve !== undefined) waiting.delete(serve)
        if (state === "served") {
          const [next] = waiting
          if (next === undefined) {
            free++
          } else {
            waiting.delete(next)
            next()
          }
        }
        state = "gone"
      }
    }
  }

  return { enter }
}
