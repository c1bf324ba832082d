import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"

// Headers that a handler adds to the response of its request, whatever the response is. They are a part of the
// response before a profile changes it, and cost less than the platform's handlers of responses.

type Headers = Readonly<Record<string, string>>

const current = FiberRef.unsafeMake<Headers>({})

/** Adds headers to the response of the request that the fiber handles. */
export const add = (headers: Headers): Effect.Effect<void> =>
  FiberRef.update(current, (before) => ({ ...before, ...headers }))

/** The headers that were added to the response of a fiber. */
export const of = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Headers => fiber.getFiberRef(current)
