import * as Effect from "effect/Effect"
import { sequentially } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import { project_id } from "./Projects.js"
import type { Parameter, Samples } from "./sample.js"

const service_account_id: Parameter = {
  unknown: "svc_acct_doesnotexist000000000000",
  create: ({ project_id }) => Effect.map(given.serviceAccount(project_id!), ({ id }) => id)
}

export const samples: Samples<"ProjectServiceAccounts"> = {
  "list-project-service-accounts": {
    parameters: { project_id },
    items: { create: ({ project_id }) => sequentially((name) => given.serviceAccount(project_id!, name)) }
  },
  "create-project-service-account": {
    parameters: { project_id },
    body: () => ({ name: "Service account" }),
    repeats: ["name"]
  },
  "retrieve-project-service-account": { parameters: { project_id, service_account_id } },
  "delete-project-service-account": { parameters: { project_id, service_account_id } }
}
