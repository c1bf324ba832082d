/**
 * Run steps: what a run did, one after the other.
 *
 * @since 0.1.0
 */
import type * as Pagination from "@effect-openai/core/Pagination"
import * as Contract from "@effect-openai/core/RunSteps"
import * as Operation from "./Operation.js"
import type { RunIds } from "./Runs.js"

/**
 * List run steps (`listRunSteps`): a page, or by `.items` and `.pages` all of them.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<RunIds & Pagination.ListQuery, Contract.ListRunStepsResponse, Contract.RunStep> =
  Operation.paged(Contract.list)

/**
 * Retrieve run step (`getRunStep`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<RunIds & { readonly step_id: string }, Contract.RunStep> = Operation.make(
  Contract.retrieve
)
