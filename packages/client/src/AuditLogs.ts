/**
 * Who changed what in the organization, and when.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/AuditLogs"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/AuditLogs"

/**
 * List audit logs (`list-audit-logs`), the newest entry first. The payload of an entry is in the field with the name of its
 * type.
 *
 * @example
 * import { AuditLogs } from "@effect-openai/client"
 * import { Stream } from "effect"
 *
 * const archived = AuditLogs.list.items({ event_types: ["project.archived"] }).pipe(
 *   Stream.map((entry) => entry.type === "project.archived" ? entry["project.archived"]?.id : undefined)
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Of<typeof Contract.list> = Operation.paged(Contract.list)
