/**
 * Message files: which files are attached to a message.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/MessageFiles"
import type * as Pagination from "@effect-openai/core/Pagination"
import type { MessageIds } from "./Messages.js"
import * as Operation from "./Operation.js"

/**
 * List message files (`listMessageFiles`): a page, or by `.items` and `.pages` all of them.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<
  MessageIds & Pagination.ListQuery,
  Contract.ListMessageFilesResponse,
  Contract.MessageFile
> = Operation.paged(Contract.list)

/**
 * Retrieve message file (`getMessageFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<MessageIds & { readonly file_id: string }, Contract.MessageFile> = Operation
  .make(Contract.retrieve)
