/**
 * Documents for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Files"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Files"

/**
 * List files (`listFiles`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Upload file (`createFile`). Maximum size: 512 MB. A file on disk is read while it is sent, in constant memory. Only
 * `NodeHttpClient.layer` reads it faster than the server accepts it.
 *
 * @example
 * import { Files } from "@effect-openai/client"
 * import { FileSource } from "@effect-openai/core"
 * import { Effect } from "effect"
 *
 * const uploaded = Effect.flatMap(
 *   FileSource.fromPath("handbook.pdf", { type: "application/pdf" }),
 *   (file) => Files.upload({ file, purpose: "assistants" })
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const upload: Operation.Of<typeof Contract.upload> = Operation.upload(Contract.upload)

/**
 * Retrieve file (`retrieveFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete file (`deleteFile`).
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * Retrieve file content (`downloadFile`).
 *
 * @example
 * import { Files } from "@effect-openai/client"
 * import { Stream } from "effect"
 *
 * const lines = Files.content.stream({ file_id: "file-abc123" }).pipe(
 *   Stream.decodeText(),
 *   Stream.splitLines
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const content: Operation.Of<typeof Contract.content> = Operation.download(Contract.content)
