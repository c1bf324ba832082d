/**
 * The members of a project.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ProjectUsers"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/ProjectUsers"

/**
 * List project users (`list-project-users`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create project user (`create-project-user`). The user must be a member of the organization.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve project user (`retrieve-project-user`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify project user (`modify-project-user`): the role in the project.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete project user (`delete-project-user`).
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
