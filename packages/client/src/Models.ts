/**
 * Models: which there are.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Models"
import * as Operation from "./Operation.js"

/**
 * List models (`listModels`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Operation<{}, Contract.ListModelsResponse> = Operation.make(Contract.list)

/**
 * Retrieve model (`retrieveModel`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<{ readonly model: string }, Contract.Model> = Operation.make(
  Contract.retrieve
)

const delete_: Operation.Operation<{ readonly model: string }, Contract.DeleteModelResponse> = Operation.make(
  Contract.delete
)

export {
  /**
   * Delete a fine-tuned model (`deleteModel`).
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
