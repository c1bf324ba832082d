/**
 * Conversations that the server stores.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Threads"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Threads"

/**
 * Create thread (`createThread`), empty or with its first messages.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve thread (`getThread`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify thread (`modifyThread`): changes its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete thread (`deleteThread`), with its messages and runs.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
