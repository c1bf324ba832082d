import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import { file_id } from "./Files.js"
import type { Parameter, Samples } from "./sample.js"

const batch_id: Parameter = {
  unknown: "batch_doesnotexist00000000000000000000",
  requires: ["files"],
  create: () => Effect.map(given.batch(), ({ id }) => id)
}

export const samples: Samples<"Batches"> = {
  listBatches: {
    items: { shared: true, requires: ["files"], create: () => given.sequentially(() => given.batch()) }
  },
  createBatch: {
    requires: ["files"],
    body: () => ({ input_file_id: file_id.unknown, endpoint: "/v1/chat/completions", completion_window: "24h" }),
    references: () =>
      Effect.map(
        Effect.flatMap(given.line("hello"), (line) => given.file(line, { name: "batch.jsonl", purpose: "batch" })),
        ({ id }) => ({ input_file_id: id })
      ),
    repeats: ["endpoint", "completion_window", "input_file_id", "metadata"]
  },
  retrieveBatch: { parameters: { batch_id } },
  cancelBatch: { parameters: { batch_id } }
}
