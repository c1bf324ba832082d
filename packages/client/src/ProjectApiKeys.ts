/**
 * The API keys of a project's users and service accounts.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ProjectApiKeys"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/ProjectApiKeys"

/**
 * List project API keys (`list-project-api-keys`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Retrieve project API key (`retrieve-project-api-key`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete project API key (`delete-project-api-key`). The key of a service account is deleted with the account.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
