/**
 * Assistant files: which files are attached to an assistant.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/AssistantFiles"
import type * as Pagination from "@effect-openai/core/Pagination"
import * as Operation from "./Operation.js"

interface AssistantFileIds {
  readonly assistant_id: string
  readonly file_id: string
}

/**
 * List assistant files (`listAssistantFiles`): a page, or by `.items` and `.pages` all of them.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<
  { readonly assistant_id: string } & Pagination.ListQuery,
  Contract.ListAssistantFilesResponse,
  Contract.AssistantFile
> = Operation.paged(Contract.list)

/**
 * Create assistant file (`createAssistantFile`): attaches a file to an assistant.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Operation<AssistantFileIds, Contract.AssistantFile> = Operation.json(Contract.create)

/**
 * Retrieve assistant file (`getAssistantFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<AssistantFileIds, Contract.AssistantFile> = Operation.make(Contract.retrieve)

const delete_: Operation.Operation<AssistantFileIds, Contract.DeleteAssistantFileResponse> = Operation.make(
  Contract.delete
)

export {
  /**
   * Delete assistant file (`deleteAssistantFile`): detaches it. The file itself stays.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
