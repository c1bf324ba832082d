import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import type { Fields, Samples } from "./sample.js"

/** Few choices, since each is billed, and at least as many candidates. */
const adapt = ({ best_of, max_tokens, n, ...body }: Fields): Fields => ({
  ...body,
  ...(typeof n === "number" ? { n: Math.min(n, 2) } : {}),
  ...(typeof best_of === "number" ? { best_of: Math.max(2, Math.min(best_of, 3)) } : {}),
  ...(typeof max_tokens === "number" ? { max_tokens: Math.min(max_tokens, 16) } : {})
})

export const samples: Samples<"Completions"> = {
  createCompletion: {
    body: ({ completion }) => ({ model: completion, prompt: "Say hello." }),
    references: () =>
      Effect.map(Scenario.CurrentSettings, ({ models }) => ({ model: models.completion, stream_options: undefined })),
    adapt,
    rules: [
      {
        title: "fewer candidates than choices",
        field: "best_of",
        body: { best_of: 1, n: 2 }
      },
      {
        title: "stream_options without stream",
        field: "stream_options",
        body: { stream_options: { include_usage: true } }
      },
      {
        title: "candidates of a stream",
        field: "best_of",
        body: { best_of: 2, n: 1, stream: true }
      },
      {
        title: "more tokens than the model's context",
        field: "maximum context length",
        body: { max_tokens: 1_000_000 }
      },
      {
        title: "suffix with a model that does not support it",
        field: "suffix",
        body: { model: "davinci-002", suffix: "." }
      }
    ]
  }
}
