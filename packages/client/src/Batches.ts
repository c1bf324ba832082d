/**
 * Files of requests that the API runs within 24 hours.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Batches"
import * as Operation from "./Operation.js"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List batches (`listBatches`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create batch (`createBatch`).
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve batch (`retrieveBatch`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Cancel batch (`cancelBatch`). Returns the batch with the status `cancelling`. Its status becomes `cancelled` later.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)
