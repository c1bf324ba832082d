import { AssistantFiles } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import { assistant_id } from "./Assistants.js"
import * as Files from "./Files.js"
import type { Ids, Parameter, Samples } from "./sample.js"

const attach = ({ assistant_id }: Ids, content?: string) =>
  Effect.flatMap(given.file(content), ({ id }) => AssistantFiles.create({ assistant_id: assistant_id!, file_id: id }))

const file_id: Parameter = {
  ...Files.file_id,
  create: (ids) => Effect.map(attach(ids), ({ id }) => id)
}

export const samples: Samples<"AssistantFiles"> = {
  listAssistantFiles: {
    parameters: { assistant_id },
    items: { requires: ["files"], create: (ids) => given.sequentially((name) => attach(ids, name)) }
  },
  createAssistantFile: {
    parameters: { assistant_id },
    requires: ["files"],
    body: () => ({ file_id: file_id.unknown }),
    references: () => Effect.map(given.file(), ({ id }) => ({ file_id: id }))
  },
  getAssistantFile: { parameters: { assistant_id, file_id } },
  deleteAssistantFile: { parameters: { assistant_id, file_id } }
}
