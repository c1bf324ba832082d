import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"

/**
 * Runs an effect for each item, several at the same time. An item that is alone starts when those before it have ended,
 * and those after it start when it has ended. Results are returned, and passed on, in the order of the items.
 */
export const forEach = <A, B, R>(
  items: ReadonlyArray<A>,
  { concurrency, isAlone, onResult }: {
    readonly concurrency: number
    readonly isAlone: (item: A) => boolean
    readonly onResult: (result: B) => Effect.Effect<void>
  },
  f: (item: A) => Effect.Effect<B, never, R>
): Effect.Effect<ReadonlyArray<B>, never, R> =>
  Effect.gen(function*() {
    const semaphore = yield* Effect.makeSemaphore(1)
    const results: Array<{ readonly result: B }> = []
    let next = 0
    const pass = semaphore.withPermits(1)(Effect.gen(function*() {
      for (let known; (known = results[next]) !== undefined; next++) yield* onResult(known.result)
    }))
    const entries = Array.from(items.entries())
    const together = Arr.isNonEmptyArray(entries)
      ? Arr.groupWith(entries, ([, one], [, other]) => !isAlone(one) && !isAlone(other))
      : []
    for (const group of together) {
      yield* Effect.forEach(group, ([index, item]) =>
        Effect.flatMap(f(item), (result) => {
          results[index] = { result }
          return pass
        }), { concurrency, discard: true })
    }
    return results.map(({ result }) => result)
  })
