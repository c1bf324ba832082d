import * as Extra from "@effect-openai/client/Extra"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"

/** Configurations have extra fields, which a spread would replace instead of adding to them. */
interface WithExtra {
  readonly [Extra.TypeId]?: { readonly [name: string]: unknown }
}

/** Returns both configurations. Fields and extra fields of the second replace those of the first. */
export const merge = <A extends WithExtra, B extends WithExtra>(one: A, other: B): A & B => {
  const extra = { ...one[Extra.TypeId], ...other[Extra.TypeId] }
  return { ...one, ...other, ...(Object.keys(extra).length === 0 ? {} : Extra.fields(extra)) }
}

// Every field of a configuration is optional, so the cast of an empty one is safe.

/** Returns the configuration of the calls within an effect. Default: empty. */
export const current = <I, Service extends WithExtra>(tag: Context.Tag<I, Service>): Effect.Effect<Service> =>
  Effect.map(Effect.serviceOption(tag), Option.getOrElse(() => ({}) as Service))

/** Replaces fields of the configuration of the calls within an effect. */
interface WithOverride<Service> {
  (overrides: Service): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Service): Effect.Effect<A, E, R>
}

export const withOverride = <I, Service extends WithExtra>(tag: Context.Tag<I, Service>): WithOverride<Service> =>
  dual(
    2,
    <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Service): Effect.Effect<A, E, R> =>
      Effect.flatMap(current(tag), (config) => Effect.provideService(self, tag, merge(config, overrides)))
  )
