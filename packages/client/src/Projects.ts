/**
 * The parts of the organization that own keys, limits and objects.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Projects"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Projects"

/**
 * List projects (`list-projects`). Default: without archived projects.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create project (`create-project`). Projects can be archived, but not deleted.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve project (`retrieve-project`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify project (`modify-project`). The default project can't be modified.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

/**
 * Archive project (`archive-project`). An archived project can't be used or changed.
 *
 * @since 0.1.0
 * @category operations
 */
export const archive: Operation.Of<typeof Contract.archive> = Operation.make(Contract.archive)
