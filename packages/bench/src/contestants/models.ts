/** Programs of `@effect/ai`, which do not know their provider. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"

const prompt = "Hi"

export const models = (model: Layer.Layer<LanguageModel.LanguageModel>): Tasks => ({
  text: (amount) => {
    let total = Payloads.none
    const call = Effect.map(LanguageModel.generateText({ prompt }), ({ text }) => {
      total = Payloads.addText(total, text)
    })
    return Effect.runPromise(Effect.provide(Effect.repeatN(call, amount - 1), model)).then(() => total)
  },
  "text/stream": () =>
    LanguageModel.streamText({ prompt }).pipe(
      Stream.runFold(
        Payloads.none,
        (total, part) => part.type === "text-delta" ? Payloads.addText(total, part.delta) : total
      ),
      Effect.provide(model),
      Effect.runPromise
    )
})
