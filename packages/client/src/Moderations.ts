/**
 * Texts and images classified as potentially harmful or not.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Moderations"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Moderations"

/**
 * Create moderation (`createModeration`). Default model: `omni-moderation-latest`. An array of texts has one result for
 * each; an array of texts and images has one result.
 *
 * @example
 * import { Moderations } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const isFlagged = Effect.map(
 *   Moderations.create({ input: "I want to help them." }),
 *   ({ results }) => results.some(({ flagged }) => flagged)
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)
