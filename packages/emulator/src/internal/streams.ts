import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Runs an effect for each chunk of a Stream, until one returns false. Unlike with `Stream.runForEachChunk`, there are no
 * channels around the Stream: one costs more than most effects.
 */
export const forEachChunk = <A, E, R, E2, R2>(
  stream: Stream.Stream<A, E, R>,
  run: (chunk: Chunk.Chunk<A>) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.scoped(Effect.flatMap(Stream.toPull(stream), (pull) => {
    const loop: Effect.Effect<never, Option.Option<E | E2>, R | R2> = Effect.flatMap(
      pull,
      (chunk) =>
        Effect.flatMap(
          Effect.mapError(run(chunk), Option.some),
          (goesOn): typeof loop => goesOn === false ? Effect.fail(Option.none()) : loop
        )
    )
    return Effect.catchAll(loop, Option.match({ onNone: () => Effect.void, onSome: Effect.fail }))
  }))

/**
 * Runs an effect for each value of a Stream. Unlike with `Stream.runForEach`, a value can be freed when its effect has
 * ended: there, values that were large buffers would fill the memory until a full garbage collection.
 */
export const forEach = <A, E, R, E2, R2>(
  stream: Stream.Stream<A, E, R>,
  run: (value: A) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  forEachChunk(stream, (values) => Effect.forEach(values, run, { discard: true }))
