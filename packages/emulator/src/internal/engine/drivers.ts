import type * as Runs from "@effect-openai/core/Runs"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Store from "../../Store.js"
import { keyOf } from "../documents.js"

// Who is at work on a run: one at a time.

/** Whoever is at work on a run. */
export interface Driver {
  readonly stop: Deferred.Deferred<void>
  readonly isStream: boolean
}

/** The runs that are at work, each with its one driver. */
export class Driven extends Context.Tag("@effect-openai/emulator/internal/Driven")<Driven, Map<string, Driver>>() {}

const drivenIn = new WeakMap<Store.Service, Map<string, Driver>>()

/** Emulators that share a store share these too. */
export const layerDriven: Layer.Layer<Driven, never, Store.Store> = Layer.effect(
  Driven,
  Effect.map(Store.Store, (store) => {
    const driven = drivenIn.get(store) ?? new Map<string, Driver>()
    drivenIn.set(store, driven)
    return driven
  })
)

/** As long as the emulator lives: where work goes on that nobody waits for. */
export class Background extends Context.Tag("@effect-openai/emulator/internal/Background")<
  Background,
  Scope.Scope
>() {}

export const layerBackground: Layer.Layer<Background> = Layer.scoped(Background, Effect.scope)

/**
 * Takes a run over as its one driver, unless somebody else has it. A stream, which is to show all of it, takes it from
 * one that is none.
 */
export const asDriver = <A, E, R>(
  run: Runs.Run,
  isStream: boolean,
  use: (driver: Driver) => Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R | Driven> =>
  Effect.flatMap(Driven, (driven) =>
    Effect.suspend(() => {
      const key = keyOf(run)
      const before = driven.get(key)
      if (before !== undefined) {
        if (!isStream) return Effect.succeedNone
        if (!before.isStream) Deferred.unsafeDone(before.stop, Effect.void)
      }
      const driver: Driver = { stop: Deferred.unsafeMake(FiberId.none), isStream }
      driven.set(key, driver)
      return Effect.ensuring(
        Effect.asSome(use(driver)),
        Effect.sync(() => {
          if (driven.get(key) === driver) driven.delete(key)
        })
      )
    }))
