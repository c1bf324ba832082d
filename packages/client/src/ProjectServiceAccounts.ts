/**
 * Bots that are members of a project.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/ProjectServiceAccounts"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/ProjectServiceAccounts"

/**
 * List project service accounts (`list-project-service-accounts`).
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)

/**
 * Create project service account (`create-project-service-account`). `api_key.value` of the response is a secret, and no
 * other response has it. The client keeps it out of spans, logs and errors.
 *
 * @example
 * import { ProjectServiceAccounts } from "@effect-openai/client"
 * import { Effect, Redacted } from "effect"
 *
 * const key = Effect.map(
 *   ProjectServiceAccounts.create({ project_id: "proj_abc", name: "Production App" }),
 *   ({ api_key }) => Redacted.make(api_key.value)
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.json(Contract.create)

/**
 * Retrieve project service account (`retrieve-project-service-account`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Of<typeof Contract.retrieve> = Operation.make(Contract.retrieve)

const delete_: Operation.Of<typeof Contract.delete> = Operation.make(Contract.delete)

export {
  /**
   * Delete project service account (`delete-project-service-account`). Its API key stops working.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}
