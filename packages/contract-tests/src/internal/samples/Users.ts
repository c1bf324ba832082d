import * as Effect from "effect/Effect"
import * as given from "../scenarios/organization.js"
import type { Parameter, Samples } from "./sample.js"

export const user_id: Parameter = {
  unknown: "user-doesnotexist000000000000",
  create: (_, index) => Effect.map(given.reader(index), ({ id }) => id)
}

export const samples: Samples<"Users"> = {
  "list-users": { items: { shared: true, time: "added_at", create: () => given.users } },
  "retrieve-user": { parameters: { user_id } },
  "modify-user": {
    parameters: { user_id },
    body: () => ({ role: "reader" }),
    // An owner could not be a member that changes.
    adapt: (body) => ({ ...body, role: "reader" }),
    repeats: ["role"]
  },
  "delete-user": { parameters: { user_id } }
}
