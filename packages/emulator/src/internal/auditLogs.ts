import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { fromStore } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { auditEntries } from "./organization/documents.js"
import { pageOf } from "./organization/lists.js"

export const layer = HttpApiBuilder.group(
  api,
  "AuditLogs",
  (handlers) =>
    handlers.handle("list-audit-logs", ({ urlParams }) => {
      const { actor_emails, actor_ids, effective_at, event_types, project_ids, resource_ids } = urlParams
      const where = {
        type: Store.oneOf(event_types),
        effective_at: Store.range(effective_at),
        project_id: Store.oneOf(project_ids),
        actor_ids: Store.oneOf(actor_ids),
        actor_email: Store.oneOf(actor_emails),
        resource_id: Store.oneOf(resource_ids)
      }
      return fromStore(pageOf(auditEntries, urlParams, { where }, ({ entry }) => Effect.succeed(entry)))
    })
)
