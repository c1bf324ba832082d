import * as Effect from "effect/Effect"

/**
 * What is left to undo when a call ends. A finalizer is ten steps of a fiber, so a call has one for all, which runs what
 * is still here; what ends by itself undoes its own.
 */
export class Cleanup {
  private readonly tasks = new Set<() => void>()

  run(): void {
    for (const task of this.tasks) task()
    this.tasks.clear()
  }

  /** Runs an effect and then a task, or the task with the others where the effect is interrupted. */
  after<A, E, R>(self: Effect.Effect<A, E, R>, task: () => void): Effect.Effect<A, E, R> {
    this.tasks.add(task)
    const done = () => {
      if (this.tasks.delete(task)) task()
    }
    return Effect.matchCauseEffect(self, {
      onSuccess: (value) => {
        done()
        return Effect.succeed(value)
      },
      onFailure: (cause) => {
        done()
        return Effect.failCause(cause)
      }
    })
  }
}
