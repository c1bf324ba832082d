import { Projects } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import { sequentially } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import type { Parameter, Samples } from "./sample.js"

export const project_id: Parameter = {
  unknown: "proj_doesnotexist000000000000",
  create: () => Effect.map(given.project(), ({ id }) => id)
}

export const samples: Samples<"Projects"> = {
  "list-projects": { items: { shared: true, create: () => sequentially((name) => given.project(name)) } },
  "create-project": {
    body: () => ({ name: "Project" }),
    repeats: ["name"],
    cleanUp: ({ id }) => Projects.archive({ project_id: id })
  },
  "retrieve-project": { parameters: { project_id } },
  "modify-project": { parameters: { project_id }, body: () => ({ name: "Project" }), repeats: ["name"] },
  "archive-project": { parameters: { project_id } }
}
