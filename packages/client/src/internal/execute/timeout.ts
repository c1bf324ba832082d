import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Runtime from "effect/Runtime"
import * as Monotonic from "../monotonic.js"

// `Effect.timeout` races two fibers, which costs more than the request that it limits.

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** `setTimeout` fires immediately above this. */
const maxMillis = 2 ** 31 - 1

/** Runs a task after a time, by the clock of a fiber. Returns a function that cancels it. */
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

/** Returns the runtime of a fiber, made interruptible: timeouts hold within an uninterruptible region too. */
export const runtimeOf = <R>(fiber: Fiber.RuntimeFiber<unknown, unknown>): Runtime.Runtime<R> =>
  Runtime.make({
    context: fiber.currentContext as Context.Context<R>,
    fiberRefs: fiber.getFiberRefs(),
    runtimeFlags: Runtime.defaultRuntime.runtimeFlags
  })

/** Runs an effect in its own fiber, and interrupts it after a time. */
export const interrupting = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((parent) =>
    Effect.async((resume) => {
      let isExpired = false
      const child = Runtime.runFork(runtimeOf<R>(parent))(self)
      const cancel = schedule(parent, duration, () => {
        isExpired = true
        child.unsafeInterruptAsFork(parent.id())
      })
      child.addObserver((exit) => {
        cancel()
        resume(isExpired && Exit.isInterrupted(exit) ? Effect.fail(onTimeout()) : exit)
      })
      return Effect.suspend(() => {
        cancel()
        return Fiber.interruptAs(child, parent.id())
      })
    })
  )

/** Limits the time of each of several waits. One timer serves all of them. */
export class IdleTimer {
  isExpired = false
  private until = Infinity
  private due = Infinity
  private cancel: () => void = constVoid

  constructor(private readonly fiber: Fiber.RuntimeFiber<unknown, unknown>, private readonly onExpire: () => void) {}

  private get now(): number {
    return Monotonic.now(Context.get(this.fiber.currentDefaultServices, Clock.Clock))
  }

  /** A wait begins. */
  start(duration: Duration.Duration): void {
    this.until = this.now + Duration.toMillis(duration)
    if (this.until < this.due) this.arm(duration)
  }

  /** A wait has ended. */
  stop(): void {
    this.until = Infinity
  }

  /** The last wait has ended. */
  close(): void {
    this.stop()
    this.cancel()
  }

  private arm(duration: Duration.Duration): void {
    this.cancel()
    this.due = this.until
    this.cancel = schedule(this.fiber, duration, () => {
      const left = this.until - this.now
      this.due = Infinity
      if (left <= 0) {
        this.isExpired = true
        this.onExpire()
      } else if (left < Infinity) {
        this.arm(Duration.millis(left))
      }
    })
  }
}
