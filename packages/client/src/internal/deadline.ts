import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Runtime from "effect/Runtime"

// `Effect.timeout` races two fibers, which costs more than the request whose time it limits.

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** Above this, timers fire at once. */
const maxMillis = 2 ** 31 - 1

/** Does a task when a time is over, by the clock of a fiber, unless what it gives back is called before. */
export const schedule = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  duration: Duration.Duration,
  task: () => void
): () => void => {
  const millis = Duration.toMillis(duration)
  if (millis > maxMillis) return constVoid
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  if (clock === liveClock) {
    const timer = setTimeout(task, millis)
    return () => clearTimeout(timer)
  }
  const sleeper = Effect.runFork(clock.sleep(duration))
  sleeper.addObserver((exit) => {
    if (Exit.isSuccess(exit)) task()
  })
  return () => sleeper.unsafeInterruptAsFork(fiber.id())
}

/** Interrupts an effect that takes longer, which runs in a fiber of its own. */
export const interrupting = <A, E, R, E2>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2, R> =>
  Effect.withFiberRuntime<A, E | E2, R>((parent, { runtimeFlags }) =>
    Effect.async((resume) => {
      let late = false
      const child = Runtime.runFork(
        Runtime.make({
          context: parent.currentContext as Context.Context<R>,
          fiberRefs: parent.getFiberRefs(),
          runtimeFlags
        })
      )(self)
      const cancel = schedule(parent, duration, () => {
        late = true
        child.unsafeInterruptAsFork(parent.id())
      })
      child.addObserver((exit) => {
        cancel()
        resume(
          late && Exit.isInterrupted(exit) ? Effect.fail(onTimeout()) : Effect.zipRight(Fiber.inheritAll(child), exit)
        )
      })
      return Effect.suspend(() => {
        cancel()
        return Fiber.interruptAs(child, parent.id())
      })
    })
  )
