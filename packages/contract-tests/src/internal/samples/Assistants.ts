import { Assistants } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import type { Parameter, Samples } from "./sample.js"

/** An assistant that takes files. */
export const assistant_id: Parameter = {
  unknown: "asst_doesnotexist000000000000",
  create: () => Effect.map(given.assistant({ tools: [{ type: "retrieval" }] }), ({ id }) => id)
}

const references = () => Effect.map(given.model, (model) => ({ model, file_ids: undefined }))

const repeats = ["name", "description", "instructions", "tools", "metadata", "temperature", "top_p"]

export const samples: Samples<"Assistants"> = {
  listAssistants: { items: { shared: true, create: () => given.sequentially((name) => given.assistant({ name })) } },
  createAssistant: {
    body: ({ chat }) => ({ model: chat }),
    references,
    repeats,
    cleanUp: ({ id }) => Assistants.delete({ assistant_id: id })
  },
  getAssistant: { parameters: { assistant_id } },
  modifyAssistant: { parameters: { assistant_id }, body: () => ({}), references, repeats },
  deleteAssistant: { parameters: { assistant_id } }
}
