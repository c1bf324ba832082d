import type { File } from "../documents.js"
import type { Rule } from "./rule.js"

type Upload = Pick<File, "filename" | "bytes" | "purpose">

const maxBatchBytes = 200 * 1024 * 1024

/** Rules about the purpose of an upload. */
export const uploads: ReadonlyArray<Rule<Upload>> = [
  {
    param: "file",
    check: ({ bytes, purpose }) =>
      purpose === "batch" && bytes > maxBatchBytes
        ? `Invalid file: a file with the purpose 'batch' has at most ${maxBatchBytes} bytes, this one has ${bytes}.`
        : undefined
  }
]

/** Rules about a file that is attached to an assistant. */
export const attachments: ReadonlyArray<Rule<Pick<File, "id" | "purpose">>> = [
  {
    param: "file_id",
    check: ({ id, purpose }) =>
      purpose === "assistants" || purpose === "assistants_output" ? undefined : {
        message: `Invalid file: ${id} has the purpose '${purpose}'. A file of an assistant must have the purpose ` +
          "'assistants'.",
        summary: "A file has another purpose than 'assistants'."
      }
  }
]
