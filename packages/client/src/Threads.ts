/**
 * Threads: conversations that the server keeps.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Threads"
import * as Operation from "./Operation.js"

/**
 * Create thread (`createThread`), with messages to begin with if there are any.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Operation<Contract.CreateThreadRequest, Contract.Thread> = Operation.json(
  Contract.create
)

/**
 * Retrieve thread (`getThread`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<{ readonly thread_id: string }, Contract.Thread> = Operation.make(
  Contract.retrieve
)

/**
 * Modify thread (`modifyThread`): its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Operation<
  { readonly thread_id: string } & Contract.ModifyThreadRequest,
  Contract.Thread
> = Operation.json(Contract.modify)

const delete_: Operation.Operation<{ readonly thread_id: string }, Contract.DeleteThreadResponse> = Operation.make(
  Contract.delete
)

export {
  /**
   * Delete thread (`deleteThread`), with its messages and runs.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
