import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Runs an effect for each value of a Stream. Unlike with `Stream.runForEach`, a value can be freed when its effect has
 * ended: there, values that were large buffers would fill the memory until a full garbage collection.
 */
export const forEach = <A, E, R, E2, R2>(
  stream: Stream.Stream<A, E, R>,
  run: (value: A) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.scoped(Effect.flatMap(Stream.toPull(stream), (pull) => {
    const loop: Effect.Effect<never, Option.Option<E | E2>, R | R2> = Effect.flatMap(
      pull,
      (values) => Effect.zipRight(Effect.mapError(Effect.forEach(values, run, { discard: true }), Option.some), loop)
    )
    return Effect.catchAll(loop, Option.match({ onNone: () => Effect.void, onSome: Effect.fail }))
  }))
