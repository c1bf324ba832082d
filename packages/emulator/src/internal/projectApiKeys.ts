import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { getOrFail } from "./documents.js"
import { fromStore, notFound, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes } from "./organization/audit.js"
import { type ApiKey, apiKeys, projectUsers, serviceAccounts, users } from "./organization/documents.js"
import { deleteKey } from "./organization/keys.js"
import { pageOf } from "./organization/lists.js"
import { activeProject } from "./organization/organization.js"

interface Path {
  readonly project_id: string
  readonly key_id: string
}

const keyOf = ({ key_id, project_id }: Path) => getOrFail(apiKeys, key_id, notFound("API key"), project_id)

/** A key as it is returned, with its owner. */
const withOwner = ({ created_at, id, name, owner, project_id, redacted_value }: ApiKey) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const key = { object: "organization.project.api_key" as const, redacted_value, name, created_at, id }
    if (owner.type === "service_account") {
      const account = Option.getOrUndefined(yield* store.get(serviceAccounts, owner.id, project_id))
      return { ...key, owner: { type: "service_account" as const, ...(account && { service_account: account }) } }
    }
    const member = Option.getOrUndefined(yield* store.get(projectUsers, owner.id, project_id))
    // An owner of the organization need not be a member of the project.
    const user = member ?? Option.getOrUndefined(
      Option.map(yield* store.get(users, owner.id), (user) => ({
        ...user,
        object: "organization.project.user" as const,
        role: "owner" as const
      }))
    )
    return { ...key, owner: { type: "user" as const, ...(user && { user }) } }
  })

export const layer = HttpApiBuilder.group(api, "ProjectApiKeys", (handlers) =>
  Effect.succeed(
    handlers
      .handle("list-project-api-keys", ({ path: { project_id }, urlParams }) =>
        fromStore(Effect.zipRight(
          activeProject(project_id),
          pageOf(apiKeys, urlParams, { parent: project_id }, withOwner)
        )))
      .handle("retrieve-project-api-key", ({ path }) =>
        fromStore(Effect.zipRight(activeProject(path.project_id), Effect.flatMap(keyOf(path), withOwner))))
      .handle("delete-project-api-key", ({ path }) =>
        changes(Effect.gen(function*() {
          const project = yield* activeProject(path.project_id)
          const key = yield* keyOf(path)
          if (key.owner.type === "service_account") {
            return yield* refused("API keys cannot be deleted for service accounts, please delete the service account")
          }
          yield* deleteKey(key)
          return {
            result: { object: "organization.project.api_key.deleted" as const, id: key.id, deleted: true },
            events: [{ type: "api_key.deleted", id: key.id, project }]
          }
        })))
  ))
