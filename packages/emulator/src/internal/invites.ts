import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { freshId, insert, now } from "./documents.js"
import { fromStore, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes, roleOf } from "./organization/audit.js"
import { type Invite, invites } from "./organization/documents.js"
import { inviteOf, isExpired } from "./organization/invites.js"
import { pageOf } from "./organization/lists.js"
import { activeProject, Organization } from "./organization/organization.js"

/** How long an invite can be accepted, in seconds. */
const lifetime = 7 * 24 * 60 * 60

export const layer = HttpApiBuilder.group(api, "Invites", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { root } = yield* Organization
    return handlers
      .handle("list-invites", ({ urlParams }) => fromStore(pageOf(invites, urlParams, {}, isExpired)))
      .handle("inviteUser", ({ payload: { email, projects, role } }) =>
        changes(Effect.gen(function*() {
          const { default_project_id } = yield* root
          const joined = projects ?? [{ id: default_project_id, role: "member" as const }]
          yield* Effect.forEach(joined, ({ id }) => activeProject(id))
          const invited_at = yield* now
          const invite = yield* insert(invites, freshId("invite-"), (id): Invite => ({
            object: "organization.invite",
            id,
            email,
            role,
            status: "pending",
            invited_at,
            expires_at: invited_at + lifetime,
            accepted_at: null,
            projects: joined
          }))
          const payload = { data: { email, role: roleOf(role) } }
          return { result: invite, events: [{ type: "invite.sent", id: invite.id, payload }] }
        })))
      .handle("retrieve-invite", ({ path }) => fromStore(inviteOf(path.invite_id)))
      .handle("delete-invite", ({ path }) =>
        changes(Effect.gen(function*() {
          const { id, status } = yield* inviteOf(path.invite_id)
          if (status === "accepted") return yield* refused("The invite was already accepted and can't be deleted.")
          yield* store.remove(invites, id)
          return {
            result: { object: "organization.invite.deleted" as const, id, deleted: true },
            events: [{ type: "invite.deleted", id }]
          }
        })))
  }))
