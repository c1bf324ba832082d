/**
 * Models that are trained on examples.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/FineTuning"
import * as Operation from "./Operation.js"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create fine-tuning job (`createFineTuningJob`).
 *
 * @example
 * import { FineTuning } from "@effect-openai/client"
 *
 * const job = FineTuning.create({ model: "gpt-4o-mini", training_file: "file-abc123", suffix: "our-support" })
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * List fine-tuning jobs (`listPaginatedFineTuningJobs`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Retrieve fine-tuning job (`retrieveFineTuningJob`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Cancel fine-tuning job (`cancelFineTuningJob`), immediately.
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)

/**
 * List fine-tuning events (`listFineTuningEvents`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const events: Operation.Of<typeof Contract.events> = Operation.paged(Contract.events)

/**
 * List fine-tuning checkpoints (`listFineTuningJobCheckpoints`), newest first.
 *
 * @since 0.1.0
 * @category operations
 */
export const checkpoints: Operation.Of<typeof Contract.checkpoints> = Operation.paged(Contract.checkpoints)
