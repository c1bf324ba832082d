/** The same calls in programs of different size, to measure whether a call costs more in a larger program. */
import type * as Assistants from "@effect-openai/client/Assistants"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"

export const withoutResult = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.catchAllCause(Effect.asVoid(call), () => Effect.void)

export const growth = (
  retrieve: typeof Assistants.retrieve,
  before: Effect.Effect<void, never, OpenAiClient.OpenAiClient> = Effect.void
) =>
(baseUrl: string): Tasks => ({
  growth: (amount) => {
    let total = Payloads.none
    const call = Effect.map(retrieve({ assistant_id: Payloads.assistantId(0) }), (assistant) => {
      total = Payloads.addAssistant(total, assistant)
    })
    return before.pipe(
      Effect.zipRight(Effect.forEach(Array.from({ length: amount }), () => call, { discard: true })),
      Effect.provide(
        OpenAiClient.layer({ apiKey: Redacted.make("sk-bench"), baseUrl }).pipe(Layer.provide(FetchHttpClient.layer))
      ),
      Effect.runPromise
    ).then(() => total)
  }
})
