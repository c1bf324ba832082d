import * as Effect from "effect/Effect"
import type { Samples } from "./sample.js"

// The limit depends on the width, and a page on the page before it.
const usage = {
  query: { start_time: "1730419200" },
  references: () => Effect.succeed({ limit: undefined, page: undefined })
}

export const samples: Samples<"Usage"> = {
  "usage-completions": usage,
  "usage-embeddings": usage,
  "usage-moderations": usage,
  "usage-images": usage,
  "usage-audio-speeches": usage,
  "usage-audio-transcriptions": usage,
  "usage-vector-stores": usage,
  "usage-code-interpreter-sessions": usage,
  "usage-costs": usage
}
