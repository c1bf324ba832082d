import * as Effect from "effect/Effect"

/** A permit of a semaphore: not requested yet, waiting, acquired, or released. */
export interface Permit {
  /** Waits until the permit is acquired. Interrupting it does not release the permit. */
  readonly wait: Effect.Effect<void>
  /** Releases the permit in any state. The next waiting permit is acquired. */
  readonly release: () => void
  /** Whether `wait` would have to wait. */
  readonly mustWait: () => boolean
}

/** A semaphore whose permits are acquired in FIFO order. */
export interface Semaphore {
  readonly request: () => Permit
  /** Whether no permit is acquired. */
  readonly isFree: () => boolean
}

/**
 * Effect's semaphore is not FIFO: a new caller can overtake one that just resumed. A permit here is released by its
 * owner, not by the effect that waits, so that no interruption loses one.
 */
export const make = (permits: number): Semaphore => {
  let free = permits
  const waiting = new Set<() => void>()

  const request = (): Permit => {
    let state: "new" | "acquired" | "released" = "new"
    let acquire: (() => void) | undefined
    return {
      mustWait: () => free === 0,
      wait: Effect.async<void>((resume) => {
        if (state === "released") return
        const acquired = () => {
          state = "acquired"
          resume(Effect.void)
        }
        if (free > 0) {
          free--
          return acquired()
        }
        acquire = acquired
        waiting.add(acquired)
      }),
      release: () => {
        if (acquire !== undefined) waiting.delete(acquire)
        if (state === "acquired") {
          const [next] = waiting
          if (next === undefined) {
            free++
          } else {
            waiting.delete(next)
            next()
          }
        }
        state = "released"
      }
    }
  }

  return { request, isFree: () => free === permits }
}
