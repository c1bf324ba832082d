import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { getOrFail } from "./documents.js"
import { fromStore, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes } from "./organization/audit.js"
import { noUser, type ProjectUser, projectUsers, users } from "./organization/documents.js"
import { page } from "./organization/lists.js"
import { activeProject, join } from "./organization/organization.js"

interface Path {
  readonly project_id: string
  readonly user_id: string
}

const memberOf = ({ project_id, user_id }: Path) => getOrFail(projectUsers, user_id, noUser, project_id)

/** A member that can be changed or removed. Owners of the organization always are members. */
const changeable = (path: Path) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const project = yield* activeProject(path.project_id)
    const member = yield* memberOf(path)
    const user = yield* store.get(users, member.id)
    if (Option.exists(user, ({ role }) => role === "owner")) {
      return yield* refused("Organization owners can be neither changed nor removed in a project.")
    }
    return { member, project }
  })

export const layer = HttpApiBuilder.group(api, "ProjectUsers", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("list-project-users", ({ path: { project_id }, urlParams }) =>
        fromStore(Effect.zipRight(activeProject(project_id), page(projectUsers, urlParams, { parent: project_id }))))
      .handle("create-project-user", ({ path: { project_id }, payload: { role, user_id } }) =>
        changes(Effect.gen(function*() {
          const project = yield* activeProject(project_id)
          const user = yield* getOrFail(users, user_id, noUser)
          if (Option.isSome(yield* store.get(projectUsers, user_id, project_id))) {
            return yield* refused(`User ${user_id} already exists in project`, "user_id", {
              summary: "The user already exists"
            })
          }
          const member = yield* join(project_id, user, role)
          return { result: member, events: [{ type: "user.added", id: user.id, payload: { data: { role } }, project }] }
        })))
      .handle("retrieve-project-user", ({ path }) =>
        fromStore(Effect.zipRight(activeProject(path.project_id), memberOf(path))))
      .handle("modify-project-user", ({ path, payload: { role } }) =>
        changes(Effect.gen(function*() {
          const { member, project } = yield* changeable(path)
          const modified: ProjectUser = { ...member, role }
          yield* store.set(projectUsers, modified)
          const payload = { changes_requested: { role } }
          return { result: modified, events: [{ type: "user.updated", id: member.id, payload, project }] }
        })))
      .handle("delete-project-user", ({ path }) =>
        changes(Effect.gen(function*() {
          const { member: { id }, project } = yield* changeable(path)
          yield* store.remove(projectUsers, id, path.project_id)
          return {
            result: { object: "organization.project.user.deleted" as const, id, deleted: true },
            events: [{ type: "user.deleted", id, project }]
          }
        })))
  }))
