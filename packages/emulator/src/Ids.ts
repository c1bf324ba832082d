/**
 * Where the identifiers of objects and requests come from.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"

/**
 * Gives identifiers: a prefix, as `asst_`, and 24 letters and digits.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly next: (prefix: string) => Effect.Effect<string>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Ids extends Context.Tag("@effect-openai/emulator/Ids")<Ids, Service>() {}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const length = 24

/** Random bytes for many identifiers: asking the system for them takes most of the time. */
const random = new Uint8Array(256 * length)
let used = random.length

/**
 * Identifiers that never come twice.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRandom: Layer.Layer<Ids> = Layer.succeed(Ids, {
  next: (prefix) =>
    Effect.sync(() => {
      if (used === random.length) {
        crypto.getRandomValues(random)
        used = 0
      }
      let id = prefix
      for (const end = used + length; used < end; used++) id += alphabet[random[used]! % alphabet.length]
      return id
    })
})

/**
 * The same identifiers in each run. Each prefix has its own sequence, so that the third file has the same identifier
 * after any number of other requests.
 *
 * @example
 * import { Emulator, Ids } from "@effect-openai/emulator"
 *
 * const OpenAiTest = Emulator.layer({ ids: Ids.layerSeeded("my test") })
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSeeded = (seed: string | number): Layer.Layer<Ids> =>
  Layer.sync(Ids, () => {
    const sequences = new Map<string, Random.Random>()
    return {
      next: (prefix) =>
        Effect.suspend(() => {
          let random = sequences.get(prefix)
          if (random === undefined) sequences.set(prefix, random = Random.make(`${seed} ${prefix}`))
          return Effect.map(
            Effect.replicateEffect(random.nextIntBetween(0, alphabet.length), length),
            (indices) => prefix + indices.map((index) => alphabet[index]).join("")
          )
        })
    }
  })
