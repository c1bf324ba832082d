/**
 * Assistants.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Assistants"
import type * as Pagination from "@effect-openai/core/Pagination"
import * as Operation from "./Operation.js"

/**
 * List assistants (`listAssistants`): a page, or by `.items` and `.pages` all of them.
 *
 * @example
 * import { Assistants } from "@effect-openai/client"
 * import { Effect, Stream } from "effect"
 *
 * const names = Assistants.list.items({ limit: 100 }).pipe(
 *   Stream.map((assistant) => assistant.name),
 *   Stream.runCollect
 * )
 *
 * const newest = Effect.map(Assistants.list({ limit: 1 }), (page) => page.data[0])
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<Pagination.ListQuery, Contract.ListAssistantsResponse, Contract.Assistant> =
  Operation.paged(Contract.list)

/**
 * Create assistant (`createAssistant`). Only the model is required.
 *
 * @example
 * import { Assistants } from "@effect-openai/client"
 *
 * const tutor = Assistants.create({
 *   model: "gpt-4-turbo",
 *   name: "Math Tutor",
 *   tools: [{ type: "code_interpreter" }]
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Operation<Contract.CreateAssistantRequest, Contract.Assistant> = Operation.json(
  Contract.create
)

/**
 * Retrieve assistant (`getAssistant`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<{ readonly assistant_id: string }, Contract.Assistant> = Operation.make(
  Contract.retrieve
)

/**
 * Modify assistant (`modifyAssistant`). What is left out stays as it is; `file_ids` replaces the whole list.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Operation<
  { readonly assistant_id: string } & Contract.ModifyAssistantRequest,
  Contract.Assistant
> = Operation.json(Contract.modify)

const delete_: Operation.Operation<{ readonly assistant_id: string }, Contract.DeleteAssistantResponse> = Operation
  .make(
    Contract.delete
  )

export {
  /**
   * Delete assistant (`deleteAssistant`). The files that were attached to it stay.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
