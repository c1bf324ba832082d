import { Files } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import type { Parameter, Samples } from "./sample.js"

export const file_id: Parameter = {
  unknown: "file-doesnotexist000000000000",
  requires: ["files"],
  create: () => Effect.map(given.file(), ({ id }) => id)
}

export const samples: Samples<"Files"> = {
  listFiles: {
    items: {
      shared: true,
      requires: ["files"],
      create: () => given.sequentially((name) => given.file(name))
    }
  },
  createFile: {
    requires: ["files"],
    body: () => ({ purpose: "assistants", file: "Seven stars shine." }),
    cleanUp: ({ id }) => Files.delete({ file_id: id }),
    rules: [{
      title: "a file for fine-tune that is not .jsonl",
      field: "file",
      body: { purpose: "fine-tune" },
      fileName: "facts.txt"
    }]
  },
  retrieveFile: { parameters: { file_id } },
  deleteFile: { parameters: { file_id } },
  downloadFile: { parameters: { file_id } }
}
