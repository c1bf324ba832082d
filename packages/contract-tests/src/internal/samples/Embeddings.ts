import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import type { Samples } from "./sample.js"

export const samples: Samples<"Embeddings"> = {
  createEmbedding: {
    body: ({ embedding }) => ({ model: embedding, input: "Seven stars shine." }),
    references: () => Effect.map(Scenario.CurrentSettings, ({ models }) => ({ model: models.embedding })),
    rules: [
      {
        title: "dimensions with a model that does not support them",
        field: "dimensions",
        body: { model: "text-embedding-ada-002", dimensions: 8 }
      },
      {
        title: "more tokens than the model's context",
        field: "input",
        body: { model: "text-embedding-ada-002", input: [Array.from({ length: 8193 }, () => 1)] }
      }
    ]
  }
}
