import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/** Whether the requests of a fiber must be refused. */
export const isExpected = globalValue(
  Symbol.for("@effect-openai/contract-tests/refusal"),
  () => FiberRef.unsafeMake(false)
)

/** Sends requests that must be refused. If they succeed, their responses repeat what is invalid, so they are not checked. */
export const expected = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.locally(effect, isExpected, true)
