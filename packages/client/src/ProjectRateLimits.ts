/**
 * How much a project may use each model.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ProjectRateLimits"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/ProjectRateLimits"

/**
 * List project rate limits (`list-project-rate-limits`). Default limit: 100.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Modify project rate limit (`update-project-rate-limits`).
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)
