import { Invites } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import { sequentially } from "../scenarios/given.js"
import * as given from "../scenarios/organization.js"
import type { Parameter, Samples } from "./sample.js"

const invite_id: Parameter = {
  unknown: "invite-doesnotexist000000000000",
  create: () => Effect.map(given.invite(), ({ id }) => id)
}

export const samples: Samples<"Invites"> = {
  "list-invites": {
    items: {
      shared: true,
      time: "invited_at",
      create: () => sequentially((name) => given.invite(`user${name}@example.com`))
    }
  },
  inviteUser: {
    body: () => ({ email: "user@example.com", role: "reader" }),
    references: () => Effect.succeed({ projects: undefined }),
    repeats: ["email", "role"],
    cleanUp: ({ id }) => Invites.delete({ invite_id: id })
  },
  "retrieve-invite": { parameters: { invite_id } },
  "delete-invite": { parameters: { invite_id } }
}
