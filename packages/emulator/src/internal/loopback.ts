import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** The response to a request of the emulator to itself. */
export interface Answer {
  readonly status: number
  readonly requestId: string
  /** Undefined where the response is not JSON. */
  readonly json: unknown
}

/** Sends requests to the emulator itself. They take the same way as those over HTTP, and wait where the server closes. */
export class Loopback extends Context.Tag("@effect-openai/emulator/internal/Loopback")<Loopback, {
  readonly post: (path: string, body: string) => Effect.Effect<Answer>
}>() {}

/** Whether a request is a line of a batch. These have no rate limits. */
export class IsBatched
  extends Context.Reference<IsBatched>()("@effect-openai/emulator/internal/IsBatched", { defaultValue: () => false })
{}
