/**
 * Models with instructions, tools and files.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Assistants"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Assistants"

/**
 * List assistants (`listAssistants`).
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
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

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
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve assistant (`getAssistant`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

/**
 * Modify assistant (`modifyAssistant`). Fields that are left out stay unchanged. `file_ids` replaces the complete list.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Of<typeof Contract.modify> = Operation.json(Contract.modify)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete assistant (`deleteAssistant`). Files that were attached to it stay.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
