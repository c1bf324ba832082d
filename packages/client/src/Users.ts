/**
 * The members of the organization.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Users"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Users"

/**
 * List users (`list-users`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Retrieve user (`retrieve-user`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify user (`modify-user`): the role in the organization.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete user (`delete-user`).
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
