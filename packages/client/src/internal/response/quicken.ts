import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"

/** V8 of Node 20 optimizes a function of this size after some 1,500 calls. */
const calls = 3000

let done = false

/**
 * Has V8 optimize `Channel.fromEffect` before it would, which takes a millisecond, once.
 *
 * A consumer that runs an effect for each chunk puts it into a channel with a function that is written where it is assigned
 * to a property. Such a function V8 makes old at once, as long as the code that does it is not optimized. What it refers to,
 * here the effect and the chunk in it, outlives every collection but a full one: each page is copied twice, and heaps up.
 */
export const quicken = (): void => {
  if (done) return
  done = true
  for (let i = 0; i < calls; i++) Channel.fromEffect(Effect.void)
}
