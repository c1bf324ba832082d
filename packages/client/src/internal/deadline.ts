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

/** What a fiber runs effects with, but that they can be interrupted: who can't be has limits of time all the same. */
export const runtimeOf = <R>(fiber: Fiber.RuntimeFiber<unknown, unknown>): Runtime.Runtime<R> =>
  Runtime.make({
    context: fiber.currentContext as Context.Context<R>,
    fiberRefs: fiber.getFiberRefs(),
    runtimeFlags: Runtime.defaultRuntime.runtimeFlags
  })

/** Interrupts an effect that takes longer, which runs in a fiber of its own. */
export const interrupting = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((parent) =>
    Effect.async((resume) => {
      let late = false
      const child = Runtime.runFork(runtimeOf<R>(parent))(self)
      const cancel = schedule(parent, duration, () => {
        late = true
        child.unsafeInterruptAsFork(parent.id())
      })
      child.addObserver((exit) => {
        cancel()
        resume(late && Exit.isInterrupted(exit) ? Effect.fail(onTimeout()) : exit)
      })
      return Effect.suspend(() => {
        cancel()
        return Fiber.interruptAs(child, parent.id())
      })
    })
  )

/** Tells what an effect waits for to fail, when it takes longer. */
export const telling = <A, E>(
  self: Effect.Effect<A, E>,
  duration: Duration.Duration,
  onTimeout: () => E,
  tell: () => void
): Effect.Effect<A, E> =>
  Effect.withFiberRuntime((fiber) => {
    let late = false
    const cancel = schedule(fiber, duration, () => {
      late = true
      tell()
    })
    return Effect.onExit(
      Effect.mapError(self, (error) => late ? onTimeout() : error),
      () => Effect.sync(cancel)
    )
  })
