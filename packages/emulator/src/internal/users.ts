import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { getOrFail } from "./documents.js"
import { fromStore, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes, roleOf } from "./organization/audit.js"
import { apiKeys, noUser, projectUsers, type User, users } from "./organization/documents.js"
import { deleteKey } from "./organization/keys.js"
import { page } from "./organization/lists.js"

const userOf = (id: string) => getOrFail(users, id, noUser)

/** Fails for the only owner of the organization. */
const keepOwner = ({ role }: User) =>
  Effect.gen(function*() {
    if (role !== "owner") return
    const store = yield* Store.Store
    const owners = yield* store.find(users, { role: "owner" })
    if (owners.length === 1) return yield* refused("The organization must have an owner: this user is the last one.")
  })

export const layer = HttpApiBuilder.group(api, "Users", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("list-users", ({ urlParams }) => fromStore(page(users, urlParams)))
      .handle("retrieve-user", ({ path }) => fromStore(userOf(path.user_id)))
      .handle("modify-user", ({ path, payload: { role } }) =>
        changes(Effect.gen(function*() {
          const user = yield* userOf(path.user_id)
          if (role !== "owner") yield* keepOwner(user)
          const modified: User = { ...user, role }
          yield* store.set(users, modified)
          const payload = { changes_requested: { role: roleOf(role) } }
          return { result: modified, events: [{ type: "user.updated", id: user.id, payload }] }
        })))
      .handle("delete-user", ({ path }) =>
        changes(Effect.gen(function*() {
          const user = yield* userOf(path.user_id)
          const { id } = user
          yield* keepOwner(user)
          yield* store.remove(users, id)
          for (const { project_id } of yield* store.find(projectUsers, { id })) {
            yield* store.remove(projectUsers, id, project_id)
          }
          for (const key of yield* store.find(apiKeys, {})) {
            if (key.owner.id === id) yield* deleteKey(key)
          }
          return {
            result: { object: "organization.user.deleted" as const, id, deleted: true },
            events: [{ type: "user.deleted", id }]
          }
        })))
  }))
