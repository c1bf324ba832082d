import * as Effect from "effect/Effect"
import { sequentially } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import { project_id } from "./Projects.js"
import type { Parameter, Samples } from "./sample.js"

const key_id: Parameter = {
  unknown: "key_doesnotexist000000000000",
  create: ({ project_id }) => Effect.map(given.serviceAccount(project_id!), ({ api_key }) => api_key.id!)
}

export const samples: Samples<"ProjectApiKeys"> = {
  "list-project-api-keys": {
    parameters: { project_id },
    items: {
      create: ({ project_id }) =>
        sequentially((name) =>
          Effect.map(given.serviceAccount(project_id!, name), ({ api_key }) => ({ id: api_key.id! }))
        )
    }
  },
  "retrieve-project-api-key": { parameters: { project_id, key_id } },
  "delete-project-api-key": { parameters: { project_id, key_id } }
}
