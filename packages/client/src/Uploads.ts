/**
 * Large files in parts.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Uploads"
import * as Operation from "./Operation.js"

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create upload (`createUpload`). Maximum size: 8 GB. It expires after an hour.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Add upload part (`addUploadPart`). Maximum size: 64 MB. Parts can be added concurrently.
 *
 * @since 0.1.0
 * @category operations
 */
export const addPart: Operation.Of<typeof Contract.addPart> = Operation.upload(Contract.addPart)

/**
 * Complete upload (`completeUpload`). The order of `part_ids` is that of the file.
 *
 * @since 0.1.0
 * @category operations
 */
export const complete: Operation.Of<typeof Contract.complete> = Operation.json(Contract.complete)

/**
 * Cancel upload (`cancelUpload`).
 *
 * @since 0.1.0
 * @category operations
 */
export const cancel: Operation.Of<typeof Contract.cancel> = Operation.make(Contract.cancel)
