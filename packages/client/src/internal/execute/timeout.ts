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

/** Limits the time of one wait after the other. One timer serves for all of them. */
export class IdleTimer {
  /** Whether a wait took longer. */
  late = false
  private until = Infinity
  private due = Infinity
  private cancel: () => void = constVoid

  /** `tell` ends what is waited for. */
  constructor(private readonly fiber: Fiber.RuntimeFiber<unknown, unknown>, private readonly tell: () => void) {}

  private get now(): number {
    return Context.get(this.fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
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

  /** No other wait comes. */
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
        this.late = true
        this.tell()
      } else if (left < Infinity) {
        this.arm(Duration.millis(left))
      }
    })
  }
}
