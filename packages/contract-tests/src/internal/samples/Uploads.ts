import { Uploads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import type { Fields, Parameter, Samples } from "./sample.js"

const upload_id: Parameter = {
  unknown: "upload_doesnotexist0000000000000000000000",
  requires: ["files"],
  create: () => Effect.map(given.upload(), ({ id }) => id)
}

/** A name and a media type that each purpose accepts. */
const adapt = (body: Fields): Fields => ({ ...body, filename: "facts.jsonl", mime_type: "text/plain" })

export const samples: Samples<"Uploads"> = {
  createUpload: {
    requires: ["files"],
    body: () => ({ purpose: "assistants", filename: "facts.txt", bytes: 5, mime_type: "text/plain" }),
    adapt,
    repeats: ["purpose", "filename", "bytes"],
    cleanUp: ({ id }) => Uploads.cancel({ upload_id: id })
  },
  addUploadPart: { parameters: { upload_id }, body: () => ({ data: "Seven" }) },
  completeUpload: {
    parameters: { upload_id },
    body: () => ({ part_ids: ["part_doesnotexist0000000000000000000000"] }),
    // The parts must have the size of the upload.
    generated: false
  },
  cancelUpload: { parameters: { upload_id } }
}
