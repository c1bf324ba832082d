/**
 * Invites to the organization.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Invites"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Invites"

/**
 * List invites (`list-invites`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create invite (`inviteUser`). The user has no access until the invite is accepted.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve invite (`retrieve-invite`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete invite (`delete-invite`). An accepted invite can't be deleted.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
