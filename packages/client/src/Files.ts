/**
 * Files.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Files"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Operation from "./Operation.js"

/**
 * List files (`listFiles`): a page, or by `.items` and `.pages` all of them. It takes no `before`.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<Contract.ListFilesQuery, Contract.ListFilesResponse, Contract.File> = Operation
  .paged(
    Contract.list
  )

/**
 * Upload file (`createFile`), of at most 512 MB. A file on disk is read while it is sent, in constant memory; only
 * `NodeHttpClient.layer` reads ahead of the server.
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
export const upload: Operation.Operation<
  Contract.CreateFileRequest,
  Contract.File,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError
> = Operation.upload(Contract.upload)

/**
 * Retrieve file (`retrieveFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<{ readonly file_id: string }, Contract.File> = Operation.make(
  Contract.retrieve
)

const delete_: Operation.Operation<{ readonly file_id: string }, Contract.DeleteFileResponse> = Operation.make(
  Contract.delete
)

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
 * Retrieve file content (`downloadFile`): all bytes at once, or by `.stream` as they come.
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
export const content: Operation.Download<{ readonly file_id: string }> = Operation.download(Contract.content)
