/**
 * The models that are available.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Models"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Models"

/**
 * List models (`listModels`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.make(Contract.list)

/**
 * Retrieve model (`retrieveModel`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete a fine-tuned model (`deleteModel`).
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
