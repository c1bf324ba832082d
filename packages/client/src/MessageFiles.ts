/**
 * Files that are attached to a message.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/MessageFiles"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/MessageFiles"

/**
 * List message files (`listMessageFiles`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Retrieve message file (`getMessageFile`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)
