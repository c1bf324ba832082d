import { AuditLogs } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import { sequentially } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import type { Samples } from "./sample.js"

export const samples: Samples<"AuditLogs"> = {
  "list-audit-logs": {
    items: {
      shared: true,
      time: "effective_at",
      // The entries of new projects.
      create: () =>
        Effect.flatMap(sequentially((name) => given.project(name)), (resource_ids) =>
          Effect.map(
            AuditLogs.list({ resource_ids, event_types: ["project.created"], limit: 100 }),
            ({ data }) => data.map(({ id }) => String(id))
          ))
    }
  }
}
