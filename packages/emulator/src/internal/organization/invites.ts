import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import { getOrFail, now } from "../documents.js"
import { notFound, refused } from "../errors.js"
import { changes, type Event, roleOf } from "./audit.js"
import * as Documents from "./documents.js"
import { join, makeUser, projectOf } from "./organization.js"

/** An invite as it is now: a pending one expires. */
export const isExpired = (invite: Documents.Invite) =>
  Effect.map(
    now,
    (time): Documents.Invite =>
      invite.status === "pending" && time >= invite.expires_at ? { ...invite, status: "expired" } : invite
  )

export const inviteOf = (id: string) => Effect.flatMap(getOrFail(Documents.invites, id, notFound("invite")), isExpired)

/** Accepts an invite: its user becomes a member of the organization and of the invite's projects. */
export const accept = (id: string, name: string | undefined) =>
  changes(
    Effect.gen(function*() {
      const store = yield* Store.Store
      const invite = yield* inviteOf(id)
      if (invite.status !== "pending") return yield* refused(`The invite is ${invite.status} already.`)
      const [known] = yield* store.find(Documents.users, { email: invite.email })
      if (known !== undefined) return yield* refused("The user is a member of the organization already.")
      const { email, role } = invite
      const user = yield* makeUser({ email, name: name ?? email.split("@")[0]!, role })
      const accepted: Documents.Invite = { ...invite, status: "accepted", accepted_at: yield* now }
      yield* store.set(Documents.invites, accepted)
      for (const project of invite.projects ?? []) {
        const { status } = yield* projectOf(project.id)
        // It may have been archived meanwhile.
        if (status === "active") yield* join(project.id, user, project.role)
      }
      const events: ReadonlyArray<Event> = [
        { type: "invite.accepted", id },
        { type: "user.added", id: user.id, payload: { data: { role: roleOf(role) } } }
      ]
      return { result: { invite: accepted, user }, events }
    }),
    ({ user }) => user
  )
