import { Clock, Effect, Stream } from "effect"
import { withTimes } from "../../src/internal/clocks.js"

/**
 * What happens at a point: the operation fails before it has an effect, fails after it had its effect, never ends, or its
 * caller is interrupted while it runs.
 */
export const kinds = ["fails", "fails afterwards", "hangs", "is interrupted"] as const

/** What happens to the clock at a point: it is set, by 2 minutes. */
export const steps = { "finds the clock set forward": 120_000, "finds the clock set back": -120_000 } as const

export type Kind = typeof kinds[number] | keyof typeof steps

/** The operations that do not succeed, by their number. */
export type Plan = ReadonlyMap<number, Kind>

/** Numbers the fallible operations of a scenario, and lets those of a plan not succeed. */
export class Points {
  /** The names of the operations so far. */
  readonly names: Array<string> = []
  /** How many operations of the plan there were. */
  reached = 0
  private isActive = true

  /** How far the clock is from the right time, in milliseconds. */
  ahead = 0

  constructor(private readonly plan: Plan, private readonly interrupt: () => void) {}

  /** What follows succeeds. */
  stop(): void {
    this.isActive = false
  }

  around<A, E, R>(name: string, effect: Effect.Effect<A, E, R>, failure: (kind: Kind) => E): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      if (!this.isActive) return effect
      this.names.push(name)
      const kind = this.plan.get(this.names.length)
      if (kind !== undefined) this.reached++
      switch (kind) {
        case undefined:
          return effect
        case "fails":
          return Effect.fail(failure(kind))
        case "fails afterwards":
          return Effect.zipRight(effect, Effect.failSync(() => failure(kind)))
        case "hangs":
          // What hangs can be ended, also where its caller can't be interrupted.
          return Effect.interruptible(Effect.never)
        case "is interrupted":
          this.interrupt()
          return Effect.zipRight(Effect.yieldNow(), effect)
        default:
          this.ahead += steps[kind]
          return effect
      }
    })
  }

  /** A clock whose wall time is set at points. No step changes its nanoseconds. */
  clock(): Clock.Clock {
    const clock = Clock.make()
    return withTimes(clock, () => clock.unsafeCurrentTimeMillis() + this.ahead)
  }

  /** A service each of whose operations is a point. Of what `inner` names, the results have points too. */
  wrap<Service extends object>(
    service: Service,
    prefix: string,
    failure: (name: string) => unknown,
    inner: ReadonlyArray<string> = []
  ): Service {
    const wrapResult = (name: string, result: unknown): unknown => {
      if (Effect.isEffect(result)) {
        const effect = inner.includes(name)
          ? Effect.map(result, (value) => this.wrap(value as object, `${prefix}.${name}`, failure))
          : result
        return this.around(`${prefix}.${name}`, effect as Effect.Effect<unknown, unknown>, () => failure(name))
      }
      if (typeof result === "object" && result !== null && Stream.StreamTypeId in result) {
        const stream = result as Stream.Stream<unknown, unknown>
        return Stream.unwrap(this.around(`${prefix}.${name}`, Effect.succeed(stream), () => failure(name)))
      }
      return result
    }
    return new Proxy(service, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof key !== "string") return value
        return typeof value === "function"
          ? (...args: ReadonlyArray<unknown>) => wrapResult(key, Reflect.apply(value, target, args))
          : wrapResult(key, value)
      }
    })
  }
}
