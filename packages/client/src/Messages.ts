/**
 * The messages of a thread.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Messages"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Messages"

/**
 * The IDs of a message and of its thread.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageIds {
  readonly thread_id: string
  readonly message_id: string
}

/**
 * List messages (`listMessages`). With `run_id`: those of one run.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create message (`createMessage`). Fails while a run of the thread is active.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve message (`getMessage`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify message (`modifyMessage`): changes its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)
