/**
 * Files that are attached to an assistant.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/AssistantFiles"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/AssistantFiles"

/**
 * List assistant files (`listAssistantFiles`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create assistant file (`createAssistantFile`): attaches a file to an assistant.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve assistant file (`getAssistantFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete assistant file (`deleteAssistantFile`): detaches the file from the assistant. The file itself stays.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
