import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import type { Samples } from "./sample.js"

export const samples: Samples<"Embeddings"> = {
  createEmbedding: {
    body: ({ embedding }) => ({ model: embedding, input: "Seven stars shine." }),
    references: () => Effect.map(Scenario.CurrentSettings, ({ models }) => ({ model: models.embedding }))
  }
}
