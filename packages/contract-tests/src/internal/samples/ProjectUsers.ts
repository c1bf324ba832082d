import { ProjectUsers } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import { later } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import { project_id } from "./Projects.js"
import type { Parameter, Samples } from "./sample.js"
import * as Users from "./Users.js"

const user_id: Parameter = {
  ...Users.user_id,
  create: (ids, index) =>
    Effect.flatMap(Users.user_id.create(ids, index), (user_id) =>
      Effect.map(
        ProjectUsers.create({ project_id: ids["project_id"]!, user_id, role: "member" }),
        ({ id }) => id
      ))
}

export const samples: Samples<"ProjectUsers"> = {
  "list-project-users": {
    parameters: { project_id },
    items: {
      time: "added_at",
      create: ({ project_id }) =>
        Effect.flatMap(given.users, (users) =>
          Effect.forEach(users, (user_id, index) =>
            Effect.map(
              Effect.zipRight(
                index === 2 ? later : Effect.void,
                ProjectUsers.create({ project_id: project_id!, user_id, role: "member" })
              ),
              ({ id }) => id
            )))
    }
  },
  "create-project-user": {
    parameters: { project_id },
    body: () => ({ user_id: user_id.unknown, role: "member" }),
    references: (ids) => Effect.map(Users.user_id.create(ids, 0), (user_id) => ({ user_id })),
    ownObjects: true,
    repeats: ["role"]
  },
  "retrieve-project-user": { parameters: { project_id, user_id } },
  "modify-project-user": { parameters: { project_id, user_id }, body: () => ({ role: "member" }), repeats: ["role"] },
  "delete-project-user": { parameters: { project_id, user_id } }
}
